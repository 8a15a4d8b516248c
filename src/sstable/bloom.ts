import { readU32 } from "../codec/byte-reader.ts";
import type { ByteWriter } from "../codec/byte-writer.ts";
import { crc32 } from "../codec/crc32.ts";
import { assert, CorruptionError } from "../errors.ts";
import { SIZE_CHECKSUM } from "./format.ts";

/**
 * Bloom filter over 32-bit key hashes (Bloom 1970; double hashing by Kirsch and Mitzenmacher 2006).
 *
 *   bloom = bits | k u8 | crc u32
 *
 * A hash sets the bits `hash`, `hash + delta`, … `hash + (k-1)·delta`, each modulo 2^32 and then modulo the number of
 * bits, where `delta` is the hash rotated left by 15. Bit b is bit b mod 8 of byte b div 8, the lowest first.
 * The checksum covers bits and k.
 */
const SIZE_PROBES = 1;
const SIZE_BITS_MIN = 1;

/** One false positive in a hundred: ceil(-ln 0.01 / (ln 2)²), and that times ln 2. Files depend on both. */
const BITS_PER_HASH = 10;
const PROBES = 6;
const BITS_MIN = 64;
const BITS_MAX = 0xffff_ffff;
/** A filter that was written with more says "maybe" to everything. */
const PROBES_MAX = 30;
const DELTA_ROTATION = 15;

/** Appends the filter of hashes[0, count); a hash that occurs twice counts twice. Without any it says no to everything. */
export function encodeBloom(writer: ByteWriter, hashes: Uint32Array, count: number): void {
  const sizeBits = Math.ceil(Math.max(count * BITS_PER_HASH, BITS_MIN) / 8);
  const bitCount = sizeBits * 8;
  assert(bitCount <= BITS_MAX, "a bloom filter has as many bits as a 32-bit hash can name");
  const start = writer.reserve(sizeBits);
  const buffer = writer.buffer;
  buffer.fill(0, start, start + sizeBits);
  for (let index = 0; index < count; index++) {
    let hash = hashes[index]!;
    const delta = rotate(hash);
    for (let probe = 0; probe < PROBES; probe++) {
      const bit = (hash >>> 0) % (bitCount >>> 0);
      const at = start + (bit >>> 3);
      buffer[at] = buffer[at]! | (1 << (bit & 7));
      hash = (hash + delta) | 0;
    }
  }
  writer.u8(PROBES);
  writer.u32(crc32(writer.buffer, start, writer.length));
}

/** Reads a filter that starts at `fileOffset` of `file`. Throws CorruptionError. */
export function decodeBloom(bytes: Uint8Array, file: string, fileOffset: number): BloomFilter {
  const checksumStart = bytes.length - SIZE_CHECKSUM;
  const bitsEnd = checksumStart - SIZE_PROBES;
  if (bitsEnd < SIZE_BITS_MIN) {
    throw new CorruptionError(file, fileOffset, `a bloom filter of ${bytes.length} bytes is too short`);
  }
  if (crc32(bytes, 0, checksumStart) !== readU32(bytes, checksumStart)) {
    throw new CorruptionError(file, fileOffset, "the checksum of the bloom filter does not match");
  }
  if (bitsEnd * 8 > BITS_MAX) throw new CorruptionError(file, fileOffset, "the bloom filter is too large");
  return new BloomFilter(bytes.subarray(0, bitsEnd), bytes[bitsEnd]!);
}

/** Tells for certain that a key is absent, or that it may be there. */
export class BloomFilter {
  readonly bits: Uint8Array;
  readonly probes: number;
  readonly #bitCount: number;

  constructor(bits: Uint8Array, probes: number) {
    this.bits = bits;
    this.probes = probes;
    this.#bitCount = bits.length * 8;
  }

  mayContain(hash: number): boolean {
    const probes = this.probes;
    if (probes > PROBES_MAX) return true;
    const bits = this.bits;
    const bitCount = this.#bitCount;
    const delta = rotate(hash);
    let probed = hash;
    for (let probe = 0; probe < probes; probe++) {
      // Both sides are forced to unsigned 32 bits so that this is an integer division, not a floating-point one.
      const bit = (probed >>> 0) % (bitCount >>> 0);
      if ((bits[bit >>> 3]! & (1 << (bit & 7))) === 0) return false;
      probed = (probed + delta) | 0;
    }
    return true;
  }
}

function rotate(hash: number): number {
  return (hash << DELTA_ROTATION) | (hash >>> (32 - DELTA_ROTATION));
}
