/** What runs without --config: every operation of this node, by pod, server and export, on a Prometheus page of this machine. */
export const defaultConfig = `receivers:
  nfs:

processors:
  nfs_mount:
  nfs_coverage:
  k8s_attributes:

connectors:
  metrics:

exporters:
  prometheus:
    endpoint: 127.0.0.1:9464

service:
  pipelines:
    nfs:
      receivers: [nfs]
      processors: [nfs_mount, nfs_coverage, k8s_attributes]
      exporters: [metrics]
    metrics:
      receivers: [metrics]
      exporters: [prometheus]
`;

/** Its name in errors. */
export const defaultConfigName = 'built-in configuration';
