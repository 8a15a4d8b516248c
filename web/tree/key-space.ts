/**
 * Lays keys of any bytes along a line.
 *
 * A key is read as a fraction in a number system that suits the keys that were seen: behind what all of them share, each
 * place has as many digits as bytes were seen there, and one more for a key that ended. So decimal numbers, words and
 * random bytes all spread over the whole line, and the order of the keys is kept.
 */

/** Bytes behind the common prefix that are looked at: more are beyond what a number tells apart. */
const PLACES_MAX = 16;
const RESOLUTION = 2 ** -50;

export class KeySpace {
  #first: Uint8Array | undefined;
  #last: Uint8Array | undefined;
  /** Of all keys that were seen; only a shorter one can come. */
  #prefixLength = 0;
  /** By place in the key: the least and the greatest byte that was seen there. */
  readonly #low: number[] = [];
  readonly #high: number[] = [];
  #start = 0;
  #extent = 0;
  /** Changes whenever positions do. */
  version = 0;

  /** Makes room for a key. */
  add(key: Uint8Array): void {
    const isWider = this.#widen(key);
    this.#first ??= key;
    this.#last ??= key;
    const isOutside = compare(key, this.#first) < 0 || compare(key, this.#last) > 0;
    if (compare(key, this.#first) < 0) this.#first = key;
    if (compare(key, this.#last) > 0) this.#last = key;
    if (!isWider && !isOutside && this.version > 0) return;
    this.#start = this.#fraction(this.#first);
    this.#extent = this.#fraction(this.#last) - this.#start;
    this.version++;
  }

  get first(): Uint8Array | undefined {
    return this.#first;
  }

  get last(): Uint8Array | undefined {
    return this.#last;
  }

  /** 0 for the least key that was added, 1 for the greatest, and never less for a greater key. */
  position(key: Uint8Array): number {
    if (this.#extent <= 0) return 0.5;
    return Math.min(1, Math.max(0, (this.#fraction(key) - this.#start) / this.#extent));
  }

  #widen(key: Uint8Array): boolean {
    const first = this.#first;
    let isWider = false;
    if (first === undefined) {
      this.#prefixLength = key.length;
    } else {
      const shared = sharedLength(first, key, this.#prefixLength);
      isWider = shared < this.#prefixLength;
      this.#prefixLength = shared;
    }
    for (const [place, byte] of key.entries()) {
      const low = this.#low[place] ?? Number.POSITIVE_INFINITY;
      const high = this.#high[place] ?? Number.NEGATIVE_INFINITY;
      if (byte >= low && byte <= high) continue;
      this.#low[place] = Math.min(low, byte);
      this.#high[place] = Math.max(high, byte);
      isWider = true;
    }
    return isWider;
  }

  #fraction(key: Uint8Array): number {
    let value = 0;
    let unit = 1;
    const end = this.#prefixLength + PLACES_MAX;
    for (let place = this.#prefixLength; place < end && unit > RESOLUTION; place++) {
      const low = this.#low[place];
      const high = this.#high[place];
      if (low === undefined || high === undefined) break;
      unit /= high - low + 2;
      const byte = key[place];
      if (byte === undefined) break;
      // Keys that were never added, such as those between, may have other bytes.
      value += unit * Math.min(Math.max(byte - low + 1, 0), high - low + 1);
    }
    return value;
  }
}

function sharedLength(a: Uint8Array, b: Uint8Array, atMost: number): number {
  let length = 0;
  while (length < atMost && length < b.length && a[length] === b[length]) length++;
  return length;
}

function compare(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
