import { expect, test } from "vitest";
import { ArenaSpares } from "../../src/memtable/arena-spares.ts";

const MIB = 1024 * 1024;

test("memory comes back zeroed", () => {
  const spares = new ArenaSpares();
  const buffer = new SharedArrayBuffer(MIB);
  new Uint8Array(buffer).fill(7);
  spares.give(buffer);
  expect(spares.take(MIB)).toBe(buffer);
  expect(new Uint8Array(buffer).every((byte) => byte === 0)).toBe(true);
  expect(spares.take(MIB)).toBeUndefined();
});

test("nobody gets less than he asks for, or more than twice as much", () => {
  const spares = new ArenaSpares();
  const buffer = new SharedArrayBuffer(MIB);
  spares.give(buffer);
  expect(spares.take(MIB + 1)).toBeUndefined();
  expect(spares.take(MIB / 2 - 1)).toBeUndefined();
  expect(spares.take(MIB / 2)).toBe(buffer);
});

test("a few are kept, the last that came, and none that is large", () => {
  const spares = new ArenaSpares();
  const buffers = Array.from({ length: 9 }, () => new SharedArrayBuffer(MIB));
  for (const buffer of buffers) spares.give(buffer);
  spares.give(new SharedArrayBuffer(8 * MIB + 1));
  expect(spares.take(8 * MIB)).toBeUndefined();
  const kept = Array.from({ length: 9 }, () => spares.take(MIB));
  expect(kept).toEqual([...buffers.slice(1), undefined]);
});
