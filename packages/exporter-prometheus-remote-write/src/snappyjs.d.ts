declare module 'snappyjs' {
  /** In the block format. */
  export function compress(bytes: Uint8Array): Uint8Array;
  export function uncompress(bytes: Uint8Array): Uint8Array;
}
