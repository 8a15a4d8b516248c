import { expect, test } from "vitest";
import type { Direction } from "../../src/iterator/merge-order.ts";
import { TIMESTAMP_MAX } from "../../src/key.ts";
import { drainScan, EngineState } from "../support/engine-state.ts";
import { randomOf } from "../support/random.ts";

type Write = { readonly key: string; readonly timestamp: number; readonly value: string | undefined };
type Random = (below: number) => number;

test.each(["plain", "mvcc"] as const)("random scans of %s tables and memtables agree with a sorted list", (format) => {
  let shown = 0;
  for (let seed = 1; seed <= 40; seed++) {
    const random = randomOf(seed);
    const writes = randomWrites(random);
    const state = new EngineState(notationOf(writes, format, random), 16 + random(200));
    for (let scans = 0; scans < 30; scans++) {
      // Tables without timestamps are older than any reader.
      const readTimestamp = format === "plain" ? TIMESTAMP_MAX : random(writes.length + 2);
      const range = randomRange(random);
      const direction: Direction = random(2) === 0 ? "ascending" : "descending";
      const expected = visible(writes, readTimestamp).filter(({ key }) => isInside(key, range));
      if (direction === "descending") expected.reverse();
      shown += expected.length;
      const what = `seed ${seed}, ${range} ${direction} at ${readTimestamp}:`;
      const iterator = state.open(range, readTimestamp, direction);
      for (let moves = random(6); moves > 0 && iterator.valid; moves--) {
        expected.shift();
        iterator.next();
      }
      expect(`${what} ${drainScan(iterator)}`).toBe(`${what} ${show(expected)}`);
      for (let seeks = 0; seeks < 3; seeks++) {
        const target = randomKey(random);
        const inRange = visible(writes, readTimestamp).filter(({ key }) => isInside(key, range));
        const found =
          direction === "ascending"
            ? inRange.filter(({ key }) => key >= target)
            : inRange.filter(({ key }) => key <= target).reverse();
        iterator.seek(Buffer.from(target, "latin1"));
        expect(`${what} ${target}: ${drainScan(iterator)}`).toBe(`${what} ${target}: ${show(found)}`);
      }
    }
  }
  expect(shown).toBeGreaterThan(2000);
});

/** Writes one after the other; every fourth deletes. */
function randomWrites(random: Random): Write[] {
  return Array.from({ length: random(150) }, (_, index) => ({
    key: randomKey(random),
    timestamp: index + 1,
    value: random(4) === 0 ? undefined : String(index),
  }));
}

/** A few dozen keys, most of them prefixes of others; bytes up to the largest. */
function randomKey(random: Random): string {
  let key = "";
  for (let length = 1 + random(3); length > 0; length--) key += "ab\xff"[random(3)];
  return key;
}

/** The writes spread over a tree, the oldest at the bottom. */
function notationOf(writes: readonly Write[], format: "plain" | "mvcc", random: Random): string {
  const cuts = Array.from({ length: 5 }, () => random(writes.length + 1)).sort((a, b) => a - b);
  const parts = [0, ...cuts].map((from, index) => writes.slice(from, cuts[index]));
  const [level2 = [], level1 = [], older = [], newer = [], frozen = [], mutable = []] = parts;
  const at = (timestamp: number) => (format === "plain" ? "" : `@${timestamp}`);
  const text = ({ key, timestamp, value }: Write) =>
    value === undefined ? `-${key}${at(timestamp)}` : `${key}${at(timestamp)}=${value}`;
  const table = (part: readonly Write[]) => part.map(text).join(" ");
  const places: string[] = [`mem: ${mutable.map(text).join(" ")}`, `imm: ${frozen.map(text).join(" ")}`];
  for (const part of [newer, older]) if (part.length > 0) places.push(`L0: ${table(stored(part, format))}`);
  for (const [number, part] of [level1, level2].entries()) {
    places.push(`L${number + 1}: ${splitAtKeys(stored(part, format), random).map(table).join(" / ")}`);
  }
  return places.join(" | ");
}

/** What a table holds of writes: every version, or the newest alone. */
function stored(part: readonly Write[], format: "plain" | "mvcc"): Write[] {
  const sorted = [...part].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : b.timestamp - a.timestamp));
  return format === "mvcc" ? sorted : sorted.filter(({ key }, index) => key !== sorted[index - 1]?.key);
}

/** Tables of a run share no key. */
function splitAtKeys(sorted: readonly Write[], random: Random): Write[][] {
  const tables: Write[][] = [];
  for (const [index, write] of sorted.entries()) {
    const isNewKey = write.key !== sorted[index - 1]?.key;
    if (index === 0 || (isNewKey && random(6) === 0)) tables.push([]);
    tables.at(-1)?.push(write);
  }
  return tables;
}

function visible(writes: readonly Write[], readTimestamp: number): Write[] {
  const newest = new Map<string, Write>();
  for (const write of writes) if (write.timestamp <= readTimestamp) newest.set(write.key, write);
  return [...newest.values()].filter(({ value }) => value !== undefined).sort((a, b) => (a.key < b.key ? -1 : 1));
}

function randomRange(random: Random): string {
  const lower = random(3) === 0 ? "" : randomKey(random);
  const upper = random(3) === 0 ? "" : random(8) === 0 ? lower : randomKey(random);
  return `${"[("[random(2)]}${lower}, ${upper}${")]"[random(2)]}`;
}

function isInside(key: string, range: string): boolean {
  const [, opening, lower = "", upper = "", closing] = /^(.)(.*), (.*)(.)$/s.exec(range) ?? [];
  return (
    (lower === "" || (opening === "[" ? key >= lower : key > lower)) &&
    (upper === "" || (closing === "]" ? key <= upper : key < upper))
  );
}

function show(writes: readonly Write[]): string {
  return writes.map(({ key, value }) => `${key}=${value}`).join(" ");
}
