/**
 * FarmHash `Fingerprint32` (Geoff Pike, 2014; `farmhashmk` with seed 0): the key hash of bloom filters and conflict checks.
 *
 * Files depend on it, so it never changes. Arithmetic is modulo 2^32; only the words read here are little-endian. Bytes
 * count as unsigned where some C++ builds take them as signed, which differs for keys of 1-4 bytes at or above 0x80.
 */
const C1 = 0xcc9e2d51;
const C2 = 0x1b873593;
const MIX = 0xe6546b64;

/** Hash of bytes[start, end), unsigned. */
export function fingerprint32(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length > 24) return hashLong(bytes, start, end);
  if (length > 12) return hash13To24(bytes, start, end);
  if (length > 4) return hash5To12(bytes, start, end);
  return hash0To4(bytes, start, end);
}

function hash0To4(bytes: Uint8Array, start: number, end: number): number {
  let b = 0;
  let c = 9;
  for (let at = start; at < end; at++) {
    b = (Math.imul(b, C1) + bytes[at]!) | 0;
    c ^= b;
  }
  return finish(mur(b, mur(end - start, c)));
}

function hash5To12(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  const d = length * 5;
  const a = (length + word(bytes, start)) | 0;
  const b = (d + word(bytes, end - 4)) | 0;
  const c = (9 + word(bytes, start + ((length >> 1) & 4))) | 0;
  return finish(mur(c, mur(b, mur(a, d))));
}

function hash13To24(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  const half = start + (length >> 1);
  const b = word(bytes, start + 4);
  const c = word(bytes, end - 8);
  const d = word(bytes, half);
  const e = word(bytes, start);
  const f = word(bytes, end - 4);
  let a = word(bytes, half - 4);
  let hash = (Math.imul(d, C1) + length) | 0;
  a = (rotateRight(a, 12) + f) | 0;
  hash = (mur(c, hash) + a) | 0;
  a = (rotateRight(a, 3) + c) | 0;
  hash = (mur(e, hash) + a) | 0;
  a = (rotateRight((a + f) | 0, 12) + d) | 0;
  hash = (mur(b, hash) + a) | 0;
  return finish(hash);
}

function hashLong(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  let h = length;
  let g = Math.imul(length, C1);
  let f = g;
  h = step(step(h, scramble(word(bytes, end - 4))), scramble(word(bytes, end - 16)));
  g = step(step(g, scramble(word(bytes, end - 8))), scramble(word(bytes, end - 12)));
  f = (rotateRight((f + scramble(word(bytes, end - 20))) | 0, 19) + 113) | 0;
  let at = start;
  for (let rounds = Math.floor((length - 1) / 20); rounds > 0; rounds--) {
    const a = word(bytes, at);
    const b = word(bytes, at + 4);
    const c = word(bytes, at + 8);
    const d = word(bytes, at + 12);
    const e = word(bytes, at + 16);
    h = (mur(d, (h + a) | 0) + e) | 0;
    // The right-hand sides take `g` and `f` with this round's words already added.
    g = (g + b) | 0;
    f = (f + c) | 0;
    g = (mur(c, g) + a) | 0;
    f = (mur((b + Math.imul(e, C1)) | 0, f) + d) | 0;
    f = (f + g) | 0;
    g = (g + f) | 0;
    at += 20;
  }
  g = Math.imul(rotateRight(Math.imul(rotateRight(g, 11), C1), 17), C1);
  f = Math.imul(rotateRight(Math.imul(rotateRight(f, 11), C1), 17), C1);
  return fold(fold(h, g), f) >>> 0;
}

/** The four bytes from `at`, little-endian. */
function word(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

function rotateRight(value: number, bits: number): number {
  return (value >>> bits) | (value << (32 - bits));
}

function scramble(value: number): number {
  return Math.imul(rotateRight(Math.imul(value, C1), 17), C2);
}

function step(hash: number, scrambled: number): number {
  return (Math.imul(rotateRight(hash ^ scrambled, 19), 5) + MIX) | 0;
}

function mur(value: number, hash: number): number {
  return step(hash, scramble(value));
}

function fold(hash: number, part: number): number {
  const mixed = (Math.imul(rotateRight((hash + part) | 0, 19), 5) + MIX) | 0;
  return Math.imul(rotateRight(mixed, 17), C1);
}

function finish(value: number): number {
  let hash = value ^ (value >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
