import { once } from 'node:events';
import { k8sAttributes, k8sAttributesConfig } from '@nfscope/processor-k8s';
import { nfsMount, nfsMountConfig } from '@nfscope/processor-mount';
import { nfsReceiver, nfsReceiverConfig } from '@nfscope/receiver-nfs';
import { metrics } from '@opentelemetry/api';
import { meterProviderWithNfs } from './nfs-metrics.js';

const context = { id: 'nfs', log: console, version: '1.0.0' };
const receiver = nfsReceiver(nfsReceiverConfig.parse({}), context);
const batches = receiver.output.pipe(nfsMount(nfsMountConfig.parse({}), context), k8sAttributes(k8sAttributesConfig.parse({}), context));

const provider = meterProviderWithNfs(batches, { prometheusPort: 9464, otlpUrl: 'http://localhost:4317', context });
metrics.setGlobalMeterProvider(provider);
metrics.getMeter('storage-portal').createCounter('portal.starts').add(1);

await receiver.start?.();
await once(process, 'SIGTERM');
// The receiver first: what it counted until now is in the last export.
await receiver.shutdown?.(AbortSignal.timeout(5_000));
await provider.shutdown();
