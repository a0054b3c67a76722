/** What every event of a name has in common. */
export interface EventDefinition {
  readonly name: string;
  readonly description: string;
}

/** Events on spans; docs/telemetry.md is generated from this table. */
export const spanEvent = {
  SENT: { name: 'nfs.operation.sent', description: 'The operation was sent to the server; the last time, when it was sent again.' },
  REPLIED: { name: 'nfs.operation.replied', description: 'Its reply arrived.' },
} as const satisfies Record<string, EventDefinition>;

/** Events that are log records; docs/telemetry.md is generated from this table. */
export const logEvent = {
  OPERATION_STUCK: { name: 'nfs.operation.stuck', description: 'An operation has been in flight for long. Once for each.' },
  OPERATION_RESOLVED: {
    name: 'nfs.operation.resolved',
    description: 'An operation that was stuck is no longer in flight: it ended, or began anew. Once for each.',
  },
  MOUNT_HEALTH: { name: 'nfs.mount.health', description: 'A mount is in another state than before; the same states as the metric has.' },
  STALE_STORM: { name: 'nfs.stale.storm', description: 'Somebody gets many ESTALE, as when an export was made anew below its clients.' },
  STALE_CALM: { name: 'nfs.stale.calm', description: 'A storm of ESTALE is over: there are less than half as many.' },
  COVERAGE_GAP: {
    name: 'nfs.coverage.gap',
    description: 'Operations of a mount are missing from the metrics, or are there without their owner; mountstats has them.',
  },
  FILE_HOT: {
    name: 'nfs.file.hot',
    description: 'One of the files with the most operations, or the most bytes, of an interval. Detail: of what came as single operations.',
  },
} as const satisfies Record<string, EventDefinition>;
