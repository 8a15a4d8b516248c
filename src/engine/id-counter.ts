import { LsmError } from "../errors.ts";

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

  /** Throws UNSUPPORTED after the last id that files can have. No count of files leads there, a forged manifest may. */
  take(): number {
    const id = Number(Atomics.add(this.#next, 0, 1n));
    if (id < Number.MAX_SAFE_INTEGER) return id;
    throw new LsmError("UNSUPPORTED", `no file id is left below ${id}`);
  }
}
