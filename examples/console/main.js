import { fileURLToPath } from 'node:url';
import { k8sAttributes, k8sAttributesConfig } from '@nfscope/processor-k8s';
import { nfsReplay, nfsReplayConfig } from '@nfscope/receiver-nfs';
const path = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));
const context = { id: 'console', version: '1.0.0', log: console };
const receiver = nfsReplay(nfsReplayConfig.parse({ file: path('../recording/nas.recording'), speed: 'max', at_end: 'end' }), context);
const named = receiver.output.pipe(k8sAttributes(k8sAttributesConfig.parse({ pods_file: path('../recording/pods.json') }), context));
/** @type {Map<number, [pod: string, bytes: number]>} */
const rows = new Map();
const over = named.forEach(({ sources, totals }) => {
  for (let i = 0; i < totals.length; i++) {
    const { 'k8s.pod.name': pod = 'no pod' } = sources.at(totals.source[i] ?? 0).resource;
    rows.set(totals.row[i] ?? 0, [String(pod), totals.bytes[i] ?? 0]);
  }
});
process.once('SIGINT', () => void receiver.shutdown?.(AbortSignal.timeout(5_000)));
await Promise.all([receiver.start?.(), over]);
const pods = new Map();
for (const [pod, bytes] of rows.values()) pods.set(pod, (pods.get(pod) ?? 0) + bytes);
console.log(Object.fromEntries(pods));
