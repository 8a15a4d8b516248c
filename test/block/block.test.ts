import { describe, expect, test } from "vitest";
import { decodeBlock } from "../../src/block/block-format.ts";
import { CorruptionError } from "../../src/errors.ts";
import type { DatabaseFormat } from "../../src/options.ts";

/** Decodes hexadecimal bytes, spaces ignored, as a block that starts at byte 1000 of its file. */
function decode(format: DatabaseFormat, hex: string): { readonly count: number } | string {
  try {
    return {
      count: decodeBlock(new Uint8Array(Buffer.from(hex.replaceAll(" ", ""), "hex")), format, "t.sst", 1000).count,
    };
  } catch (error) {
    if (!(error instanceof CorruptionError)) throw error;
    expect(error.file).toBe("t.sst");
    return `${error.offset}`;
  }
}

describe("block decoding", () => {
  test.each<[string, DatabaseFormat, string, number]>([
    ["one entry", "plain", "0000 0001 61 0001 31 | 0000 | 0001", 1],
    ["an entry that repeats the first key", "plain", "0000 0001 61 0000 0001 0000 0000 | 0000 0007 | 0002", 2],
    ["an entry with a timestamp", "mvcc", "0000 0001 61 0000000000000001 0001 31 | 0000 | 0001", 1],
    ["the largest timestamp", "mvcc", "0000 0001 61 001fffffffffffff 0000 | 0000 | 0001", 1],
    ["a put with its kind", "native", "0000 0001 61 00 00000000000001 00000001 31 | 0000 | 0001", 1],
    ["a put of nothing", "native", "0000 0001 61 00 1fffffffffffff 00000000 | 0000 | 0001", 1],
    ["a delete", "native", "0000 0001 61 01 1fffffffffffff 00000000 | 0000 | 0001", 1],
    ["an empty key", "native", "0000 0000 01 00000000000001 00000000 | 0000 | 0001", 1],
  ])("accepts %s", (_, format, hex, count) => {
    expect(decode(format, hex.replaceAll("|", ""))).toEqual({ count });
  });

  test.each<[string, DatabaseFormat, string, number]>([
    ["no bytes", "plain", "", 1000],
    ["one byte", "plain", "00", 1000],
    ["no entries", "plain", "0000", 1000],
    ["more offsets than bytes", "plain", "0000 0002", 1002],
    ["a first offset that is not 0", "plain", "0000 0001 61 0001 31 | 0001 | 0001", 1008],
    ["no data before the offsets", "plain", "0000 | 0001", 1000],
    ["offsets that do not rise", "plain", "0000 0001 61 0000 0000 0001 62 0000 | 0000 0000 | 0002", 1016],
    ["an offset behind the data", "plain", "0000 0001 61 0000 0000 0001 62 0000 | 0000 00ff | 0002", 1016],
    ["an entry shorter than its fields", "plain", "0000 0001 61 0000 0000 00 | 0000 0007 | 0002", 1007],
    ["a first entry that shares", "plain", "0001 0001 61 0001 31 | 0000 | 0001", 1000],
    [
      "an entry that shares more than the first key has",
      "plain",
      "0000 0001 61 0000 0002 0000 0000 | 0000 0007 | 0002",
      1007,
    ],
    ["a suffix beyond the data", "plain", "0000 ffff 61 0001 31 | 0000 | 0001", 1000],
    ["a value beyond the data", "plain", "0000 0001 61 0002 31 | 0000 | 0001", 1005],
    ["slack behind the last entry", "plain", "0000 0001 61 0000 31 | 0000 | 0001", 1007],
    ["a gap between entries", "plain", "0000 0001 61 0000 ee 0000 0001 62 0000 | 0000 0008 | 0002", 1017],
    ["an entry without room for its timestamp", "mvcc", "0000 0001 61 0001 31 | 0000 | 0001", 1000],
    ["a timestamp of 2^53", "mvcc", "0000 0001 61 0020000000000000 0000 | 0000 | 0001", 1005],
    ["a timestamp of 2^64-1", "mvcc", "0000 0001 61 ffffffffffffffff 0000 | 0000 | 0001", 1005],
    ["a timestamp of 2^53 beside a kind", "native", "0000 0001 61 0020000000000000 00000000 | 0000 | 0001", 1005],
    ["the kind of a range delete", "native", "0000 0001 61 0200000000000001 00000001 31 | 0000 | 0001", 1005],
    ["the kind 255", "native", "0000 0001 61 ff00000000000001 00000000 | 0000 | 0001", 1005],
    ["a delete with a value", "native", "0000 0001 61 0100000000000001 00000001 31 | 0000 | 0001", 1005],
    ["a value of 4 GiB", "native", "0000 0001 61 0000000000000001 ffffffff 31 | 0000 | 0001", 1013],
    ["an entry without room for its kind", "native", "0000 0001 61 0001 31 | 0000 | 0001", 1000],
  ])("refuses %s, naming the byte", (_, format, hex, offset) => {
    expect(decode(format, hex.replaceAll("|", ""))).toBe(`${offset}`);
  });

  test("refuses a value of more than 65535 bytes that does not stand alone", () => {
    const large = `0000 0001 62 0000000000000001 00010000 ${"31".repeat(65_536)}`;
    expect(decode("native", `${large} | 0000 | 0001`.replaceAll("|", ""))).toEqual({ count: 1 });
    const small = "0000 0001 61 0000000000000001 00000000";
    expect(decode("native", `${small} ${large} | 0000 0011 | 0002`.replaceAll("|", ""))).toBe(`${1000 + 17 + 5}`);
  });
});
