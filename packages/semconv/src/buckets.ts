/** Seconds. From a reply out of the server's cache (100 us) to an operation that hangs (60 s); 10 s since NFS4ERR_DELAY backs off for up to 15. */
export const DURATION_BOUNDS = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
] as const;

/** Bytes. One page to the largest rsize and wsize that servers offer. */
export const SIZE_BOUNDS = [512, 4096, 8192, 16384, 32768, 65536, 131072, 262144, 524288, 1048576, 2097152, 4194304] as const;
