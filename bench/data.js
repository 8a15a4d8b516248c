/**
 * The data of every benchmark: 16-byte keys (the index in decimal, so that they sort by it) and 100-byte values that
 * begin with the index they belong to and go on with bytes that do not repeat.
 *
 * One key and one value buffer are written over and over, as the engine copies what it keeps: a benchmark must not
 * measure the making of its own input.
 */

export const KEY_BYTES = 16;
export const VALUE_BYTES = 100;

const DIGITS_PER_GROUP = 4;
const GROUP = 10 ** DIGITS_PER_GROUP;
/** Every group of four decimal digits, as bytes. */
const GROUPS = Buffer.from(
  Array.from({ length: GROUP }, (_, group) => String(group).padStart(DIGITS_PER_GROUP, "0")).join(""),
);

/** A key buffer; `writeKey` fills in the index. */
export function newKey() {
  return new Uint8Array(KEY_BYTES).fill(0x30);
}

/**
 * @param {Uint8Array} key
 * @param {number} index from 0 to 99 999 999
 */
export function writeKey(key, index) {
  const high = Math.floor(index / GROUP) * DIGITS_PER_GROUP;
  const low = (index % GROUP) * DIGITS_PER_GROUP;
  for (let digit = 0; digit < DIGITS_PER_GROUP; digit++) {
    key[8 + digit] = GROUPS[high + digit];
    key[12 + digit] = GROUPS[low + digit];
  }
}

/** A value buffer; `writeValue` fills in the index. */
export function newValue() {
  const random = newRandom(7);
  return Uint8Array.from({ length: VALUE_BYTES }, () => random(256));
}

/** @param {Uint8Array} value @param {number} index */
export function writeValue(value, index) {
  writeIndex(value, 0, index);
}

/** Writes what `readIndex` reads at `start`. @param {Uint8Array} bytes @param {number} start @param {number} index */
export function writeIndex(bytes, start, index) {
  bytes[start] = index >>> 24;
  bytes[start + 1] = index >>> 16;
  bytes[start + 2] = index >>> 8;
  bytes[start + 3] = index;
}

/** The index a value was made for, read at `start`. @param {Uint8Array} bytes @param {number} start */
export function readIndex(bytes, start) {
  return ((bytes[start] << 24) | (bytes[start + 1] << 16) | (bytes[start + 2] << 8) | bytes[start + 3]) >>> 0;
}

/** The numbers 0 … count-1 in an order that depends only on the seed. @param {number} count @param {number} seed */
export function shuffled(count, seed) {
  const random = newRandom(seed);
  const order = Uint32Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last--) {
    const other = random(last + 1);
    const kept = order[last];
    order[last] = order[other];
    order[other] = kept;
  }
  return order;
}

/** The numbers 0 … count-1 in order. @param {number} count */
export function ascending(count) {
  return Uint32Array.from({ length: count }, (_, index) => index);
}

/** A function from a limit to a number below it. Xorshift, Marsaglia 2003. @param {number} seed not 0 */
export function newRandom(seed) {
  let state = seed >>> 0;
  return (/** @type {number} */ limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}
