/**
 * The file ids of a database: one counter for memtables, logs and tables, in shared memory, so that a thread that
 * merges tables takes the next id when it begins the next file.
 */
export class IdCounter {
  readonly memory: SharedArrayBuffer;
  readonly #next: BigInt64Array;

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
    this.#next = new BigInt64Array(memory);
  }

  static startingAt(next: number): IdCounter {
    const memory = new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT);
    new BigInt64Array(memory)[0] = BigInt(next);
    return new IdCounter(memory);
  }

  take(): number {
    return Number(Atomics.add(this.#next, 0, 1n));
  }
}
