import { expect, test } from "vitest";
import type { Direction } from "../../src/iterator/merge-order.ts";
import { drainScan, EngineState } from "../support/engine-state.ts";
import { randomOf } from "../support/random.ts";

/** A put, a delete, or a range delete of [key, to). */
type Write = {
  readonly key: string;
  readonly to?: string;
  readonly timestamp: number;
  readonly value?: string;
};
type Random = (below: number) => number;

const KEYS = 400;

test("random reads of native states with range deletes agree with a list of the writes", () => {
  let shown = 0;
  let hidden = 0;
  for (let seed = 1; seed <= 60; seed++) {
    const random = randomOf(seed);
    const writes = randomWrites(random);
    const state = new EngineState(notationOf(writes, random), 16 + random(200));
    for (let reads = 0; reads < 12; reads++) {
      const readTimestamp = random(4) === 0 ? writes.length + 1 : random(writes.length + 2);
      const { content, deleted } = contentAt(writes, readTimestamp);
      hidden += deleted;
      const key = keyOf(random(KEYS));
      expect(`seed ${seed}, ${key}@${readTimestamp}: ${readValue(state, key, readTimestamp)}`).toBe(
        `seed ${seed}, ${key}@${readTimestamp}: ${content.get(key)}`,
      );
      const direction: Direction = random(2) === 0 ? "ascending" : "descending";
      const [lower, upper] = [keyOf(random(KEYS)), keyOf(random(KEYS))].sort() as [string, string];
      const range = random(3) === 0 ? "(, )" : `[${lower}, ${upper})`;
      const inRange = [...content.keys()].filter((each) => range === "(, )" || (each >= lower && each < upper)).sort();
      if (direction === "descending") inRange.reverse();
      const cursor = state.open(range, readTimestamp, direction);
      const what = `seed ${seed}, ${range} ${direction} at ${readTimestamp}`;
      const show = (keys: readonly string[]) => keys.map((each) => `${each}=${content.get(each)}`).join(" ");
      expect(`${what}: ${drainScan(cursor)}`).toBe(`${what}: ${show(inRange)}`);
      shown += inRange.length;
      const target = keyOf(random(KEYS));
      const isPast = (each: string) => (direction === "ascending" ? each >= target : each <= target);
      cursor.seek(Buffer.from(target));
      expect(`${what}, ${target}: ${drainScan(cursor)}`).toBe(`${what}, ${target}: ${show(inRange.filter(isPast))}`);
    }
  }
  expect(shown).toBeGreaterThan(5000);
  expect(hidden).toBeGreaterThan(5000);
});

function keyOf(index: number): string {
  return `k${String(index).padStart(3, "0")}`;
}

/** Each has a timestamp of its own, or that of the one before, as in a batch. Some ranges are long, some hold a key or two. */
function randomWrites(random: Random): Write[] {
  const writes: Write[] = [];
  const rarity = 20 + random(150);
  for (let index = 0; index < 600 + random(600); index++) {
    const isSameBatch = random(3) === 0;
    const timestamp = (writes.at(-1)?.timestamp ?? 0) + (isSameBatch ? 0 : 1) || 1;
    const start = random(KEYS);
    const key = keyOf(start);
    if (random(rarity) === 0) {
      const to = keyOf(Math.min(start + 1 + random(random(2) === 0 ? 5 : KEYS), KEYS));
      // What a batch wrote before its range delete is taken out of it.
      const kept = writes.filter((write) => write.timestamp < timestamp || write.key < key || write.key >= to);
      writes.splice(0, writes.length, ...kept, { key, to, timestamp });
    } else if (!writes.some((write) => write.timestamp === timestamp && write.key === key && write.to === undefined)) {
      writes.push(random(5) === 0 ? { key, timestamp } : { key, timestamp, value: `${index}` });
    }
  }
  return writes;
}

function contentAt(writes: readonly Write[], readTimestamp: number): { content: Map<string, string>; deleted: number } {
  const content = new Map<string, string>();
  let deleted = 0;
  for (const { key, to, timestamp, value } of writes) {
    if (timestamp > readTimestamp) continue;
    if (to !== undefined) {
      for (const each of [...content.keys()]) {
        if (each >= key && each < to && content.delete(each)) deleted++;
      }
    } else if (value === undefined) content.delete(key);
    else content.set(key, value);
  }
  return { content, deleted };
}

function readValue(state: EngineState, key: string, readTimestamp: number): string | undefined {
  const found = state.get(key, readTimestamp);
  return found === "deleted" ? undefined : found;
}

/** The writes spread over a tree, the oldest at the bottom; a batch stays together. */
function notationOf(writes: readonly Write[], random: Random): string {
  const cuts = Array.from({ length: 5 }, () => random((writes.at(-1)?.timestamp ?? 0) + 2)).sort((a, b) => a - b);
  const parts = [0, ...cuts].map((from, index) =>
    writes.filter(({ timestamp }) => timestamp >= from && timestamp < (cuts[index] ?? Number.POSITIVE_INFINITY)),
  );
  const [level2 = [], level1 = [], older = [], newer = [], frozen = [], mutable = []] = parts;
  const places = [`mem: ${mutable.map(text).join(" ")}`, `imm: ${frozen.map(text).join(" ")}`];
  for (const part of [newer, older]) if (part.length > 0) places.push(`L0: ${tableText(part)}`);
  for (const [number, part] of [level1, level2].entries()) {
    const tables = cutIntoTables(part, random).map(tableText);
    places.push(`L${number + 1}: ${tables.join(" / ")}`);
  }
  // Without this word a state without range deletes would not be native.
  return `${places.join(" | ")} | L9: ${text({ key: "zz", to: "zzz", timestamp: 1 })}`;
}

function text({ key, to, timestamp, value }: Write): string {
  if (to !== undefined) return `[${key},${to})@${timestamp}`;
  return value === undefined ? `-${key}@${timestamp}` : `${key}@${timestamp}=${value}`;
}

function tableText(part: readonly Write[]): string {
  const entries = part.filter(({ to }) => to === undefined);
  entries.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : b.timestamp - a.timestamp));
  return [...entries, ...part.filter(({ to }) => to !== undefined)].map(text).join(" ");
}

/** Behind some keys a table ends, and what reaches over it is cut there. */
function cutIntoTables(part: readonly Write[], random: Random): Write[][] {
  const ends = Array.from({ length: random(6) }, () => `${keyOf(random(KEYS))}\0`).sort();
  const tables: Write[][] = [];
  for (const [index, end] of [...ends, "z"].entries()) {
    const start = ends[index - 1] ?? "";
    const table = part.flatMap((write): Write[] => {
      if (write.to === undefined) return write.key >= start && write.key < end ? [write] : [];
      const [, key = ""] = [write.key, start].sort();
      const [to = ""] = [write.to, end].sort();
      return key < to ? [{ ...write, key, to }] : [];
    });
    if (table.length > 0) tables.push(table);
  }
  return tables;
}
