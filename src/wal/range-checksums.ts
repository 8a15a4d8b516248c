import { crc32 } from "../codec/crc32.ts";

/**
 * Checksums of many overlapping ranges of the same bytes, each in constant time, as a search for records needs them.
 *
 * Let R(i) be the checksum register after the bytes up to i, from a register of zeros. A register is a polynomial over
 * GF(2) modulo the CRC's own; feeding a zero byte multiplies it by x^8, and feeding is linear. So the register after
 * bytes[a, b) that began as all ones is R(b) + (R(a) + ones) · x^(8(b - a)). (The combination of zlib's crc32_combine.)
 */
const POLYNOMIAL = 0xedb88320;
/** A register holds the coefficient of x^0 in its highest bit. */
const ONE = 0x8000_0000 | 0;
const X_TO_THE_8TH = 0x0080_0000;

/** R is kept at every such distance; in between it is fed byte by byte. */
const STRIDE = 16;

/** Two digits reach the longest `plain` record, four the longest frame. */
const DIGITS = 4;
const DIGIT_VALUES = 512;

/** byteTable[b]: the register after byte b, from zeros. `crc32` begins with all ones and inverts what it ends with. */
const byteTable: Int32Array = Int32Array.from(
  { length: 256 },
  (_, byte) => ~crc32(Uint8Array.of(byte ^ 0xff), 0, 1) ^ 0x00ff_ffff,
);

/** powers[digit * 512 + value]: x^(8 · value · 512^digit). */
const powers: Int32Array = makePowers();

export class RangeChecksums {
  readonly #bytes: Uint8Array;
  readonly #start: number;
  /** registers[n] is R(start + n · STRIDE). */
  readonly #registers: Int32Array;

  /** For ranges of bytes[start, end), which do not change any more. */
  constructor(bytes: Uint8Array, start: number, end: number) {
    this.#bytes = bytes;
    this.#start = start;
    this.#registers = new Int32Array(Math.floor((end - start) / STRIDE) + 1);
    let register = 0;
    for (let index = 1; index < this.#registers.length; index++) {
      const to = start + index * STRIDE;
      register = feed(register, bytes, to - STRIDE, to);
      this.#registers[index] = register;
    }
  }

  /** `crc32` of bytes[from, to). */
  checksum(from: number, to: number): number {
    return ~(this.#registerAt(to) ^ timesPower(~this.#registerAt(from), to - from)) >>> 0;
  }

  #registerAt(at: number): number {
    const index = Math.floor((at - this.#start) / STRIDE);
    return feed(this.#registers[index] ?? 0, this.#bytes, this.#start + index * STRIDE, at);
  }
}

/** `crc32` of two ranges one behind the other, from the `crc32` of each; the second is `secondLength` bytes long. */
export function joinChecksums(first: number, second: number, secondLength: number): number {
  return (timesPower(first, secondLength) ^ second) >>> 0;
}

function feed(register: number, bytes: Uint8Array, from: number, to: number): number {
  let fed = register;
  for (let at = from; at < to; at++) {
    fed = (byteTable[(fed ^ (bytes[at] ?? 0)) & 0xff] ?? 0) ^ (fed >>> 8);
  }
  return fed;
}

/** register · x^(8 · length), for lengths below 2^32. */
function timesPower(register: number, length: number): number {
  let product = register;
  let rest = length;
  for (let digit = 0; rest > 0; digit++, rest = Math.floor(rest / DIGIT_VALUES)) {
    const value = rest % DIGIT_VALUES;
    if (value > 0) product = multiply(powers[digit * DIGIT_VALUES + value] ?? 0, product);
  }
  return product;
}

/** Product of two polynomials modulo the CRC's. */
function multiply(a: number, b: number): number {
  let product = 0;
  let multiple = b;
  // Masks instead of branches, which nobody could predict.
  for (let rest = a; rest !== 0; rest <<= 1) {
    product ^= multiple & (rest >> 31);
    multiple = (multiple >>> 1) ^ (POLYNOMIAL & -(multiple & 1));
  }
  return product;
}

function makePowers(): Int32Array {
  const made = new Int32Array(DIGITS * DIGIT_VALUES);
  let base = X_TO_THE_8TH;
  for (let digit = 0; digit < DIGITS; digit++) {
    let power = ONE;
    for (let value = 0; value < DIGIT_VALUES; value++) {
      made[digit * DIGIT_VALUES + value] = power;
      power = multiply(base, power);
    }
    base = power;
  }
  return made;
}
