import { metricsConnectorFactory } from '@nfscope/connector-metrics';
import { tracesConnectorFactory } from '@nfscope/connector-traces';
import { logsConnectorFactory } from '@nfscope/connector-logs';
import { debugExporterFactory } from '@nfscope/exporter-debug';
import { k8sEventsExporterFactory } from '@nfscope/exporter-k8s-events';
import { prometheusRemoteWriteExporterFactory } from '@nfscope/exporter-prometheus-remote-write';
import { otlpGrpcExporterFactory, otlpHttpExporterFactory } from '@nfscope/exporter-otlp';
import { prometheusExporterFactory } from '@nfscope/exporter-prometheus';
import { topExporterFactory } from '@nfscope/exporter-top';
import { healthCheckFactory } from '@nfscope/extension-health-check';
import { zpagesFactory } from '@nfscope/extension-zpages';
import type { Factory } from '@nfscope/pipeline';
import { attributesFactory, resourceFactory } from '@nfscope/processor-attributes';
import { filterFactory } from '@nfscope/processor-filter';
import { k8sAttributesFactory } from '@nfscope/processor-k8s';
import { memoryLimiterFactory } from '@nfscope/processor-memory-limiter';
import { nfsCoverageFactory, nfsMountFactory } from '@nfscope/processor-mount';
import { nfsReceiverFactory, nfsReplayFactory } from '@nfscope/receiver-nfs';

/** Every component in the `nfscope` command. A new one is one line here. */
export const components: readonly Factory[] = [
  nfsReceiverFactory,
  nfsReplayFactory,
  memoryLimiterFactory,
  nfsMountFactory,
  nfsCoverageFactory,
  k8sAttributesFactory,
  attributesFactory,
  resourceFactory,
  filterFactory,
  metricsConnectorFactory,
  tracesConnectorFactory,
  logsConnectorFactory,
  prometheusExporterFactory,
  otlpGrpcExporterFactory,
  otlpHttpExporterFactory,
  debugExporterFactory,
  k8sEventsExporterFactory,
  prometheusRemoteWriteExporterFactory,
  topExporterFactory,
  healthCheckFactory,
  zpagesFactory,
];
