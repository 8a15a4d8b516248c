import { describe, expect, test } from "vitest";
import { writeU16, writeU32 } from "../../src/codec/byte-writer.ts";
import { crc32 } from "../../src/codec/crc32.ts";
import {
  checkNativeHeader,
  decodeNativeHeader,
  encodeNativeHeader,
  hasNativeMagic,
  NATIVE_FILE_KIND,
  type NativeFile,
  SIZE_DATABASE_ID,
  SIZE_NATIVE_HEADER,
} from "../../src/codec/native-header.ts";
import { CorruptionError } from "../../src/errors.ts";

const TABLE: NativeFile = {
  kind: NATIVE_FILE_KIND.table,
  databaseId: Uint8Array.from({ length: SIZE_DATABASE_ID }, (_, index) => index),
  fileId: 2 ** 40 + 7,
};

/** The header with one version number instead of its own, and a right checksum. */
function withVersion(version: number): Uint8Array {
  const bytes = encodeNativeHeader(TABLE);
  writeU16(bytes, 8, version);
  writeU32(bytes, SIZE_NATIVE_HEADER - 4, crc32(bytes, 0, SIZE_NATIVE_HEADER - 4));
  return bytes;
}

describe("the header of a native file", () => {
  test("comes back as it was written", () => {
    const bytes = encodeNativeHeader(TABLE);
    expect(bytes.length).toBe(SIZE_NATIVE_HEADER);
    expect(hasNativeMagic(bytes)).toBe(true);
    expect(decodeNativeHeader(bytes, "f")).toEqual(TABLE);
    checkNativeHeader(bytes, "f", TABLE);
  });
  test("is damaged wherever a bit is flipped", () => {
    for (let bit = 0; bit < SIZE_NATIVE_HEADER * 8; bit++) {
      const bytes = encodeNativeHeader(TABLE);
      bytes[bit >>> 3] = (bytes[bit >>> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => decodeNativeHeader(bytes, "f")).toThrow(CorruptionError);
    }
  });
  test("is damaged when it ends early", () => {
    const bytes = encodeNativeHeader(TABLE);
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeNativeHeader(bytes.subarray(0, length), "f")).toThrow(CorruptionError);
    }
  });
  test("of a later version is refused with the remedy", () => {
    expect(() => decodeNativeHeader(withVersion(2), "f")).toThrow(
      expect.objectContaining({ code: "UNSUPPORTED", message: expect.stringContaining("newer") }),
    );
    expect(() => decodeNativeHeader(withVersion(0), "f")).toThrow(CorruptionError);
  });
  test.each([
    ["kind", { ...TABLE, kind: NATIVE_FILE_KIND.log }, /is a table/],
    ["database", { ...TABLE, databaseId: new Uint8Array(SIZE_DATABASE_ID) }, /another database/],
    ["file id", { ...TABLE, fileId: 8 }, /table 1099511627783, not 8/],
  ])("of another %s is refused", (_, expected, message) => {
    expect(() => checkNativeHeader(encodeNativeHeader(TABLE), "f", expected)).toThrow(message);
  });
});
