/** snappyjs 0.7.0 brings no types: its two functions, for the one kind of argument that we give. */
declare module 'snappyjs' {
  export function uncompress(compressed: Uint8Array, maxLength?: number): Uint8Array
  export function compress(uncompressed: Uint8Array): Uint8Array
}
