import { describe, expect, test } from "vitest";
import { TextBuffer } from "../../../src/cli/answers/text-buffer.ts";
import { NumberedEntry } from "../../../src/cli/commands/numbered-entry.ts";
import { didYouMean, editDistance } from "../../../src/cli/language/did-you-mean.ts";
import { answersTo } from "../harness.ts";

function byteString(bytes: Uint8Array): string {
  return Buffer.from(new TextBuffer().byteString(bytes, 0, bytes.length).take()).toString();
}

describe("byte strings", () => {
  test("show every byte as Rust's Bytes does", () => {
    const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const printable = String.fromCharCode(...all.subarray(0x20, 0x7f)).replace(/["\\]/g, "\\$&");
    const hex = (low: number, high: number) =>
      Array.from(all.subarray(low, high + 1), (byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");
    expect(byteString(all)).toBe(
      `b"\\0${hex(1, 8)}\\t\\n${hex(11, 12)}\\r${hex(14, 31)}${printable}${hex(0x7f, 0xff)}"`,
    );
  });

  test("take only the part they are given", () => {
    const text = new TextBuffer().byteString(Buffer.from("abcd"), 1, 3);
    expect(Buffer.from(text.take()).toString()).toBe('b"bc"');
  });

  test("may be larger than the buffer", () => {
    expect(byteString(new Uint8Array(200_000).fill(1))).toBe(`b"${"\\x01".repeat(200_000)}"`);
  });

  test("follow text that is larger than the buffer", () => {
    const text = new TextBuffer().text("é".repeat(200_000)).byteString(Buffer.from("a"), 0, 1);
    expect(Buffer.from(text.take()).toString()).toBe(`${"é".repeat(200_000)}b"a"`);
  });

  test("are gone once taken", () => {
    const text = new TextBuffer().text("a");
    text.take();
    expect(text.length).toBe(0);
  });
});

describe("numbered entries", () => {
  test.each([0n, 8n, 98n, 9_999_998n, 2n ** 53n - 3n, 18446744073709551610n])("count on from %s", (first) => {
    const entry = new NumberedEntry(first, 12);
    for (let number = first; number < first + 5n; number += 1n) {
      const shown = [entry.key, entry.value].map((bytes) => Buffer.from(bytes).toString());
      expect(shown).toEqual([`${number}`, `value${number}@12`]);
      entry.increment();
    }
  });
});

describe("did you mean", () => {
  test.each([
    ["", "abc", 3],
    ["kitten", "sitting", 3],
    ["gte", "get", 1],
    ["scan", "scan", 0],
  ])("from %j to %j it takes some edits", (from, to, distance) => {
    expect(editDistance(from, to)).toBe(distance);
    expect(editDistance(to, from)).toBe(distance);
  });

  test("offers the nearest, or nothing when all are far", () => {
    expect(didYouMean("delete", ["get", "del", "scan"])).toBe("del");
    expect(didYouMean("quitting", ["timing", "quit"])).toBe("quit");
    expect(didYouMean("full", ["fill", "full_compaction"])).toBe("full_compaction");
    expect(didYouMean("xyzzy", ["get", "del", "scan"])).toBeUndefined();
  });
});

describe("help", () => {
  test("names every command with its arguments", async () => {
    const help = await answersTo("help");
    for (const line of [
      "fill START END",
      "scan [FROM TO] [at NAME] [OPTION…]",
      "explain get|scan …",
      "timing [on|off]",
      "watch SECONDS COMMAND…",
      "begin [serializable]",
      "full_compaction",
      "help [COMMAND]",
    ]) {
      expect(help).toContain(`\n${line}  `.trimStart());
    }
  });

  test("of one command shows its form, its options and an example", async () => {
    expect(await answersTo("help scan")).toBe(
      [
        "scan [FROM TO] [at NAME] [OPTION…]",
        "  show every entry, or those with keys from FROM to TO",
        "  --limit N   at most N entries",
        "  --reverse   from the last key to the first",
        "  --prefix P  only keys that begin with P",
        "  --keys      the keys alone",
        "  --hex       every byte as two hexadecimal digits",
        "  --at NAME   as the snapshot NAME has it, the same as at NAME",
        "  example: scan 100 199 --reverse --limit 10",
        "",
      ].join("\n"),
    );
  });
});
