import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeBlock } from "../../src/block/block-format.ts";
import { BlockIterator } from "../../src/block/block-iterator.ts";
import { addHeads } from "../../src/block/block-search.ts";
import { BEHIND_VERSIONS } from "../../src/iterator/storage-iterator.ts";
import { ENTRY_KIND, TIMESTAMP_MAX } from "../../src/key.ts";
import { makeBlock } from "../support/blocks.ts";
import { collidingKeys, sortedEntries } from "../support/random-entries.ts";
import {
  bytesOf,
  compareEntries,
  currentEntry,
  drain,
  drainBackward,
  entries,
  numberedEntries,
  numberedKey,
  showEntry,
} from "../support/tables.ts";

const numbered = numberedEntries(100, 3);

/** The entry found from a key on, or "end". */
function sought(cursor: BlockIterator, key: Uint8Array, timestamp: number = TIMESTAMP_MAX): string {
  cursor.seek(key, 0, key.length, timestamp);
  return cursor.valid ? showEntry(currentEntry(cursor)) : "end";
}

/** The entry found from a key backward, or "end". */
function soughtBackward(cursor: BlockIterator, key: Uint8Array, timestamp: number): string {
  cursor.seekBackward(key, 0, key.length, timestamp);
  return cursor.valid ? showEntry(currentEntry(cursor)) : "end";
}

describe("block iterator", () => {
  test("stands nowhere until it is placed", () => {
    expect(new BlockIterator(makeBlock("plain", 10_000, numbered)).valid).toBe(false);
  });
  test("yields all entries each time it goes back to the first", () => {
    const cursor = new BlockIterator(makeBlock("plain", 10_000, numbered));
    for (let round = 0; round < 5; round++) {
      cursor.seekToFirst();
      expect(drain(cursor)).toEqual(numbered);
    }
  });
  test("seeks to a key that is there, to the next one for a key between, to the first for one before all", () => {
    const cursor = new BlockIterator(makeBlock("plain", 10_000, numbered));
    for (let index = 0; index < 100; index++) {
      expect(sought(cursor, numberedKey(5 * index, 3))).toBe(showEntry(numbered[index]!));
      const next = numbered[index + 1];
      for (let more = 1; more <= 5; more++) {
        const expected = next === undefined ? "end" : showEntry(next);
        expect(sought(cursor, numberedKey(5 * index + more, 3))).toBe(expected);
      }
    }
    expect(sought(cursor, bytesOf("k"))).toBe(showEntry(numbered[0]!));
  });
  test("seeks within the versions of a key, the newest first", () => {
    const cursor = new BlockIterator(makeBlock("mvcc", 4096, entries("a@7=1 a@3=2 aa@9=3 b@1=4")));
    const found = [TIMESTAMP_MAX, 7, 6, 3, 2, 0].map((timestamp) => sought(cursor, bytesOf("a"), timestamp));
    expect(found).toEqual(["a@7=1", "a@7=1", "a@3=2", "a@3=2", "aa@9=3", "aa@9=3"]);
  });
  test("seeks to before a key, and to behind its versions, both ways", () => {
    const cursor = new BlockIterator(makeBlock("plain", 4096, entries("a=1 c=3")));
    const found = (timestamp: number): string[] =>
      ["Z", "a", "b", "c", "d"].map((text) => {
        const key = bytesOf(text);
        return `${soughtBackward(cursor, key, timestamp)}<${text}<${sought(cursor, key, timestamp)}`;
      });
    expect(found(TIMESTAMP_MAX)).toEqual(["end<Z<a=1", "end<a<a=1", "a=1<b<c=3", "a=1<c<c=3", "c=3<d<end"]);
    expect(found(BEHIND_VERSIONS)).toEqual(["end<Z<a=1", "a=1<a<c=3", "a=1<b<c=3", "c=3<c<end", "c=3<d<end"]);
  });
  test("seeks backward within the versions of a key", () => {
    const cursor = new BlockIterator(makeBlock("mvcc", 4096, entries("a@7=1 a@3=2 aa@9=3 b@1=4")));
    const found = [TIMESTAMP_MAX, 7, 6, 3, 0].map((timestamp) => soughtBackward(cursor, bytesOf("a"), timestamp));
    expect(found).toEqual(["end", "end", "a@7=1", "a@7=1", "a@3=2"]);
    expect(soughtBackward(cursor, bytesOf("aa"), BEHIND_VERSIONS)).toBe("aa@9=3");
  });
  test("may turn at any entry", () => {
    const cursor = new BlockIterator(makeBlock("plain", 10_000, numbered));
    cursor.seekToFirst();
    const seen: number[] = [];
    for (const [step, count] of [
      [1, 70],
      [-1, 30],
      [1, 59],
      [-1, 99],
    ] as const) {
      for (let move = 0; move < count; move++) step === 1 ? cursor.next() : cursor.previous();
      seen.push(numbered.findIndex((entry) => showEntry(entry) === showEntry(currentEntry(cursor))));
    }
    expect(seen).toEqual([70, 40, 99, 0]);
    cursor.previous();
    expect(cursor.valid).toBe(false);
  });
  test("calls an empty value a delete and any other a put", () => {
    const cursor = new BlockIterator(makeBlock("plain", 4096, entries("a=1 b=")));
    cursor.seekToFirst();
    const kinds = [cursor.kind];
    cursor.next();
    expect([...kinds, cursor.kind]).toEqual([ENTRY_KIND.put, ENTRY_KIND.delete]);
  });
  test("refuses to move when it stands nowhere", () => {
    const cursor = new BlockIterator(makeBlock("plain", 4096, entries("a=1")));
    expect(() => cursor.next()).toThrow("broken invariant");
    expect(() => cursor.previous()).toThrow("broken invariant");
  });
  test("takes keys that share less than they could, as another writer may have stored them", () => {
    const hex = "0000000361626300013100010002626400013200000003626262000133" + "0000000a0013" + "0003";
    const block = decodeBlock(new Uint8Array(Buffer.from(hex, "hex")), "plain", "a.block", 0);
    const cursor = new BlockIterator(block);
    cursor.seekToFirst();
    expect(drain(cursor).map(showEntry)).toEqual(["abc=1", "abd=2", "bbb=3"]);
    const found = (): string =>
      ["abc", "abca", "abd", "abe", "b", "bbc"].map((key) => sought(cursor, bytesOf(key))).join();
    expect(found()).toBe("abc=1,abd=2,abd=2,bbb=3,bbb=3,end");
    addHeads(block);
    expect(found()).toBe("abc=1,abd=2,abd=2,bbb=3,bbb=3,end");
  });

  test.each([
    ["plain", "without heads"],
    ["plain", "with heads"],
    ["mvcc", "without heads"],
    ["mvcc", "with heads"],
    ["native", "without heads"],
    ["native", "with heads"],
  ] as const)("yields and seeks like a sorted list, %s, %s", (format, heads) => {
    const property = fc.property(
      sortedEntries(format),
      fc.array(fc.tuple(collidingKeys, fc.oneof(fc.nat(5), fc.constantFrom(TIMESTAMP_MAX, BEHIND_VERSIONS))), {
        maxLength: 20,
      }),
      (given, targets) => {
        const block = makeBlock(format, 1 << 16, given);
        if (heads === "with heads") addHeads(block);
        const cursor = new BlockIterator(block);
        cursor.seekToFirst();
        expect(drain(cursor)).toEqual(given);
        cursor.seekToLast();
        expect(drainBackward(cursor)).toEqual(given.toReversed());
        const own = given.map(({ key, timestamp }) => [key, timestamp] as const);
        for (const [key, timestamp] of [...own, ...targets]) {
          const target = { key, timestamp: format === "plain" ? Math.min(timestamp, 0) : timestamp };
          const expected = given.filter((entry) => compareEntries(entry, target) >= 0);
          cursor.seek(key, 0, key.length, timestamp);
          expect(drain(cursor)).toEqual(expected);
          cursor.seekBackward(key, 0, key.length, timestamp);
          expect(drainBackward(cursor)).toEqual(given.slice(0, given.length - expected.length).reverse());
        }
      },
    );
    fc.assert(property, { numRuns: 100 });
  });
});
