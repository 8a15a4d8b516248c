import { describe, expect, test } from "vitest";
import { LsmError } from "../../../src/errors.ts";
import {
  type Breath,
  copyEntries,
  EntryRefusedError,
  type EntrySource,
  type EntryTarget,
} from "../../../src/tools/convert/copy-entries.ts";
import { bytes, type TextEntry, text } from "../../support/conversions.ts";

/** Lends every entry in the same bytes, as a cursor may. */
class LendingSource implements EntrySource {
  readonly keyBuffer: Uint8Array = new Uint8Array(1 << 20);
  readonly valueBuffer: Uint8Array = new Uint8Array(1 << 20);
  readonly keyStart = 3;
  readonly valueStart = 5;
  keyEnd = 0;
  valueEnd = 0;
  readonly #entries: readonly TextEntry[];
  #at = -1;

  constructor(entries: readonly TextEntry[]) {
    this.#entries = entries;
    this.next();
  }

  get valid(): boolean {
    return this.#at < this.#entries.length;
  }

  next(): void {
    this.#at++;
    const [key = "", value = ""] = this.#entries[this.#at] ?? [];
    this.keyBuffer.fill(0).set(bytes(key), this.keyStart);
    this.valueBuffer.fill(0).set(bytes(value), this.valueStart);
    this.keyEnd = this.keyStart + key.length;
    this.valueEnd = this.valueStart + value.length;
  }
}

class Collecting implements EntryTarget {
  readonly format = "plain";
  readonly entries: TextEntry[] = [];

  put(key: Uint8Array, value: Uint8Array): void {
    if (value.length === 0) throw new LsmError("VALUE_EMPTY", "value cannot be empty");
    this.entries.push([text(key), text(value)]);
  }
}

const NO_BREATH: Breath = { isDue: () => false, take: () => Promise.reject(new Error("not due")) };

const numbered = (count: number, valueLength: number): TextEntry[] =>
  Array.from({ length: count }, (_, index) => [`${index}`, "v".repeat(valueLength)]);

describe("copying entries", () => {
  test("copies each whole and in order, and adds up their lengths", async () => {
    const entries: TextEntry[] = [
      ["a", "12345"],
      ["ab", "\x00"],
      ["\xff\xff", "1"],
    ];
    const target = new Collecting();
    expect(await copyEntries(new LendingSource(entries), target, NO_BREATH)).toEqual({
      entries: 3,
      keyBytes: 5,
      valueBytes: 7,
    });
    expect(target.entries).toEqual(entries);
  });

  test("of nothing is nothing", async () => {
    const copied = await copyEntries(new LendingSource([]), new Collecting(), NO_BREATH);
    expect(copied).toEqual({ entries: 0, keyBytes: 0, valueBytes: 0 });
  });

  test.each([
    ["many small entries", numbered(1000, 1), [256, 512, 768]],
    ["few large ones", numbered(6, 200 << 10), [2, 4, 6]],
  ])("takes breath between %s, and says how far it came", async (_, entries, expected) => {
    const breaths: number[] = [];
    const take = async (count: number) => void breaths.push(count);
    await copyEntries(new LendingSource(entries), new Collecting(), { isDue: () => true, take });
    expect(breaths).toEqual(expected);
  });

  test("ends when a breath does", async () => {
    const target = new Collecting();
    const ending = new Error("enough");
    const breath = { isDue: () => true, take: () => Promise.reject(ending) };
    await expect(copyEntries(new LendingSource(numbered(1000, 1)), target, breath)).rejects.toBe(ending);
    expect(target.entries).toHaveLength(256);
  });

  test("ends at an entry that the target cannot hold, which is named whatever the source lends next", async () => {
    const source = new LendingSource([
      ["a", "1"],
      ["b\x00", ""],
      ["c", "1"],
    ]);
    const target = new Collecting();
    const error = await copyEntries(source, target, NO_BREATH).catch((reason: unknown) => reason);
    source.next();
    if (!(error instanceof EntryRefusedError)) throw error;
    expect({ code: error.code, message: error.message, key: text(error.key) }).toEqual({
      code: "VALUE_EMPTY",
      message: "a key of 2 bytes with a value of 0 bytes does not fit into the format plain: value cannot be empty",
      key: "b\x00",
    });
    expect(target.entries).toHaveLength(1);
  });

  test("leaves every other error as it is", async () => {
    const full = new LsmError("IO_ERROR", "no space");
    const target: EntryTarget = {
      format: "plain",
      put() {
        throw full;
      },
    };
    await expect(copyEntries(new LendingSource(numbered(1, 1)), target, NO_BREATH)).rejects.toBe(full);
  });
});
