import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findRecord } from "../../src/wal/find-record.ts";
import { isRecordAt } from "../../src/wal/wal-record.ts";
import { walBytes } from "../support/wal-notation.ts";

describe.each(["plain", "mvcc"] as const)("a search for a %s record", (format) => {
  test("finds it at whatever byte it starts, and only in the range asked for", () => {
    const record = walBytes(format, "key=value");
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.uint8Array({ maxLength: 40 }), (before, after) => {
        const bytes = Buffer.concat([before, record, after]);
        const found = findRecord(format, bytes, 0, bytes.length);
        expect(found).toBeLessThanOrEqual(before.length);
        expect(found === undefined || isRecordAt(format, bytes, found)).toBe(true);
        expect(findRecord(format, bytes, 0, before.length)).toBe(found === before.length ? undefined : found);
        expect(findRecord(format, bytes, before.length, bytes.length)).toBe(before.length);
      }),
    );
  });

  test("finds nothing in what is no record", () => {
    const record = walBytes(format, "key=value");
    expect(findRecord(format, record.subarray(0, -1), 0, record.length - 1)).toBeUndefined();
    expect(findRecord(format, record, 1, record.length)).toBeUndefined();
    expect(findRecord(format, Buffer.alloc(1000), 0, 1000)).toBeUndefined();
    expect(findRecord(format, record, 5, 5)).toBeUndefined();
  });
});
