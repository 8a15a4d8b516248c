import { describe, expect, test } from "vitest";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import { type LogBatch, newLogBatch } from "../../src/wal/log-batch.ts";
import { NativeBatch } from "../../src/wal/native-batch.ts";
import { Wal } from "../../src/wal/wal.ts";
import {
  addNativeBatch,
  bytesOf,
  HEADER,
  nativeEntries,
  readNative,
  recordOf,
  writtenLog,
} from "../support/native-log.ts";
import { LOG_PATH } from "../support/wal-notation.ts";

const HEADER_HEX: string =
  "896d6c736d0d0a1a" + "00010300" + "0102030405060708090a0b0c0d0e0f10" + "0000000000000001" + "b6b56e52";

/** A put of the key a with this value, as a body with timestamp 1. */
function bodyOf(value: Uint8Array): Buffer {
  const lengths = Buffer.alloc(4);
  lengths.writeUInt32BE(value.length);
  return Buffer.concat([Buffer.from("0000000000000001" + "00" + "00000001" + "61", "hex"), lengths, value]);
}

function create(fs: MemoryFileSystem): Wal {
  return Wal.create(fs, LOG_PATH, HEADER);
}

/** A batch with timestamp 1 that puts these values under the key a. */
function batchOf(...values: Uint8Array[]): NativeBatch {
  const batch = new NativeBatch();
  for (const value of values) {
    batch.begin(1);
    batch.put(Buffer.from("a"), 0, 1, value, 0, value.length);
    batch.end();
  }
  return batch;
}

/** The bytes of a log into which the batch was appended. */
function logWith(batch: LogBatch): Buffer {
  const fs = new MemoryFileSystem();
  const wal = create(fs);
  wal.append(batch);
  wal.close();
  return bytesOf(fs);
}

describe("native records", () => {
  test("have the documented bytes", () => {
    const { bytes } = writtenLog(["a=1 b= -c d..g", "sync", "=x"]);
    const first = [
      "00000032" + "0000000000000028" + "0000000000000000" + "0000000000000001",
      "00" + "00000001" + "61" + "00000001" + "31",
      "00" + "00000001" + "62" + "00000000",
      "01" + "00000001" + "63" + "00000000",
      "02" + "00000001" + "64" + "00000001" + "67",
      "8d9e0bfa",
    ];
    const second = [
      "00000012" + "0000000000000072" + "0000000000000072" + "0000000000000002",
      "00" + "00000000" + "00000001" + "78",
      "ab0e2e5a",
    ];
    expect(bytes.toString("hex")).toBe(HEADER_HEX + first.join("") + second.join(""));
  });

  test("of one append are those of appends one by one, and one write", () => {
    const fs = new MemoryFileSystem();
    const wal = create(fs);
    let writes = 0;
    fs.beforeCall = ({ operation }) => {
      if (operation === "append") writes++;
      return undefined;
    };
    const batch = newLogBatch("native");
    for (const [index, text] of ["a=1", "b=2 c=3", "x..z"].entries())
      addNativeBatch(batch, index + 1, nativeEntries(text));
    wal.append(batch);
    expect(writes).toBe(1);
    expect(wal.sizeBytes).toBe(HEADER.length + batch.length);
    expect(bytesOf(fs)).toEqual(writtenLog(["a=1", "b=2 c=3", "x..z"]).bytes);
  });

  test("may be appended once more, to where the log ends by then", () => {
    const fs = new MemoryFileSystem();
    const wal = create(fs);
    const batch = newLogBatch("native");
    addNativeBatch(batch, 1, nativeEntries("a=1"));
    wal.append(batch);
    wal.sync();
    wal.append(batch);
    expect(readNative(bytesOf(fs)).shown).toBe("a@1=1 a@1=1");
  });

  test("are dropped by the next begin when their batch was not ended", () => {
    const batch = newLogBatch("native");
    addNativeBatch(batch, 1, nativeEntries("a=1"));
    const { length } = batch;
    const large = Buffer.alloc(100_000, 1);
    batch.begin(2);
    batch.put(large, 0, 1, large, 0, large.length);
    expect(batch.length).toBe(length);
    addNativeBatch(batch, 2, nativeEntries("b=2"));
    expect(logWith(batch)).toEqual(writtenLog(["a=1", "b=2"]).bytes);
  });

  test("are not written for a batch without entries", () => {
    const batch = newLogBatch("native");
    addNativeBatch(batch, 1, nativeEntries(""));
    expect(batch.length).toBe(0);
    expect(logWith(batch)).toEqual(Buffer.from(HEADER));
  });

  test("take ranges of the caller's buffers", () => {
    const bytes = Buffer.from("-key-value-");
    const batch = newLogBatch("native");
    batch.begin(1);
    batch.put(bytes, 1, 4, bytes, 5, 10);
    batch.delete(bytes, 0, 1);
    batch.end();
    expect(logWith(batch)).toEqual(writtenLog(["key=value --"]).bytes);
  });
});

describe("a long value", () => {
  test.each([[65_535], [65_536], [65_537], [200_000, 1, 65_537, 0, 70_000], [0, 1_000_000]])(
    "(%i bytes and others) has the bytes that a copy would have",
    (...lengths) => {
      const values = lengths.map((length, index) => Buffer.alloc(length, index + 1));
      const expected: Buffer[] = [Buffer.from(HEADER)];
      let size = HEADER.length;
      for (const value of values) {
        const record = recordOf(size, 0, bodyOf(value));
        expected.push(record);
        size += record.length;
      }
      const batch = batchOf(...values);
      expect(batch.length).toBe(size - HEADER.length);
      expect(logWith(batch).equals(Buffer.concat(expected))).toBe(true);
    },
  );

  test("may stand among others in one batch", () => {
    const long = "v".repeat(70_000);
    const text = `a=1 b=${long} c=3 -d e=${long} f=`;
    const batch = newLogBatch("native");
    addNativeBatch(batch, 1, nativeEntries(text));
    addNativeBatch(batch, 2, nativeEntries(`g=${long}`));
    const { shown, contents } = readNative(logWith(batch));
    expect(shown === `a@1=1 b@1=${long} c@1=3 -d@1 e@1=${long} f@1= g@2=${long}`).toBe(true);
    expect(contents).toMatchObject({ records: 2, entries: 7, tornBytes: 0 });
  });

  test("is lent and not copied, until the batch is cleared", () => {
    const value = Buffer.alloc(70_000, 1);
    const batch = batchOf(value);
    value.fill(2);
    expect(readNative(logWith(batch)).shown).toBe(`a@1=${"\u0002".repeat(70_000)}`);

    batch.clear();
    expect(batch.length).toBe(0);
    addNativeBatch(batch, 1, nativeEntries("a=1"));
    expect(logWith(batch)).toEqual(writtenLog(["a=1"]).bytes);
  });

  test.each([0, 1, 40, 60, 65_000, 130_000])(
    "whose append fails %i bytes into one of its writes is cut off again",
    (shortWriteBytes) => {
      for (let failing = 1; failing <= 3; failing++) {
        const fs = new MemoryFileSystem();
        const wal = create(fs);
        wal.append(batchOf(Buffer.from("1")));
        const sizeBefore = wal.sizeBytes;
        let writes = 0;
        fs.beforeCall = ({ operation }) =>
          operation === "append" && ++writes === failing ? { shortWriteBytes } : undefined;
        const fails = shortWriteBytes < [38, 130_001, 47][failing - 1]!;
        const append = (): void => wal.append(batchOf(Buffer.alloc(130_001), Buffer.from("2")));
        if (fails) expect(append).toThrow(expect.objectContaining({ systemCode: "ENOSPC" }));
        else append();
        fs.beforeCall = undefined;
        expect(wal.sizeBytes === sizeBefore, `write ${failing}`).toBe(fails);
        wal.append(batchOf(Buffer.from("3")));
        const { shown, contents } = readNative(bytesOf(fs));
        expect(contents.tornBytes).toBe(0);
        expect(shown.replace(/\0+/, "long")).toBe(fails ? "a@1=1 a@1=3" : "a@1=1 a@1=long a@1=2 a@1=3");
      }
    },
  );
});

describe("the limits of native", () => {
  const bytes = Buffer.alloc(65_537);
  const range = (length: number): Buffer => bytes.subarray(0, length);

  test("let keys and values be empty, keys have 65 535 bytes, and bounds of ranges one more", () => {
    const batch = newLogBatch("native");
    batch.begin(Number.MAX_SAFE_INTEGER);
    batch.put(bytes, 0, 0, bytes, 0, 0);
    batch.delete(bytes, 0, 0);
    batch.put(bytes, 0, 65_535, bytes, 0, 1);
    batch.delete(bytes, 0, 65_535);
    batch.deleteRange(range(65_536), range(65_536));
    batch.deleteRange(range(0), range(0));
    batch.end();
    const { contents } = readNative(logWith(batch));
    expect(contents).toMatchObject({ entries: 6, lastTimestamp: Number.MAX_SAFE_INTEGER, warning: undefined });
  });

  test.each<readonly [string, (batch: LogBatch) => void]>([
    ["a longer key", (batch) => batch.put(bytes, 0, 65_536, bytes, 0, 0)],
    ["a longer key of a delete", (batch) => batch.delete(bytes, 0, 65_536)],
    ["a longer first bound", (batch) => batch.deleteRange(range(65_537), range(1))],
    ["a longer second bound", (batch) => batch.deleteRange(range(0), range(65_537))],
  ])("refuse %s and go on without it", (_, add) => {
    const batch = newLogBatch("native");
    batch.begin(1);
    batch.put(Buffer.from("a"), 0, 1, Buffer.from("1"), 0, 1);
    expect(() => add(batch)).toThrow(expect.objectContaining({ code: "KEY_TOO_LARGE" }));
    batch.end();
    expect(logWith(batch)).toEqual(writtenLog(["a=1"]).bytes);
  });

  test("are 1 GiB for a value, and 2 GiB for all that is appended at once", () => {
    const huge = new Uint8Array(2 ** 30 + 1);
    const batch = newLogBatch("native");
    batch.begin(1);
    expect(() => batch.put(huge, 0, 0, huge, 0, 2 ** 30 + 1)).toThrow(
      expect.objectContaining({ code: "VALUE_TOO_LARGE" }),
    );
    batch.put(huge, 0, 0, huge, 0, 2 ** 30);
    batch.end();
    batch.begin(2);
    expect(() => batch.put(huge, 0, 0, huge, 0, 2 ** 30)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
    batch.put(huge, 0, 0, huge, 0, 2 ** 30 - 200);
    batch.end();
    expect(batch.length).toBeLessThan(2 ** 31);
    expect(batch.length).toBeGreaterThan(2 ** 31 - 200);
  });
});
