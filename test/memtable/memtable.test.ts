import { describe, expect, test } from "vitest";
import { fingerprint32 } from "../../src/codec/fingerprint32.ts";
import { TIMESTAMP_MAX } from "../../src/key.ts";
import { Memtable } from "../../src/memtable/memtable.ts";
import { bytes, drainText, entries, latin1, textOf } from "../support/entries.ts";
import { get, memtableOf, put } from "../support/memtable.ts";

/** What a reader finds under each of the keys, as text. */
function found(memtable: Memtable, keys: string, timestamp: number = TIMESTAMP_MAX): string {
  return textOf(keys.split(" ").flatMap((key) => get(memtable, bytes(key), timestamp) ?? []));
}

describe("memtable", () => {
  test("returns what was put", () => {
    expect(found(memtableOf("key1=value1 key2=value2 key3=value3"), "key1 key2 key3 key4")).toBe(
      "key1=value1 key2=value2 key3=value3",
    );
  });

  test("replaces a value put again", () => {
    expect(found(memtableOf("a=1 b=1 c=1 a=11 b= c=2222222"), "a b c")).toBe("a=11 b= c=2222222");
  });

  test("finds a tombstone, also of a key that never was", () => {
    expect(found(memtableOf("a=1 -a@1 -b@2"), "a b")).toBe("-a@1 -b@2");
  });

  test("finds the newest version a reader may see", () => {
    const memtable = memtableOf("a@3=3 a@5=5 -a@5 b@6=6 a@9=9");
    expect([2, 3, 4, 5, 8, 9].map((at) => found(memtable, "a", at))).toEqual([
      "",
      "a@3=3",
      "a@3=3",
      "-a@5",
      "-a@5",
      "a@9=9",
    ]);
  });

  test("tells keys of the same hash apart", () => {
    const memtable = new Memtable(1, { entryOverheadBytes: 0 });
    const value = bytes("v");
    for (const key of [bytes("a"), bytes("b"), bytes("ab")]) {
      memtable.put(7, key, 0, key.length, 0, 0, value, 0, 1);
    }
    const result = { timestamp: 0, kind: 0, valueBuffer: value, valueStart: 0, valueEnd: 0 };
    const holds = (key: string): boolean => memtable.get(7, bytes(key), 0, key.length, 0, result);
    expect(["a", "b", "ab", "ba", "c"].map(holds)).toEqual([true, true, true, false, false]);
    expect(memtable.entryCount).toBe(3);
  });

  test("takes and gives timestamps up to the largest", () => {
    const stamps = [2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 45 + 12345, TIMESTAMP_MAX];
    const memtable = memtableOf(stamps.map((stamp) => `a@${stamp}=x -b@${stamp}`).join(" "));
    for (const stamp of stamps) expect(found(memtable, "a b", stamp)).toBe(`a@${stamp}=x -b@${stamp}`);
    expect(found(memtable, "a", 2 ** 31 - 1)).toBe("");
    expect(memtable.lastTimestamp).toBe(TIMESTAMP_MAX);
  });

  test("takes keys and values from the middle of a buffer", () => {
    const memtable = new Memtable(1, { entryOverheadBytes: 0 });
    const source = bytes("..key..value..");
    memtable.put(1, source, 2, 5, 0, 0, source, 7, 12);
    source.fill(0);
    const cursor = memtable.visibleIterator(0);
    cursor.seekToFirst();
    expect(drainText(cursor)).toBe("key=value");
  });

  test("keeps lent bytes readable while it grows", () => {
    const memtable = memtableOf("a=first");
    const result = { timestamp: 0, kind: 0, valueBuffer: bytes(""), valueStart: 0, valueEnd: 0 };
    memtable.get(fingerprint32(bytes("a"), 0, 1), bytes("a"), 0, 1, 0, result);
    const before = memtable.memoryBytes;
    for (let index = 0; index < 50; index++) put(memtable, entries(`k${index}=${"x".repeat(10_000)}`)[0]!);
    expect(memtable.memoryBytes).toBeGreaterThan(before);
    expect(latin1(result.valueBuffer.slice(result.valueStart, result.valueEnd))).toBe("first");
  });

  test("takes no put once frozen, nor one older than the last", () => {
    const memtable = memtableOf("a@5=1");
    expect(() => put(memtable, entries("b@4=1")[0]!)).toThrow("timestamps of a memtable never decrease");
    memtable.freeze();
    expect(() => put(memtable, entries("b@6=1")[0]!)).toThrow("a frozen memtable takes no puts");
    expect(found(memtable, "a b")).toBe("a@5=1");
  });
});

describe("a memtable's figures", () => {
  test("start empty", () => {
    const memtable = new Memtable(42, { entryOverheadBytes: 8 });
    expect(memtable).toMatchObject({ id: 42, isEmpty: true, entryCount: 0, approximateSizeBytes: 0, lastTimestamp: 0 });
  });

  test.each([
    [0, 3 + 5 + (3 + 0) + (3 + 2)],
    [8, 3 + 5 + (3 + 0) + (3 + 2) + 3 * 8],
  ])("count every put with an overhead of %i bytes, overwrites again", (entryOverheadBytes, expected) => {
    const memtable = new Memtable(1, { entryOverheadBytes });
    for (const entry of entries("abc@1=12345 -abc@2 abc@2=12")) put(memtable, entry);
    expect(memtable.approximateSizeBytes).toBe(expected);
  });

  test("count a version replaced at its own timestamp once", () => {
    const memtable = memtableOf("a@1=1 a@2=2 a@2=3 b@2=1");
    expect(memtable.entryCount).toBe(3);
    expect(memtable.isEmpty).toBe(false);
    expect(memtable.lastTimestamp).toBe(2);
  });
});

describe("the size of a range in a memtable", () => {
  const memtable = memtableOf("d=1 b=1 -e c=1 a=1");

  test.each([
    ["", undefined, 5],
    ["", "c", 2],
    ["b", "e", 3],
    ["bb", "cc", 1],
    ["c", undefined, 3],
    ["f", undefined, 0],
    ["c", "b", 0],
  ])("from %j to %j is that of as many keys", (from, to, keys) => {
    const sizeBytes = memtable.sizeBytesWithin(bytes(from), to === undefined ? undefined : bytes(to));
    expect(sizeBytes).toBe(Math.round((memtable.approximateSizeBytes * keys) / 5));
  });

  test("is nothing in an empty one", () => {
    expect(new Memtable(1, { entryOverheadBytes: 0 }).sizeBytesWithin(bytes(""), undefined)).toBe(0);
  });
});

describe("a memtable with a predecessor", () => {
  function fill(memtable: Memtable): Memtable {
    for (let index = 0; index < 5000; index++) put(memtable, entries(`key${index}=${"x".repeat(40)}`)[0]!);
    return memtable;
  }

  test("has room for as much from the start", () => {
    const predecessor = fill(new Memtable(1, { entryOverheadBytes: 0 }));
    const memtable = new Memtable(2, { entryOverheadBytes: 0, predecessor });
    const atFirst = memtable.memoryBytes;
    expect(fill(memtable).memoryBytes).toBe(atFirst);
    expect(atFirst).toBeLessThanOrEqual(predecessor.memoryBytes);
  });

  test("grows past it", () => {
    const memtable = fill(new Memtable(2, { entryOverheadBytes: 0, predecessor: memtableOf("a=1") }));
    expect(found(memtable, "key0 key4999 key5000")).toBe(`key0=${"x".repeat(40)} key4999=${"x".repeat(40)}`);
  });
});
