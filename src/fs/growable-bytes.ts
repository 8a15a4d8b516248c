import { assert } from "../errors.ts";

const CAPACITY_BYTES_MIN = 64;

/** A byte array that grows at its end and can be cut: the body of a file in memory. */
export class GrowableBytes {
  #buffer: Uint8Array;
  #sizeBytes: number;

  constructor(bytes: Uint8Array = new Uint8Array(0)) {
    this.#buffer = new Uint8Array(bytes);
    this.#sizeBytes = bytes.length;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Lent: valid until the next `append` or `cut`. */
  view(): Uint8Array {
    return this.#buffer.subarray(0, this.#sizeBytes);
  }

  append(bytes: Uint8Array): void {
    const needed = this.#sizeBytes + bytes.length;
    if (needed > this.#buffer.length) {
      const grown = new Uint8Array(Math.max(needed, 2 * this.#buffer.length, CAPACITY_BYTES_MIN));
      grown.set(this.view());
      this.#buffer = grown;
    }
    this.#buffer.set(bytes, this.#sizeBytes);
    this.#sizeBytes = needed;
  }

  cut(sizeBytes: number): void {
    assert(sizeBytes <= this.#sizeBytes, "a cut never makes bytes longer");
    this.#sizeBytes = sizeBytes;
  }
}
