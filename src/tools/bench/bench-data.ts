/** Digits of a key: as many as the largest number of entries has, and as the keys of other benchmarks. */
const KEY_DIGITS = 16;
/** Values are cut out of so many random bytes; two of them are the same so rarely that a wrong one is found. */
const POOL_BYTES = 1024 * 1024;
/** Primes: neighbours, and the same entry in its next version, begin far from each other. */
const STEP_OF_INDEX = 7919;
const STEP_OF_VERSION = 104_729;
/** Not zero; the same data in every run. */
const SEED = 0x2545f491;

/** The entries of a benchmark: what stands under each key in each version of it is known without keeping it. */
export class BenchData {
  readonly count: number;
  readonly valueSizeBytes: number;
  readonly #pool: Uint8Array;
  readonly #order: Uint32Array;

  constructor(count: number, valueSizeBytes: number) {
    this.count = count;
    this.valueSizeBytes = valueSizeBytes;
    const random = new Random();
    this.#pool = new Uint8Array(POOL_BYTES + valueSizeBytes);
    for (let at = 0; at < this.#pool.length; at++) this.#pool[at] = random.below(256);
    this.#order = new Uint32Array(count);
    for (let index = 0; index < count; index++) {
      // Fisher and Yates, inside out: every order is as likely.
      const other = random.below(index + 1);
      this.#order[index] = this.#order[other] ?? 0;
      this.#order[other] = index;
    }
  }

  /** Numbers from 0 on, as the bytes of their digits: the order of the keys is that of the numbers. */
  key(index: number): Uint8Array {
    return Buffer.from(String(index).padStart(KEY_DIGITS, "0"), "latin1");
  }

  /** Behind the key of that number, and before the next: nothing is ever put there. */
  missingKey(index: number): Uint8Array {
    return Buffer.from(`${String(index).padStart(KEY_DIGITS, "0")}-`, "latin1");
  }

  value(index: number, version: number): Uint8Array {
    const start = (index * STEP_OF_INDEX + version * STEP_OF_VERSION) % POOL_BYTES;
    return this.#pool.subarray(start, start + this.valueSizeBytes);
  }

  /** The number in this place of a random order in which each stands once. */
  shuffled(place: number): number {
    return this.#order[place] ?? 0;
  }
}

/** Xorshift, Marsaglia 2003: fast, and good enough to spread keys. */
class Random {
  #state = SEED;

  below(bound: number): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state;
    return (state >>> 0) % bound;
  }
}
