/** V8 keeps arrays of up to so many bytes in its own heap, where they are cheap to make. */
const HEAP_BYTES_MAX = 64;
/** From here on the memory of its own is a small part of what a copy costs. */
const SHARED_BYTES_MAX = 1024;
/** As large as those that Node.js shares among small Buffers: whoever keeps one copy for long keeps so much. */
const SLAB_BYTES: number = 8 * 1024;

/** What is free of the newest slab; older ones live as long as their copies. */
let slab: Uint8Array<ArrayBuffer> = new Uint8Array(SLAB_BYTES);
let usedBytes = 0;

/**
 * A copy of source[start, end) whose bytes nobody else reads or writes. Its `buffer` may be larger and hold other copies,
 * as that of a small Buffer does. The source is no Buffer, whose `slice` is a view.
 *
 * An array of 100 bytes with a buffer of its own takes 355 ns to make, a part of a slab 71 ns (docs/decisions).
 */
export function ownCopy(source: Uint8Array, start: number, end: number): Uint8Array {
  const length = end - start;
  if (length <= HEAP_BYTES_MAX || length > SHARED_BYTES_MAX) return source.slice(start, end);
  if (usedBytes + length > SLAB_BYTES) {
    slab = new Uint8Array(SLAB_BYTES);
    usedBytes = 0;
  }
  const at = usedBytes;
  usedBytes += length;
  slab.set(source.subarray(start, end), at);
  return new Uint8Array(slab.buffer, at, length);
}
