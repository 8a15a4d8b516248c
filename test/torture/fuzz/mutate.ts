/** Answers a whole number from 0 to below its argument; see `randomOf`. */
export type Random = (below: number) => number;

/** Numbers on which length and count arithmetic breaks. */
const NUMBERS: readonly bigint[] = [
  0n,
  1n,
  2n,
  0x7fn,
  0xffn,
  0x7fffn,
  0xfffen,
  0xffffn,
  0x1_0000n,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_fffen,
  0xffff_ffffn,
  0x1_0000_0000n,
  (1n << 53n) - 1n,
  1n << 53n,
  1n << 63n,
  (1n << 64n) - 1n,
];

/** Field sizes in bytes. */
const WIDTHS = [1, 2, 4, 8] as const;

export function pick<Item>(random: Random, items: readonly Item[]): Item {
  return items[random(items.length)] as Item;
}

/** Changes bytes where they stand; their number stays. Empty bytes stay as they are. */
export function alter(random: Random, bytes: Uint8Array): void {
  if (bytes.length === 0) return;
  const at = random(bytes.length);
  const wayCount = 5;
  switch (random(wayCount)) {
    case 0:
      bytes[at] = (bytes[at] as number) ^ (1 << random(8));
      return;
    case 1:
      bytes[at] = random(256);
      return;
    case 2:
      bytes.fill(pick(random, [0, 0xff]), at, Math.min(at + 1 + random(16), bytes.length));
      return;
    case 3:
      bytes.copyWithin(at, random(bytes.length), random(bytes.length + 1));
      return;
    default:
      alterNumber(random, bytes, at);
  }
}

/** Writes a number of the list, or the one that stands there and a little, over a field of some width. */
function alterNumber(random: Random, bytes: Uint8Array, at: number): void {
  const width = pick(
    random,
    WIDTHS.filter((size) => size <= bytes.length),
  );
  const start = Math.min(at, bytes.length - width);
  const bits = BigInt(8 * width);
  let found = 0n;
  for (let index = 0; index < width; index++) found = (found << 8n) | BigInt(bytes[start + index] as number);
  const isNear = random(2) === 0;
  const value = BigInt.asUintN(Number(bits), isNear ? found + BigInt(random(5) - 2) : pick(random, NUMBERS));
  for (let index = 0; index < width; index++) {
    bytes[start + index] = Number((value >> (bits - 8n * BigInt(index + 1))) & 0xffn);
  }
}

/** A copy that is cut, or has bytes more, less, twice, or in another order. */
export function reshape(random: Random, bytes: Uint8Array): Uint8Array {
  const from = random(bytes.length + 1);
  const to = from + random(bytes.length - from + 1);
  const [before, stretch, after] = [bytes.subarray(0, from), bytes.subarray(from, to), bytes.subarray(to)];
  const wayCount = 5;
  switch (random(wayCount)) {
    case 0:
      return bytes.slice(0, from);
    case 1:
      return joined(before, after);
    case 2:
      return joined(before, stretch, stretch, after);
    case 3:
      return joined(after, stretch, before);
    default:
      return joined(
        before,
        Uint8Array.from({ length: 1 + random(12) }, () => random(256)),
        bytes.subarray(from),
      );
  }
}

/** A copy with one change or a few; in one of three cases its length changes too. */
export function mutated(random: Random, bytes: Uint8Array): Uint8Array {
  const changed = random(3) === 0 ? reshape(random, bytes) : bytes.slice();
  for (let count = random(4); count >= 0; count--) alter(random, changed);
  return changed;
}

export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
