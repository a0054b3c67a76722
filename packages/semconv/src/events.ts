/** What every event of a name has in common. */
export interface EventDefinition {
  readonly name: string;
  readonly description: string;
}

/** Events on spans. docs/telemetry.md is generated from this table. */
export const spanEvent = {
  SENT: { name: 'nfs.operation.sent', description: 'The operation was sent to the server; the last time, when it was sent again.' },
  REPLIED: { name: 'nfs.operation.replied', description: 'Its reply arrived.' },
} as const satisfies Record<string, EventDefinition>;
