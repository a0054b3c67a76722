import type { Settings } from './environment.ts';

/** What a backend refused of a request that it took otherwise. */
export interface Refusal {
  readonly items: number;
  /** The backend's own words. */
  readonly message: string;
}

/** To one backend, for one signal. One request at a time. */
export interface Connection {
  readonly settings: Settings;
  /**
   * Resolves when the backend has accepted the request, with what it refused of it. Throws PermanentError when that cannot be
   * had by sending it again, RetryableError when the backend asks to wait before.
   */
  send(request: Uint8Array, deadline: AbortSignal): Promise<Refusal | undefined>;
  /** Ends what is under way at the latest when it times out. */
  close(): Promise<void>;
}
