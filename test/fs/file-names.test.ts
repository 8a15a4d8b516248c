import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { logFileName, parseFileName, tableFileName, temporaryFileName } from "../../src/fs/file-names.ts";

describe("file names", () => {
  test.each([
    ["MANIFEST", { kind: "manifest" }],
    ["LOCK", { kind: "lock" }],
    ["00000.sst", { kind: "table", id: 0 }],
    ["00007.sst", { kind: "table", id: 7 }],
    ["00007.wal", { kind: "log", id: 7 }],
    ["99999.wal", { kind: "log", id: 99_999 }],
    ["123456.sst", { kind: "table", id: 123_456 }],
    ["9007199254740991.sst", { kind: "table", id: Number.MAX_SAFE_INTEGER }],
    ["MANIFEST.tmp", { kind: "temporary" }],
    ["00007.sst.tmp", { kind: "temporary" }],
    ["LOCK.3f9a.tmp", { kind: "temporary" }],
    ["LOCK.3f9a.claim.tmp", { kind: "temporary" }],
  ])("%s is ours", (name, expected) => {
    expect(parseFileName(name)).toEqual(expected);
  });

  test.each([
    "7.sst",
    "000007.sst",
    "0123456.wal",
    "9007199254740992.sst",
    "99999999999999999999.sst",
    "+0007.sst",
    "-0007.sst",
    "1e400.sst",
    "1e003.sst",
    "0x001.sst",
    "00 07.sst",
    "0007\u0667.sst",
    "00007.SST",
    ".sst",
    "Infinity.sst",
    "00007.sst.bak",
    "00007",
    "manifest",
    "MANIFEST~",
    "LOCKS",
    "notes.tmp",
    "7.sst.tmp",
    "MANIFEST.tmp.tmp",
    ".tmp",
    "",
  ])("%j is foreign", (name) => {
    expect(parseFileName(name)).toEqual({ kind: "foreign" });
  });

  test("every id has one name per kind, and the name gives the id back", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (id) => {
        expect(parseFileName(tableFileName(id))).toEqual({ kind: "table", id });
        expect(parseFileName(logFileName(id))).toEqual({ kind: "log", id });
        expect(parseFileName(temporaryFileName(tableFileName(id)))).toEqual({ kind: "temporary" });
      }),
    );
  });
});
