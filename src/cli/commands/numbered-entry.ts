const ZERO = 0x30;
const ONE = 0x31;
const NINE = 0x39;
const PREFIX: Uint8Array = new TextEncoder().encode("value");

/**
 * The entry `N = valueN@EPOCH` of `fill`, for one number after another.
 *
 * `key` and `value` are the same bytes counted up in place, so that a number costs no object; a new pair is made
 * only when the number grows by a digit. Whoever stores them must copy them.
 */
export class NumberedEntry {
  key: Uint8Array;
  value: Uint8Array;
  readonly #suffix: Uint8Array;

  constructor(first: bigint, epoch: number) {
    this.#suffix = new TextEncoder().encode(`@${epoch}`);
    this.key = new TextEncoder().encode(first.toString());
    this.value = concatenate(PREFIX, this.key, this.#suffix);
  }

  /** On to the next number. */
  increment(): void {
    const { key, value } = this;
    let at = key.length - 1;
    while (key[at] === NINE) {
      key[at] = ZERO;
      value[PREFIX.length + at] = ZERO;
      at -= 1;
    }
    if (at < 0) {
      this.#grow();
      return;
    }
    const digit = (key[at] ?? 0) + 1;
    key[at] = digit;
    value[PREFIX.length + at] = digit;
  }

  /** From all zeros, which were all nines, to 1 and those zeros. */
  #grow(): void {
    this.key = concatenate(Uint8Array.of(ONE), this.key);
    this.value = concatenate(PREFIX, this.key, this.#suffix);
  }
}

/** As a plain Uint8Array, because `slice` of a Buffer is no copy and a store may rely on one. */
function concatenate(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}
