import { describe, expect, test } from "vitest";
import { crc32 } from "../../src/codec/crc32.ts";
import { CorruptionError } from "../../src/errors.ts";
import type { ReferenceFormat } from "../../src/options.ts";
import { cutWal, type WalRecovery } from "../../src/wal/read-wal.ts";
import { LOG_PATH, logOf, readInto, readLog, walBytes } from "../support/wal-notation.ts";

/** "a=1 b= | torn at 20" for what was shown and where a torn tail starts; "a=1 | damage at 20" for an error. */
function outcome(bytes: Uint8Array, format: ReferenceFormat | undefined, recovery: WalRecovery = "strict"): string {
  const shown: string[] = [];
  try {
    const contents = readInto(shown, logOf(bytes), format, recovery);
    expect(contents.entries).toBe(shown.length);
    expect(contents.validBytes + contents.tornBytes).toBe(bytes.length);
    expect(contents.warning === undefined).toBe(contents.tornBytes === 0);
    const end = contents.tornBytes === 0 ? "whole" : `torn at ${contents.validBytes}`;
    return `${shown.join(" ")} | ${end}`;
  } catch (error) {
    if (!(error instanceof CorruptionError)) throw error;
    return `${shown.join(" ")} | damage at ${error.offset}`;
  }
}

/** A frame around any body, with its right checksum. */
function frame(bodyHex: string): Buffer {
  const body = Buffer.from(bodyHex, "hex");
  const bytes = Buffer.alloc(body.length + 8);
  bytes.writeUInt32BE(body.length, 0);
  body.copy(bytes, 4);
  bytes.writeUInt32BE(crc32(body, 0, body.length), bytes.length - 4);
  return bytes;
}

const BATCHES = ["a=first", "b=", "c=3"] as const;

/** Three records, where each starts and what is shown of each prefix of them. */
function threeRecords(format: ReferenceFormat) {
  const bytes = walBytes(format, ...BATCHES);
  const starts = [0, 1, 2].map((count) => walBytes(format, ...BATCHES.slice(0, count)).length);
  const shown = BATCHES.map((text, index) => (format === "plain" ? text : text.replace("=", `@${index + 1}=`)));
  const prefixes = [0, 1, 2, 3].map((count) => shown.slice(0, count).join(" "));
  const recordAt = (at: number): number => starts.findLastIndex((start) => start <= at);
  return { bytes, starts, prefixes, recordAt };
}

describe.each(["plain", "mvcc"] as const)("a %s log", (format) => {
  const { bytes, starts, prefixes, recordAt } = threeRecords(format);
  const last = starts[2]!;

  test("shows its entries in order, and its format is found", () => {
    expect(readLog(bytes, undefined, "strict")).toEqual({
      shown: prefixes[3],
      contents: {
        format,
        records: 3,
        entries: 3,
        validBytes: bytes.length,
        tornBytes: 0,
        lastTimestamp: format === "plain" ? 0 : 3,
        warning: undefined,
      },
    });
  });

  test("that is empty holds nothing", () => {
    expect(outcome(Buffer.alloc(0), format)).toBe(" | whole");
  });

  test.each(["strict", "tail"] as const)(
    "cut at any byte gives its whole records, and %s makes no difference",
    (recovery) => {
      for (let cut = 0; cut < bytes.length; cut++) {
        const record = recordAt(cut);
        const end = starts[record] === cut ? "whole" : `torn at ${starts[record]}`;
        expect(outcome(bytes.subarray(0, cut), format, recovery), `cut at ${cut}`).toBe(`${prefixes[record]} | ${end}`);
        // Whether the format is found or not, the same bytes are torn.
        expect(outcome(bytes.subarray(0, cut), undefined, recovery), `cut at ${cut}`).toBe(
          `${prefixes[record]} | ${end}`,
        );
      }
    },
  );

  test("whose last bytes never arrived and read as zeros gives its whole records", () => {
    for (let arrived = 0; arrived < bytes.length; arrived++) {
      for (const zeros of [1, 2, 3, 4, 9, 40, 600]) {
        const torn = Buffer.concat([bytes.subarray(0, arrived), Buffer.alloc(zeros)]);
        const record = recordAt(arrived);
        const padded = bytes.subarray(0, torn.length);
        // A record that ends in zeros has arrived without them.
        if (arrived + zeros <= bytes.length && padded.subarray(arrived).every((byte) => byte === 0)) continue;
        expect(outcome(torn, format), `${arrived} bytes and ${zeros} zeros`).toBe(
          `${prefixes[record]} | torn at ${starts[record]}`,
        );
      }
    }
  });

  test("with any single bit flipped is damaged where it is flipped", () => {
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      const record = recordAt(bit >> 3);
      expect(outcome(flipped, format), `bit ${bit & 7} of byte ${bit >> 3}`).toBe(
        `${prefixes[record]} | damage at ${starts[record]}`,
      );
      expect(outcome(flipped, undefined), `bit ${bit & 7} of byte ${bit >> 3}`).toMatch(/damage at \d+$/);
    }
  });

  test("with any single bit flipped opens with tail recovery up to there", () => {
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      const record = recordAt(bit >> 3);
      expect(outcome(flipped, format, "tail")).toBe(`${prefixes[record]} | torn at ${starts[record]}`);
    }
  });

  test("that is torn in the middle of a record and goes on with another is damaged", () => {
    for (let cut = 1; cut < starts[1]!; cut++) {
      const joined = Buffer.concat([bytes.subarray(0, cut), bytes.subarray(last)]);
      expect(outcome(joined, format), `${cut} bytes of the first`).toBe(" | damage at 0");
    }
  });

  test.each([1, 2, 7, 8, 21, 30, 512])("with a hole of %i zeros before a record is damaged", (zeros) => {
    const holed = Buffer.concat([bytes.subarray(0, last), Buffer.alloc(zeros), bytes.subarray(last)]);
    expect(outcome(holed, format)).toBe(`${prefixes[2]} | damage at ${last}`);
    expect(outcome(holed, format, "tail")).toBe(`${prefixes[2]} | torn at ${last}`);
  });

  test("tells in its warning what a torn tail was, where, and how long", () => {
    const { contents } = readLog(bytes.subarray(0, bytes.length - 2), format, "strict");
    const noun = format === "plain" ? "record" : "frame";
    expect(contents.warning).toContain(`ignoring incomplete WAL ${noun} at byte offset ${last} of ${LOG_PATH}`);
    expect(contents.warning).toContain(`${bytes.length - 2 - last} bytes`);
  });

  test("tells what tail recovery dropped, and whether records were among it", () => {
    const first = Buffer.from(bytes);
    first[5]! ^= 1;
    const { warning } = readLog(first, format, "tail").contents;
    expect(warning).toContain("WAL checksum mismatch at byte offset 0");
    expect(warning).toContain(`dropped ${bytes.length} bytes`);
    expect(warning).toContain(`byte offset ${starts[1]}`);

    const end = Buffer.from(bytes);
    end[bytes.length - 1]! ^= 1;
    const dropped = readLog(end, format, "tail").contents.warning;
    expect(dropped).toContain(`dropped ${bytes.length - last} bytes`);
    expect(dropped).not.toContain("with them");
  });

  test("read as the other format is refused with both names, whatever the recovery", () => {
    const other = format === "plain" ? "mvcc" : "plain";
    for (const recovery of ["strict", "tail"] as const) {
      const shown: string[] = [];
      expect(() => readInto(shown, logOf(bytes), other, recovery)).toThrow(
        expect.objectContaining({ code: "FORMAT_MISMATCH", message: expect.stringMatching(`${format}.*${other}`) }),
      );
      expect(shown).toEqual([]);
    }
  });

  test("is not changed by reading, and cut and synced by cutWal", () => {
    const fs = logOf(bytes);
    fs.beforeCall = ({ operation }) => (["append", "truncate", "sync"].includes(operation) ? "EIO" : undefined);
    readInto([], fs, format, "strict");
    fs.beforeCall = undefined;
    fs.syncDirectory("/");
    cutWal(fs, LOG_PATH, last);
    const shown: string[] = [];
    expect(readInto(shown, fs.crash("none"), format, "strict").tornBytes).toBe(0);
    expect(shown.join(" ")).toBe(prefixes[2]);
  });
});

describe("an unfinished record", () => {
  test("with a whole record in its value is damage, and tail recovery opens it", () => {
    const inner = walBytes("plain", "x=1").toString("latin1");
    const value = Buffer.from(`long${inner}long`, "latin1");
    const whole = Buffer.concat([Buffer.from([0, 1, 97, 0, value.length]), value, Buffer.alloc(4, 1)]);
    const torn = whole.subarray(0, whole.length - 5);
    expect(outcome(torn, "plain")).toBe(" | damage at 0");
    expect(outcome(torn, "plain", "tail")).toBe(" | torn at 0");
  });

  test("at the start of a log of unknown format, the format stays unknown", () => {
    for (const format of ["plain", "mvcc"] as const) {
      expect(readLog(walBytes(format, "a=1").subarray(0, 6), undefined, "strict").contents.format).toBeUndefined();
    }
    expect(readLog(Buffer.alloc(30), undefined, "strict").contents.format).toBeUndefined();
  });

  test("of 64 KiB and more is known for a frame by its first entry, a whole one by its checksum", () => {
    const long = walBytes("mvcc", `a=${"x".repeat(40_000)} b=${"y".repeat(40_000)}`, "c=1");
    expect(readLog(long, undefined, "strict").contents).toMatchObject({ format: "mvcc", records: 2, entries: 3 });
    expect(outcome(long.subarray(0, 70_000), undefined)).toBe(" | torn at 0");
  });

  test("whose value looks like lengths is torn all the same", () => {
    const torn = walBytes("plain", "a=1", `b=${"\u0001\u0001".repeat(32_000)}`);
    expect(outcome(torn.subarray(0, torn.length - 1), "plain")).toBe(
      `a=1 | torn at ${walBytes("plain", "a=1").length}`,
    );
  });
});

describe("frames with a right checksum", () => {
  const good = walBytes("mvcc", "a=1");
  const at = good.length;

  test.each([
    ["a key length that does not fit", "00"],
    ["a key that does not fit", "0005" + "61"],
    ["a timestamp that does not fit", "000161" + "00000000"],
    ["a value length that does not fit", "000161" + "0000000000000002" + "00"],
    ["a value that does not fit", "000161" + "0000000000000002" + "0002" + "31"],
    ["bytes after the last entry", "000161" + "0000000000000002" + "0001" + "31" + "00"],
    ["an empty key", "0000" + "0000000000000002" + "0001" + "31"],
    ["a timestamp above 2^53-1", "000161" + "0020000000000000" + "0001" + "31"],
    ["a timestamp before the one before", "000161" + "0000000000000000" + "0001" + "31"],
  ])("and %s are damage, of which nothing is shown", (_, body) => {
    const bytes = Buffer.concat([good, frame(body)]);
    expect(outcome(bytes, "mvcc")).toMatch(/^a@1=1 \| damage at \d+$/);
    expect(outcome(bytes, "mvcc", "tail")).toBe(`a@1=1 | torn at ${at}`);
  });

  test("and no entries are damage", () => {
    expect(outcome(Buffer.concat([good, frame(""), good]), "mvcc")).toBe(`a@1=1 | damage at ${at}`);
  });

  test("may hold the largest timestamp", () => {
    const bytes = frame("000161" + "001fffffffffffff" + "0001" + "31");
    expect(readLog(bytes, "mvcc", "strict")).toMatchObject({
      shown: `a@${Number.MAX_SAFE_INTEGER}=1`,
      contents: { lastTimestamp: Number.MAX_SAFE_INTEGER },
    });
  });
});

test("two batches of a log come back with their timestamps and deletes", () => {
  expect(readLog(walBytes("mvcc", "a=1 b=1", "a=2 b="), "mvcc", "strict").shown).toBe("a@1=1 b@1=1 a@2=2 b@2=");
});

test("a plain record with an empty key and a right checksum is no record", () => {
  const bytes = Buffer.from("0000000131", "hex");
  const record = Buffer.concat([bytes, Buffer.alloc(4)]);
  record.writeUInt32BE(crc32(bytes, 0, bytes.length), 5);
  expect(outcome(record, "plain")).toBe(" | damage at 0");
});
