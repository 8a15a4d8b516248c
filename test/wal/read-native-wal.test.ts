import { describe, expect, test } from "vitest";
import { crc32 } from "../../src/codec/crc32.ts";
import { encodeNativeHeader, NATIVE_FILE_KIND } from "../../src/codec/native-header.ts";
import { CorruptionError } from "../../src/errors.ts";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import { ENTRY_KIND } from "../../src/key.ts";
import { nativeLogHeader } from "../../src/wal/native-record.ts";
import { type NativeLog, readNativeWal } from "../../src/wal/read-native-wal.ts";
import { cutWal } from "../../src/wal/read-wal.ts";
import type { CheckedWrite } from "../../src/write/checked-write.ts";
import {
  DATABASE_ID,
  HEADER,
  LOG_ID,
  readNative,
  readNativeInto,
  recordOf,
  SYNC,
  writtenLog,
} from "../support/native-log.ts";
import { LOG_PATH, logOf } from "../support/wal-notation.ts";

/** "a@1=1 | torn at 80" for what was shown and where a torn tail starts; "a@1=1 | damage at 80" for an error. */
function outcome(bytes: Uint8Array, log: Partial<NativeLog> = {}): string {
  const shown: string[] = [];
  try {
    const contents = readNativeInto(shown, bytes, log);
    expect(contents.entries).toBe(shown.length);
    expect(contents.validBytes + contents.tornBytes).toBe(bytes.length);
    expect(contents.format).toBe("native");
    if (contents.tornBytes > 0) expect(contents.warning).toBeDefined();
    return `${shown.join(" ")} | ${contents.tornBytes === 0 ? "whole" : `torn at ${contents.validBytes}`}`;
  } catch (error) {
    if (!(error instanceof CorruptionError)) throw error;
    expect(error.file).toBe(LOG_PATH);
    return `${shown.join(" ")} | damage at ${error.offset}`;
  }
}

function flipped(bytes: Uint8Array, bit: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[bit >> 3]! ^= 1 << (bit & 7);
  return copy;
}

/** What is shown of the first `count` batches. */
function prefix(shown: readonly string[], count: number): string {
  return shown.slice(0, Math.max(count, 0)).join(" ");
}

/** Three records that were never synced. */
const loose = writtenLog(["a=first b=", "-c d..g", "=x"]);
/** The first two were durable when the third was written, the third when the log ended. */
const proved = writtenLog(["a=1", "b=2", SYNC, "c=3", SYNC]);

describe("a native log", () => {
  test("shows its entries in order, batch by batch", () => {
    expect(readNative(loose.bytes)).toEqual({
      shown: "a@1=first b@1= -c@2 d..g@2 @3=x",
      contents: {
        format: "native",
        records: 3,
        entries: 5,
        validBytes: loose.bytes.length,
        tornBytes: 0,
        lastTimestamp: 3,
        warning: undefined,
      },
    });
  });

  test("may be a header, and empty when its header never reached the disk", () => {
    expect(outcome(HEADER)).toBe(" | whole");
    expect(readNative(HEADER.subarray(0, 0))).toMatchObject({ shown: "", contents: { warning: undefined } });
  });

  test("is not changed by reading, and cut and synced by cutWal", () => {
    const fs = logOf(loose.bytes);
    fs.syncDirectory("/");
    fs.beforeCall = ({ operation }) => (["append", "truncate", "sync"].includes(operation) ? "EIO" : undefined);
    const log: NativeLog = { databaseId: DATABASE_ID, id: LOG_ID, syncedBytes: 0, recovery: "strict" };
    readNativeWal(fs, LOG_PATH, log, () => {});
    fs.beforeCall = undefined;
    cutWal(fs, LOG_PATH, loose.starts[2]!);
    expect(readNativeWal(fs.crash("none"), LOG_PATH, log, () => {})).toMatchObject({ records: 2, tornBytes: 0 });
  });
});

describe("a native log of which nothing is known to be durable", () => {
  const { bytes, starts, shown } = loose;
  /** Of the record that a byte belongs to; -1 in the header. */
  const recordAt = (at: number): number => starts.findLastIndex((start) => start <= at);
  const tornAt = (at: number): string => {
    const record = recordAt(at);
    return `${prefix(shown, record)} | torn at ${record < 0 ? 0 : starts[record]}`;
  };

  test.each(["strict", "tail"] as const)("cut at any byte gives its whole records (%s)", (recovery) => {
    for (let cut = 1; cut < bytes.length; cut++) {
      const record = recordAt(cut);
      const expected = starts[record] === cut ? `${prefix(shown, record)} | whole` : tornAt(cut);
      expect(outcome(bytes.subarray(0, cut), { recovery }), `cut at ${cut}`).toBe(expected);
    }
  });

  test("with any bit flipped is torn there, though whole records follow", () => {
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      expect(outcome(flipped(bytes, bit)), `bit ${bit & 7} of byte ${bit >> 3}`).toBe(tornAt(bit >> 3));
    }
  });

  test("with any run of bytes that read as zeros is torn there", () => {
    for (let from = 0; from < bytes.length; from++) {
      for (const length of [1, 7, 40, 512]) {
        const holed = Buffer.from(bytes);
        holed.fill(0, from, Math.min(from + length, bytes.length));
        const first = bytes.findIndex((byte, at) => at >= from && at < from + length && byte !== 0);
        expect(outcome(holed), `${length} zeros at ${from}`).toBe(
          first < 0 ? `${shown.join(" ")} | whole` : tornAt(first),
        );
      }
    }
  });

  test("tells in its warning what the torn tail was, where, and how long", () => {
    const { contents } = readNative(bytes.subarray(0, bytes.length - 2));
    expect(contents.warning).toBe(
      `ignoring incomplete WAL record at byte offset ${starts[2]} of ${LOG_PATH}: ${bytes.length - 2 - starts[2]!} bytes up to the end of the file, none of them known to be durable`,
    );
    expect(readNative(flipped(bytes, 3)).contents.warning).toContain("incomplete WAL header at byte offset 0");
  });
});

describe("a native log with durable records", () => {
  const { bytes, starts, shown, durableBytes } = proved;
  const flawAt = (at: number): string => {
    const record = starts.findLastIndex((start) => start <= at);
    return `${prefix(shown, record)} | damage at ${record < 0 ? 0 : starts[record]}`;
  };

  test("with any bit flipped is damaged there when a later record was written after a sync", () => {
    for (let bit = 0; bit < starts[2]! * 8; bit++) {
      expect(outcome(flipped(bytes, bit)), `bit ${bit & 7} of byte ${bit >> 3}`).toBe(flawAt(bit >> 3));
    }
  });

  test("with any bit flipped is damaged there when the manifest knows them to be durable", () => {
    expect(durableBytes).toBe(bytes.length);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const outcomeThen = outcome(flipped(bytes, bit), { syncedBytes: durableBytes });
      expect(outcomeThen, `bit ${bit & 7} of byte ${bit >> 3}`).toBe(flawAt(bit >> 3));
    }
  });

  test("is torn in its last record as long as nobody knows that one to be durable", () => {
    for (let bit = starts[2]! * 8; bit < bytes.length * 8; bit++) {
      const expected = `${prefix(shown, 2)} | torn at ${starts[2]}`;
      expect(outcome(flipped(bytes, bit), { syncedBytes: starts[2]! })).toBe(expected);
    }
  });

  test("is damaged when its end is gone, be it between two records or all of it", () => {
    for (let cut = 0; cut < bytes.length; cut++) {
      const record = starts.findLastIndex((start) => start <= cut);
      const expected = `${prefix(shown, record)} | damage at ${record < 0 ? 0 : starts[record]}`;
      expect(outcome(bytes.subarray(0, cut), { syncedBytes: durableBytes }), `cut at ${cut}`).toBe(expected);
    }
    expect(outcome(bytes.subarray(0, starts[1]), { syncedBytes: starts[1]! })).toBe("a@1=1 | whole");
  });

  test("opens with tail recovery up to the damage", () => {
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const expected = flawAt(bit >> 3).replace("damage", "torn");
      expect(outcome(flipped(bytes, bit), { syncedBytes: durableBytes, recovery: "tail" })).toBe(expected);
    }
  });

  test("tells what tail recovery dropped, and by what it knows that this is damage", () => {
    const tail = { recovery: "tail" } as const;
    const dropped = (from: number): string => `dropped ${bytes.length - from} bytes up to the end of the file`;
    const harmed = flipped(bytes, starts[0]! * 8);
    expect(readNative(harmed, tail).contents.warning).toBe(
      `${LOG_PATH} at byte ${starts[0]}: damaged WAL record, although ${starts[2]} bytes of the log were durable before the record at byte offset ${starts[2]}: ${dropped(starts[0]!)}, and with them a whole record at byte offset ${starts[1]}`,
    );
    const last = flipped(bytes, starts[2]! * 8);
    expect(readNative(last, { ...tail, syncedBytes: durableBytes }).contents.warning).toBe(
      `${LOG_PATH} at byte ${starts[2]}: damaged WAL record, although the manifest says that ${durableBytes} bytes of the log are durable: ${dropped(starts[2]!)}`,
    );
    const cut = bytes.subarray(0, starts[2]);
    expect(readNative(cut, { ...tail, syncedBytes: durableBytes }).contents).toMatchObject({
      tornBytes: 0,
      warning: `${LOG_PATH} at byte ${starts[2]}: the log ends, although the manifest says that ${durableBytes} bytes of the log are durable`,
    });
  });
});

describe("the header", () => {
  const other = DATABASE_ID.with(0, 99);
  const behind = (header: Uint8Array): Buffer => Buffer.concat([header, loose.bytes.subarray(HEADER.length)]);

  test.each([
    ["of another database", nativeLogHeader(other, LOG_ID), "another database"],
    ["of another log", nativeLogHeader(DATABASE_ID, LOG_ID + 1), "log 2, not 1"],
    [
      "of a table",
      encodeNativeHeader({ kind: NATIVE_FILE_KIND.table, databaseId: DATABASE_ID, fileId: LOG_ID }),
      "it is a table",
    ],
  ])("%s is damage whatever is durable, and nothing is shown", (_, header, message) => {
    expect(outcome(behind(header))).toBe(" | damage at 0");
    expect(() => readNative(behind(header))).toThrow(message);
    expect(outcome(behind(header), { recovery: "tail" })).toBe(" | torn at 0");
    expect(readNative(header, { recovery: "tail" }).contents.warning).toContain(message);
  });

  test("of a newer version is not supported, whatever the recovery", () => {
    const newer = Buffer.from(HEADER);
    newer.writeUInt16BE(2, 8);
    newer.writeUInt32BE(crc32(newer, 0, 36), 36);
    for (const recovery of ["strict", "tail"] as const) {
      expect(() => readNative(behind(newer), { recovery })).toThrow(expect.objectContaining({ code: "UNSUPPORTED" }));
    }
  });
});

/** The body of a record with timestamp 2 and these entries. */
function entries(hex: string): Buffer {
  return Buffer.from(`0000000000000002${hex}`, "hex");
}

describe("a record with a right checksum", () => {
  const { bytes: before } = writtenLog(["z=0", "a=1"]);
  const at = before.length;
  const withRecord = (body: Buffer): Buffer => Buffer.concat([before, recordOf(at, 0, body)]);
  const key = "0000000161";

  test.each([
    ["a timestamp above 2^53-1", 0, Buffer.from(`0020000000000000${"00"}${key}00000000`, "hex")],
    ["a timestamp before the one before", 0, Buffer.from(`0000000000000001${"00"}${key}00000000`, "hex")],
    ["an unknown kind", 8, entries(`03${key}00000000`)],
    ["a delete with a value", 8, entries(`01${key}0000000131`)],
    ["a key that does not fit", 13, entries(`00${"00000009"}6100000000`)],
    ["a key length that does not fit", 19, entries(`00${key}00000000${"00"}0000`)],
    ["a value that does not fit", 18, entries(`00${key}0000000231`)],
    ["a byte after the last entry", 20, entries(`00${key}0000000131${"00"}`)],
    ["a key of more than 65 535 bytes", 8, entries(`01${"00010000"}${"61".repeat(65_536)}00000000`)],
    ["a bound of more than 65 536 bytes", 8, entries(`02${key}${"00010001"}${"61".repeat(65_537)}`)],
  ])("and %s is damage whatever is durable, and nothing of it is shown", (_, offset, body) => {
    expect(outcome(withRecord(body))).toBe(`z@1=0 a@2=1 | damage at ${at + 20 + offset}`);
    expect(outcome(withRecord(body), { recovery: "tail" })).toBe(`z@1=0 a@2=1 | torn at ${at}`);
  });

  test("and the largest timestamp is as good as any", () => {
    const body = Buffer.from(`001fffffffffffff${"00"}${key}0000000131`, "hex");
    expect(readNative(withRecord(body))).toMatchObject({
      shown: `z@1=0 a@2=1 a@${Number.MAX_SAFE_INTEGER}=1`,
      contents: { lastTimestamp: Number.MAX_SAFE_INTEGER },
    });
  });

  test.each([
    ["of no entries", recordOf(at, 0, entries(""))],
    ["that is of another place", recordOf(at + 1, 0, entries(`00${key}00000000`))],
    ["that knows more to be durable than there was", recordOf(at, at + 1, entries(`00${key}00000000`))],
    ["of another log", recordOf(at, 0, entries(`00${key}00000000`), nativeLogHeader(DATABASE_ID, LOG_ID + 1))],
  ])("%s is none, and proves nothing of what stands before it", (_, record) => {
    expect(outcome(Buffer.concat([before, record]))).toBe(`z@1=0 a@2=1 | torn at ${at}`);
  });

  test("of another log proves nothing, even in the place of one of this log", () => {
    const foreign = writtenLog(["a=1", "b=2", SYNC, "c=3"], LOG_ID + 1);
    const torn = Buffer.from(foreign.bytes);
    torn.set(proved.bytes.subarray(0, proved.starts[1]), 0);
    expect(outcome(torn)).toBe(`a@1=1 | torn at ${proved.starts[1]}`);
  });
});

describe("a value that holds a copy of a log", () => {
  const copy: CheckedWrite = {
    kind: ENTRY_KIND.put,
    key: Buffer.from("copy"),
    value: writtenLog(["a=1", SYNC, "b=2", SYNC, "c=3"]).bytes,
  };
  const whole = writtenLog(["a=1", [copy], SYNC, "c=3"]);

  test("is a value like any other", () => {
    expect(readNative(whole.bytes).shown === whole.shown.join(" ")).toBe(true);
  });

  test("does not make a torn record damage", () => {
    const { bytes, starts } = writtenLog(["a=1", [copy]]);
    for (let cut = starts[1]! + 1; cut < bytes.length; cut++) {
      expect(outcome(bytes.subarray(0, cut)), `cut at ${cut}`).toBe(`a@1=1 | torn at ${starts[1]}`);
    }
  });

  test("does not hide a damaged record", () => {
    const { bytes, starts } = whole;
    for (let bit = starts[1]! * 8; bit < starts[2]! * 8; bit++) {
      expect(outcome(flipped(bytes, bit))).toBe(`a@1=1 | damage at ${starts[1]}`);
    }
  });
});

test("a log of more than 4 GiB is not supported", () => {
  const fs = new MemoryFileSystem();
  const { open } = fs;
  fs.open = (path, mode) => Object.defineProperty(open.call(fs, path, mode), "sizeBytes", { value: 2 ** 32 });
  fs.open(LOG_PATH, "createNew").close();
  const log: NativeLog = { databaseId: DATABASE_ID, id: LOG_ID, syncedBytes: 0, recovery: "tail" };
  expect(() => readNativeWal(fs, LOG_PATH, log, () => {})).toThrow(expect.objectContaining({ code: "UNSUPPORTED" }));
});
