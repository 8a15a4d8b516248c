import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { crc32 } from "../../src/codec/crc32.ts";
import type { DatabaseFormat } from "../../src/options.ts";
import { readWal } from "../../src/wal/read-wal.ts";
import { WalBatch } from "../../src/wal/wal-record.ts";
import { addBatch, LOG_PATH, logOf, readLog, walBytes } from "../support/wal-notation.ts";

const PUT_HEX = "00036b6579000576616c7565e5432f23";
const DELETE_HEX = "00036b65790000a2c2bf62";
const FRAME_HEX = `0000001b${"000161000000000000000200"}0131${"0001620000000000000002"}00009868e81a`;

describe("log records", () => {
  test.each([
    ["a put in plain", "plain", "key=value", PUT_HEX],
    ["a delete in plain", "plain", "key=", DELETE_HEX],
    ["a batch in plain, record by record", "plain", "key=value key=", PUT_HEX + DELETE_HEX],
  ] as const)("%s has the reference's bytes", (_, format, batch, hex) => {
    expect(walBytes(format, batch).toString("hex")).toBe(hex);
  });

  test("a batch in mvcc has the reference's bytes", () => {
    const batch = new WalBatch("mvcc");
    addBatch(batch, 2, "a=1 b=");
    expect(Buffer.from(batch.bytes.subarray(0, batch.length)).toString("hex")).toBe(FRAME_HEX);
  });

  test("the checksum of a plain record covers all bytes before it", () => {
    const bytes = walBytes("plain", "key=value");
    expect(bytes.readUInt32BE(bytes.length - 4)).toBe(crc32(bytes, 0, bytes.length - 4));
  });

  test("the checksum of a frame covers its entries and not its length", () => {
    const bytes = walBytes("mvcc", "key=value other=");
    expect(bytes.readUInt32BE(bytes.length - 4)).toBe(crc32(bytes, 4, bytes.length - 4));
  });
});

describe.each(["plain", "mvcc"] as const)("a %s batch", (format) => {
  const one = Buffer.from("1");

  test("stands behind the ones before it, as if they had been encoded apart", () => {
    const apart = Buffer.concat([walBytes(format, "a=1"), walBytes(format, "", "b=2 c=")]);
    expect(walBytes(format, "a=1", "b=2 c=")).toEqual(apart);
  });

  test("without entries has no bytes", () => {
    expect(walBytes(format, "", "").length).toBe(0);
  });

  test("counts once it is ended, and is dropped by the next begin otherwise", () => {
    const batch = new WalBatch(format);
    addBatch(batch, 1, "a=1");
    const length = batch.length;
    batch.begin(2);
    batch.put(one, 0, 1, one, 0, 1);
    expect(batch.length).toBe(length);
    addBatch(batch, 2, "b=2");
    expect(Buffer.from(batch.bytes.subarray(0, batch.length))).toEqual(walBytes(format, "a=1", "b=2"));
  });

  test("takes ranges of the caller's buffers", () => {
    const bytes = Buffer.from("-key-value-");
    const batch = new WalBatch(format);
    batch.begin(1);
    batch.put(bytes, 1, 4, bytes, 5, 10);
    batch.delete(bytes, 0, 1);
    batch.end();
    expect(Buffer.from(batch.bytes.subarray(0, batch.length))).toEqual(walBytes(format, "key=value -="));
  });

  test("keeps its memory over a clear, but not the memory of a rare large one", () => {
    const batch = new WalBatch(format);
    addBatch(batch, 1, "a=1");
    const buffer = batch.bytes;
    batch.clear();
    expect(batch.length).toBe(0);
    expect(batch.bytes).toBe(buffer);

    const value = Buffer.alloc(60_000, 1);
    batch.begin(1);
    for (let count = 0; count < 40; count++) batch.put(one, 0, 1, value, 0, value.length);
    batch.end();
    expect(batch.length).toBeGreaterThan(40 * 60_000);
    batch.clear();
    expect(batch.bytes.length).toBeLessThan(60_000);
  });

  test("comes back whole with the longest key and the longest value, and past 64 KiB", () => {
    const long = Buffer.alloc(65_535, "k");
    const batch = new WalBatch(format);
    batch.begin(Number.MAX_SAFE_INTEGER);
    batch.put(long, 0, long.length, one, 0, 1);
    batch.put(one, 0, 1, long, 0, long.length);
    batch.delete(long, 0, long.length);
    batch.end();
    const { shown, contents } = readLog(batch.bytes.slice(0, batch.length), undefined, "strict");
    const at = format === "plain" ? "" : `@${Number.MAX_SAFE_INTEGER}`;
    expect(shown === `${long}${at}=1 1${at}=${long} ${long}${at}=`).toBe(true);
    expect(contents).toMatchObject({ format, entries: 3, tornBytes: 0 });
  });

  test("has no range deletes", () => {
    const batch = new WalBatch(format);
    batch.begin(1);
    expect(() => batch.deleteRange(one, Buffer.from("2"))).toThrow("no range deletes");
  });

  test.each([
    ["KEY_EMPTY", 0, 1],
    ["KEY_TOO_LARGE", 65_536, 1],
    ["VALUE_TOO_LARGE", 1, 65_536],
    ["VALUE_EMPTY", 1, 0],
  ])("refuses with %s a key of %i bytes and a value of %i, and goes on without it", (code, keyLength, valueLength) => {
    const bytes = Buffer.alloc(65_536);
    const batch = new WalBatch(format);
    batch.begin(1);
    batch.put(Buffer.from("a"), 0, 1, one, 0, 1);
    expect(() => batch.put(bytes, 0, keyLength, bytes, 0, valueLength)).toThrow(expect.objectContaining({ code }));
    if (keyLength !== 1) {
      expect(() => batch.delete(bytes, 0, keyLength)).toThrow(expect.objectContaining({ code }));
    }
    batch.end();
    expect(Buffer.from(batch.bytes.subarray(0, batch.length))).toEqual(walBytes(format, "a=1"));
  });
});

const golden = new URL("../../../shared/golden/db/", import.meta.url);
const goldenLogs = existsSync(golden)
  ? readdirSync(golden, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".wal"))
  : [];

describe.skipIf(goldenLogs.length === 0)("logs the reference wrote", () => {
  test.each(goldenLogs)("%s is written back byte for byte", (name) => {
    const format: DatabaseFormat = name.startsWith("mvcc") ? "mvcc" : "plain";
    const bytes = readFileSync(new URL(name, golden));
    const again = new WalBatch(format);
    let open: number | undefined;
    const fs = logOf(bytes);
    const contents = readWal(fs, LOG_PATH, undefined, "tail", (timestamp, kind, key, from, to, value, start, end) => {
      // Frames of the reference have timestamps of their own.
      if (open !== timestamp) {
        if (open !== undefined) again.end();
        again.begin(timestamp);
        open = timestamp;
      }
      if (kind === 1) again.delete(key, from, to);
      else again.put(key, from, to, value, start, end);
    });
    if (open !== undefined) again.end();

    expect(contents.format).toBe(bytes.length === 0 ? undefined : format);
    expect(contents.validBytes < bytes.length).toBe(/wal-(torn|corrupt)/.test(name));
    expect(contents.records > 0).toBe(bytes.length > 0);
    expect(Buffer.from(again.bytes.subarray(0, again.length))).toEqual(bytes.subarray(0, contents.validBytes));
  });
});
