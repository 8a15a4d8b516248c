import fc from "fast-check";
import { expect, test } from "vitest";
import { writeU32, writeU64 } from "../../src/codec/byte-writer.ts";
import { findNativeRecord } from "../../src/wal/find-native-record.ts";
import { headerChecksum } from "../../src/wal/native-record.ts";
import { HEADER, recordOf, SYNC, writtenLog } from "../support/native-log.ts";

const CHECKSUM = headerChecksum(HEADER);
const BODY = Buffer.from(`0000000000000001${"00"}00000001${"61"}00000000`, "hex");

test("a search finds a record at whatever byte it starts, and only from where it is asked to", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.uint8Array({ maxLength: 40 }), (before, after) => {
      const bytes = Buffer.concat([before, recordOf(before.length, 0, BODY), after]);
      for (let from = 0; from <= before.length; from++) {
        expect(findNativeRecord(bytes, from, CHECKSUM, -1)).toBe(before.length);
      }
      expect(findNativeRecord(bytes, before.length + 1, CHECKSUM, -1)).toBeUndefined();
    }),
  );
});

test("a search finds the first record that knows more to be durable than asked", () => {
  const { bytes, starts } = writtenLog(["a=1", SYNC, "b=2", "c=3", SYNC, "d=4"]);
  const found = (syncedAbove: number): number | undefined => findNativeRecord(bytes, 0, CHECKSUM, syncedAbove);
  expect(found(-1)).toBe(starts[0]);
  expect(found(0)).toBe(starts[1]);
  expect(found(starts[1]! - 1)).toBe(starts[1]);
  expect(found(starts[1]!)).toBe(starts[3]);
  expect(found(starts[3]!)).toBeUndefined();
});

test("a search finds nothing in what is no record", () => {
  const record = recordOf(40, 0, BODY);
  const at40 = (bytes: Uint8Array): Buffer => Buffer.concat([Buffer.alloc(40), bytes]);
  expect(findNativeRecord(at40(record), 0, CHECKSUM, -1)).toBe(40);
  expect(findNativeRecord(at40(record.subarray(0, -1)), 0, CHECKSUM, -1)).toBeUndefined();
  expect(findNativeRecord(at40(record), 0, CHECKSUM ^ 1, -1)).toBeUndefined();
  expect(findNativeRecord(record, 0, CHECKSUM, -1)).toBeUndefined();
  expect(findNativeRecord(Buffer.alloc(1000), 0, CHECKSUM, -1)).toBeUndefined();
});

test("a search ends soon among a hundred thousand heads of records that reach to the end", () => {
  const bytes = new Uint8Array(2_400_000);
  // Checking each of them byte by byte would take 120 GB.
  for (let at = 24; at + 24 <= bytes.length; at += 24) {
    writeU32(bytes, at, bytes.length - at - 24);
    writeU64(bytes, at + 4, at);
    writeU64(bytes, at + 12, at - 1);
  }
  expect(findNativeRecord(bytes, 0, CHECKSUM, 0)).toBeUndefined();
  bytes.set(recordOf(2_000_000, 1_999_999, BODY), 2_000_000);
  expect(findNativeRecord(bytes, 0, CHECKSUM, 0)).toBe(2_000_000);
});
