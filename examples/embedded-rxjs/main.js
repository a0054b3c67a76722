import { once } from 'node:events';
import { k8sAttributes, k8sAttributesConfig } from '@nfscope/processor-k8s';
import { nfsReceiver, nfsReceiverConfig } from '@nfscope/receiver-nfs';
import { topContainer } from './top-container.js';

const context = { id: 'nfs', log: console, version: '1.0.0' };
const receiver = nfsReceiver(nfsReceiverConfig.parse({ events: 'off' }), context);

receiver.output.pipe(k8sAttributes(k8sAttributesConfig.parse({}), context), topContainer()).subscribe((line) => console.log(line));

await receiver.start?.();
await once(process, 'SIGINT');
await receiver.shutdown?.(AbortSignal.timeout(5_000));
