/** An export request of OTLP. */
export interface Request {
  /** Until the next one is asked for: it may be written over these. */
  readonly bytes: Uint8Array;
  /** To be called when the backend has accepted it, all of it or in part. */
  taken?(): void;
}
