/**
 * The two kinds of record in a memtable's arena, addressed by word index; 0 means "none".
 *
 *   key node      | hash | newest version | key length | key bytes, zero-padded to words |
 *   version node  | older version | timestamp low 32 | timestamp high 21, kind 8 | value length | value bytes, padded |
 *
 * Each word is 32 bits. A key has one key node for ever; every put of it adds a version node in front of its chain,
 * which therefore descends in timestamp. The only word ever changed is `newest version`.
 */
import type { Arena } from "./arena.ts";
import { BYTES_PER_WORD } from "./arena.ts";

export const KEY_HASH = 0;
export const KEY_NEWEST = 1;
export const KEY_LENGTH = 2;
export const KEY_HEADER_WORDS = 3;

export const VERSION_OLDER = 0;
export const VERSION_TIMESTAMP_LOW = 1;
export const VERSION_TIMESTAMP_HIGH_KIND = 2;
export const VERSION_VALUE_LENGTH = 3;
export const VERSION_HEADER_WORDS = 4;

const KIND_BITS = 8;
const KIND_MASK = 0xff;
const TWO_TO_32 = 2 ** 32;

/** Byte offset of a key node's key. */
export function keyStartOf(node: number): number {
  return (node + KEY_HEADER_WORDS) * BYTES_PER_WORD;
}

/** Byte offset of a version node's value. */
export function valueStartOf(version: number): number {
  return (version + VERSION_HEADER_WORDS) * BYTES_PER_WORD;
}

export function writeTimestampAndKind(words: Int32Array, version: number, timestamp: number, kind: number): void {
  const high = Math.floor(timestamp / TWO_TO_32);
  words[version + VERSION_TIMESTAMP_LOW] = timestamp - high * TWO_TO_32;
  words[version + VERSION_TIMESTAMP_HIGH_KIND] = (high << KIND_BITS) | kind;
}

export function timestampOf(words: Int32Array, version: number): number {
  const high = words[version + VERSION_TIMESTAMP_HIGH_KIND]! >>> KIND_BITS;
  return high * TWO_TO_32 + (words[version + VERSION_TIMESTAMP_LOW]! >>> 0);
}

export function kindOf(words: Int32Array, version: number): number {
  return words[version + VERSION_TIMESTAMP_HIGH_KIND]! & KIND_MASK;
}

/** The newest of `version` and the older ones whose timestamp is at most `timestamp`; 0 when there is none. */
export function versionAt(words: Int32Array, version: number, timestamp: number): number {
  let candidate = version;
  while (candidate !== 0 && timestampOf(words, candidate) > timestamp) candidate = words[candidate + VERSION_OLDER]!;
  return candidate;
}

/** Negative, 0 or positive: the order of the keys of two key nodes. Padding is zero, so whole words can be compared for equality. */
export function compareNodes(arena: Arena, a: number, b: number): number {
  const words = arena.words;
  const aLength = words[a + KEY_LENGTH]!;
  const bLength = words[b + KEY_LENGTH]!;
  const length = Math.min(aLength, bLength);
  const aWord = a + KEY_HEADER_WORDS;
  const bWord = b + KEY_HEADER_WORDS;
  for (let index = 0; index * BYTES_PER_WORD < length; index++) {
    if (words[aWord + index] !== words[bWord + index]) return compareWords(arena.bytes, aWord + index, bWord + index);
  }
  return aLength - bLength;
}

/** The order of two different words as bytes in memory, which on little-endian machines is not their order as numbers. */
function compareWords(bytes: Uint8Array, a: number, b: number): number {
  let aByte = a * BYTES_PER_WORD;
  let bByte = b * BYTES_PER_WORD;
  while (bytes[aByte] === bytes[bByte]) {
    aByte++;
    bByte++;
  }
  return bytes[aByte]! - bytes[bByte]!;
}
