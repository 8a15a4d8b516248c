/**
 * Keys as strings of one character a byte, for sets and maps, which hold bytes by identity. Such strings are equal, and
 * compare with `<`, as the bytes do.
 */

/** The string of bytes[start, end), which may lie in shared memory. */
export function keyText(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("latin1");
}

/** The bytes of a string that `keyText` made. */
export function keyOfText(text: string): Uint8Array {
  return Buffer.from(text, "latin1");
}
