import { expect, test } from "vitest";
import { compareKeys } from "../../src/codec/bytes.ts";
import { KeySpace } from "../../web/tree/key-space.ts";
import { randomOf } from "../support/random.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function spaceOf(keys: readonly Uint8Array[]): KeySpace {
  const space = new KeySpace();
  for (const key of keys) space.add(key);
  return space;
}

test.each([
  ["numbers", (random: (below: number) => number) => bytes(`user:${random(100_000)}`)],
  ["any bytes", (random: (below: number) => number) => Uint8Array.from({ length: random(9) }, () => random(256))],
  ["words", (random: (below: number) => number) => bytes(["a", "ab", "abc", "b", "ba", "z"][random(6)] ?? "")],
])("positions of %s keep the order of the keys", (_, make) => {
  const random = randomOf(5);
  const keys = Array.from({ length: 300 }, () => make(random)).sort(compareKeys);
  const space = spaceOf(keys);
  const positions = keys.map((key) => space.position(key));
  expect(positions).toEqual([...positions].sort((a, b) => a - b));
  expect([positions[0], positions.at(-1)]).toEqual([0, 1]);
  expect([space.first, space.last]).toEqual([keys[0], keys.at(-1)]);
});

test("decimal numbers of one length spread evenly behind what they share", () => {
  const space = spaceOf(["key:0000", "key:9999", "key:1234", "key:5678"].map(bytes));
  for (const number of [0, 2500, 5000, 7500, 9999]) {
    const text = `key:${String(number).padStart(4, "0")}`;
    expect(Math.abs(space.position(bytes(text)) - number / 10_000)).toBeLessThan(0.06);
  }
});

test("a key outside of what was seen stands at the end of it, and one alone in the middle", () => {
  const space = spaceOf([bytes("c"), bytes("k")]);
  expect([space.position(bytes("a")), space.position(bytes("z"))]).toEqual([0, 1]);
  expect(spaceOf([bytes("only")]).position(bytes("only"))).toBe(0.5);
});
