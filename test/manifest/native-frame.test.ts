import { describe, expect, test } from "vitest";
import { crc32 } from "../../src/codec/crc32.ts";
import { encodeNativeHeader, NATIVE_FILE_KIND, SIZE_NATIVE_HEADER } from "../../src/codec/native-header.ts";
import { CorruptionError, LsmError } from "../../src/errors.ts";
import { decodeNativeFrames, encodeBeginning, encodeEdits } from "../../src/manifest/native-frame.ts";
import { DATABASE_ID, describedTable, EMPTY_STATE, nativeEdit, nativeManifest } from "../support/native-manifest.ts";
import { randomOf } from "../support/random.ts";

const FIRST = nativeEdit("memtable 0");
const SECOND = nativeEdit("flush 0 a-f");
const THIRD = nativeEdit("memtable 1 -");
const sound = nativeManifest(EMPTY_STATE, [FIRST], [SECOND, THIRD], []);

/** Where the frames of `sound` start, the state first, and where they end. */
const { stateEnd } = decodeNativeFrames(sound, "MANIFEST");
const starts = [SIZE_NATIVE_HEADER, stateEnd, stateEnd + 26, sound.length - 16, sound.length];

/** What reading says: the number of edits and where the torn tail starts, or the offset of the damage. */
function outcome(bytes: Uint8Array): string {
  try {
    const { records, sizeBytes } = decodeNativeFrames(bytes, "MANIFEST");
    return `${records.length} edits, ${sizeBytes} bytes`;
  } catch (error) {
    if (!(error instanceof CorruptionError)) throw error;
    return `damage at ${error.offset}`;
  }
}

function changed(at: number, change: (byte: number) => number): Uint8Array {
  const bytes = Uint8Array.from(sound);
  bytes[at] = change(bytes[at]!);
  return bytes;
}

describe("a manifest of native", () => {
  test("is a header and frames with their own offset, their checksum mixed with that of the first one", () => {
    const { bytes, checksum } = encodeBeginning(DATABASE_ID, EMPTY_STATE);
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    expect(view.getUint32(SIZE_NATIVE_HEADER)).toBe(bytes.length - SIZE_NATIVE_HEADER - 16);
    expect(view.getBigUint64(SIZE_NATIVE_HEADER + 4)).toBe(BigInt(SIZE_NATIVE_HEADER));
    const ofHeader = view.getUint32(SIZE_NATIVE_HEADER - 4);
    expect(checksum).toBe((crc32(bytes, SIZE_NATIVE_HEADER, bytes.length - 4) ^ ofHeader) >>> 0);
    expect(view.getUint32(bytes.length - 4)).toBe(checksum);

    const frame = encodeEdits(300, checksum, [FIRST]);
    expect(Buffer.from(frame.subarray(0, 22)).toString("hex")).toBe("0000000a000000000000012c01000000000000000001");
    const stored = new DataView(frame.buffer, frame.byteOffset + 22).getUint32(0);
    expect(stored).toBe((crc32(frame, 0, 22) ^ checksum) >>> 0);
  });

  test("comes back: its id, its state, and the edits with the offset of their frame", () => {
    expect(decodeNativeFrames(sound, "MANIFEST")).toMatchObject({
      databaseId: DATABASE_ID,
      state: EMPTY_STATE,
      records: [
        { offset: starts[1], edit: FIRST },
        { offset: starts[2], edit: SECOND },
        { offset: starts[2], edit: THIRD },
      ],
      sizeBytes: sound.length,
    });
  });

  test("that is cut ends before the frame that lost bytes, and without its whole first frame is damage", () => {
    for (let length = 0; length < sound.length; length++) {
      const frames = starts.filter((start) => start <= length).length - 1;
      const found = outcome(sound.subarray(0, length));
      if (frames < 1) expect(found).toMatch(/^damage at/);
      else expect(found).toBe(`${[0, 0, 1, 3, 3][frames]} edits, ${starts[frames]} bytes`);
    }
  });

  test("with any flipped bit is damaged, but in the last frame, which may have been torn", () => {
    const accepted = new Set<string>();
    for (let bit = 0; bit < sound.length * 8; bit++) {
      const found = outcome(changed(bit >> 3, (byte) => byte ^ (1 << (bit & 7))));
      if (bit >> 3 >= starts[3]!) expect(found).toBe(`3 edits, ${starts[3]} bytes`);
      else if (!found.startsWith("damage")) accepted.add(`bit ${bit}: ${found}`);
    }
    expect([...accepted]).toEqual([]);
  });

  test("names the frame that is damaged", () => {
    expect(outcome(changed(3, (byte) => byte ^ 1))).toBe("damage at 0");
    expect(outcome(changed(starts[0]! + 14, (byte) => byte ^ 1))).toBe(`damage at ${starts[0]}`);
    expect(outcome(changed(starts[1]! + 14, (byte) => byte ^ 1))).toBe(`damage at ${starts[1]}`);
    expect(outcome(changed(starts[2]! + 1, (byte) => byte ^ 1))).toBe(`damage at ${starts[2]}`);
  });

  test("may end in zeros or in what an older manifest left there, and both are a torn tail", () => {
    const older = nativeManifest({ ...EMPTY_STATE, lastTimestamp: 1 }, [FIRST], [SECOND, THIRD], []);
    expect(older).toHaveLength(sound.length);
    expect(outcome(Buffer.concat([sound, new Uint8Array(700)]))).toBe(`3 edits, ${sound.length} bytes`);
    const overOlder = Buffer.concat([sound.subarray(0, starts[1]), older.subarray(starts[1])]);
    expect(outcome(overOlder)).toBe(`0 edits, ${starts[1]} bytes`);
  });

  test("may hold whole frames in its keys: they say that they belong elsewhere", () => {
    const copy = Buffer.from(sound.subarray(starts[1])).toString("latin1");
    const table = describedTable(2, "a-z", { lastKey: Buffer.from(`z${copy}`, "latin1") });
    const bytes = nativeManifest(
      EMPTY_STATE,
      [nativeEdit("memtable 2")],
      [{ kind: "flush", id: 2, olderMemtables: [], table }],
    );
    expect(outcome(bytes.subarray(0, bytes.length - 1))).toMatch(/^1 edits/);
  });
});

describe("what no crash leaves", () => {
  const whole = encodeBeginning(DATABASE_ID, EMPTY_STATE);
  const header = (change: Partial<Parameters<typeof encodeNativeHeader>[0]>): Uint8Array =>
    encodeNativeHeader({ kind: NATIVE_FILE_KIND.manifest, databaseId: DATABASE_ID, fileId: 0, ...change });

  test.each([
    ["no byte", new Uint8Array(0)],
    ["a header alone", header({})],
    ["the header of a table", header({ kind: NATIVE_FILE_KIND.table })],
    ["the header of a file with an id", header({ fileId: 1 })],
  ])("%s is damage", (_, bytes) => {
    expect(outcome(bytes)).toMatch(/^damage at/);
  });

  test("a first frame of edits, or of more than a state, is damage", () => {
    const mixed = new DataView(whole.bytes.buffer, whole.bytes.byteOffset).getUint32(SIZE_NATIVE_HEADER - 4);
    const edits = encodeEdits(SIZE_NATIVE_HEADER, mixed, [FIRST]);
    expect(outcome(Buffer.concat([whole.bytes.subarray(0, SIZE_NATIVE_HEADER), edits]))).toBe(
      `damage at ${SIZE_NATIVE_HEADER + 12}`,
    );
    const empty = encodeEdits(SIZE_NATIVE_HEADER, mixed, []);
    expect(outcome(Buffer.concat([whole.bytes.subarray(0, SIZE_NATIVE_HEADER), empty]))).toMatch(/^damage at/);
  });

  test("a version that a newer program wrote is refused, with the remedy", () => {
    const bytes = Uint8Array.from(sound);
    bytes[9] = 2;
    new DataView(bytes.buffer).setUint32(SIZE_NATIVE_HEADER - 4, crc32(bytes, 0, SIZE_NATIVE_HEADER - 4));
    expect(() => decodeNativeFrames(bytes, "MANIFEST")).toThrow(
      expect.objectContaining({ code: "UNSUPPORTED", message: expect.stringContaining("open it with a newer one") }),
    );
    expect(() => decodeNativeFrames(bytes, "MANIFEST")).toThrow(LsmError);
  });

  test("any bytes are read or refused", () => {
    const random = randomOf(7);
    for (let round = 0; round < 2000; round++) {
      const bytes = Uint8Array.from(sound);
      for (let changes = 1 + random(8); changes > 0; changes--) bytes[random(bytes.length)] = random(256);
      expect(outcome(bytes.subarray(0, 1 + random(bytes.length)))).toMatch(/^damage at|edits/);
    }
  });
});
