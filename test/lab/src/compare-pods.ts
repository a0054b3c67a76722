import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Checking } from './checks.ts';
import { moved } from './reading.ts';
import type { Growth } from './samples.ts';

const pods = [
  { namespace: 'shop', name: 'orders' },
  { namespace: 'data', name: 'etl' },
];

/** Holds the payload that nfscope charged to each pod of guest/pods.sh against what the pod's workload says it moved. */
export async function comparePods(out: string, growth: Growth, checks: Checking): Promise<void> {
  for (const { namespace, name } of pods) {
    const work = await moved(out, name);
    const container = (await readFile(join(out, `${name}.container`), 'utf8')).trim();
    const pod = { k8s_namespace_name: namespace, k8s_pod_name: name, container_id: container };
    const size = (operation: string): number => growth.of('nfs_io_size_bytes_sum', { ...pod, nfs_operation_name: operation });
    checks.that(`${name} did work`, work.read > 0 && work.written > 0, `${work.written} B written, ${work.read} B read`);
    checks.equal(`bytes that ${name} wrote`, size('WRITE'), work.written);
    checks.equal(`bytes that ${name} read`, size('READ') + size('READ_PLUS'), work.read);
  }
}
