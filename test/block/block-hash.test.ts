import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Block } from "../../src/block/block.ts";
import { addStarts, findEntry } from "../../src/block/block-hash.ts";
import { fingerprint32 } from "../../src/codec/fingerprint32.ts";
import { TIMESTAMP_MAX } from "../../src/key.ts";
import { makeBlock } from "../support/blocks.ts";
import { collidingKeys, sortedEntries } from "../support/random-entries.ts";
import { bytesOf, compareEntries, type Entry } from "../support/tables.ts";

/** Number of the entry that is found, "none" without one. */
function found(block: Block, key: Uint8Array, timestamp = TIMESTAMP_MAX): number | "none" {
  const start = findEntry(block, fingerprint32(key, 0, key.length), key, 0, key.length, timestamp);
  if (start < 0) return "none";
  const indexes = Array.from({ length: block.count }, (_, index) => index);
  return indexes.find((index) => block.entryStart(index) === start) ?? "none";
}

function indexIn(given: readonly Entry[], key: Uint8Array, timestamp: number): number | "none" {
  const index = given.findIndex((entry) => compareEntries(entry, { key, timestamp }) >= 0);
  const entry = given[index];
  return entry !== undefined && Buffer.compare(entry.key, key) === 0 ? index : "none";
}

describe("a block that is asked for one key", () => {
  test.each([
    ["plain", "searched"],
    ["plain", "hashed"],
    ["mvcc", "searched"],
    ["mvcc", "hashed"],
    ["native", "searched"],
    ["native", "hashed"],
  ] as const)("finds the newest version that a reader sees, %s, %s", (format, how) => {
    const property = fc.property(
      sortedEntries(format),
      fc.array(fc.tuple(collidingKeys, fc.oneof(fc.nat(5), fc.constant(TIMESTAMP_MAX))), { maxLength: 20 }),
      (given, targets) => {
        const block = makeBlock(format, 1 << 16, given);
        if (how === "hashed") addStarts(block);
        const own = given.map(({ key, timestamp }) => [key, timestamp] as const);
        const newest = given.map(({ key }) => [key, TIMESTAMP_MAX] as const);
        for (const [key, timestamp] of [...own, ...newest, ...targets]) {
          expect(found(block, key, timestamp)).toBe(indexIn(given, key, timestamp));
        }
      },
    );
    fc.assert(property, { numRuns: 100 });
  });
  test("is hashed into less memory than it says that it takes", () => {
    for (const count of [1, 2, 3, 12, 13, 25, 26, 100]) {
      const given = Array.from({ length: count }, (_, index): Entry => {
        return { key: bytesOf(String(1000 + index)), timestamp: 0, value: bytesOf("v") };
      });
      const block = makeBlock("plain", 1 << 16, given);
      addStarts(block);
      expect(block.starts?.length).toBe(block.slotCount);
      expect(block.slotCount).toBeGreaterThan(count);
      expect(block.memorySizeBytes).toBe(block.bytes.length + 4 * count + 2 * block.slotCount);
    }
  });
});
