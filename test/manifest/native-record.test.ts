import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ByteReader } from "../../src/codec/byte-reader.ts";
import { ByteWriter } from "../../src/codec/byte-writer.ts";
import { CorruptionError } from "../../src/errors.ts";
import type { CompactionTask, Edit } from "../../src/manifest/edit.ts";
import { decodeEdit, encodeEdit } from "../../src/manifest/native-record.ts";
import { decodeState, encodeState, type StateRecord } from "../../src/manifest/native-state.ts";
import { describedTable, nativeEdit } from "../support/native-manifest.ts";

function bytesOf(encode: (writer: ByteWriter) => void): Uint8Array {
  const writer = new ByteWriter(16);
  encode(writer);
  return writer.buffer.slice(0, writer.length);
}

const readerOf = (bytes: Uint8Array): ByteReader => new ByteReader(bytes, 0, bytes.length, "MANIFEST", 0);
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const u64 = (value: number): string => value.toString(16).padStart(16, "0");
const u32 = (value: number): string => value.toString(16).padStart(8, "0");

const TABLE = describedTable(7, "ab-c", {
  sizeBytes: 1,
  entryCount: 2,
  deleteCount: 3,
  rangeDeleteCount: 4,
  maxTimestamp: 5,
});
const TABLE_HEX = `${u64(7)}${u64(1)}${u64(2)}${u64(3)}${u64(4)}${u64(5)}${u32(2)}6162${u32(1)}63`;

const compaction = (task: CompactionTask): Edit => ({ kind: "compaction", task, outputs: [7], tables: [TABLE] });

describe("an edit of native", () => {
  test.each<[string, Edit, string]>([
    ["a memtable with a log", nativeEdit("memtable 5"), `01${u64(5)}01`],
    ["a memtable without a log", nativeEdit("memtable 5 -"), `01${u64(5)}00`],
    [
      "a flush",
      { kind: "flush", id: 7, olderMemtables: [6, 3], table: TABLE },
      `02${u32(3)}${u64(7)}${u64(6)}${u64(3)}${TABLE_HEX}`,
    ],
    [
      "a full compaction",
      compaction({ strategy: "full", level0: [3, 1], level1: [2] }),
      `0301${u32(2)}${u64(3)}${u64(1)}${u32(1)}${u64(2)}${u32(1)}${TABLE_HEX}`,
    ],
    [
      "a simple compaction of L0",
      compaction({
        strategy: "simple",
        upperLevel: undefined,
        upperTables: [3],
        lowerLevel: 1,
        lowerTables: [],
        isLowerLevelBottom: true,
      }),
      `0302${u32(0)}${u32(1)}${u64(3)}${u32(1)}${u32(0)}01${u32(1)}${TABLE_HEX}`,
    ],
    [
      "a leveled compaction",
      compaction({
        strategy: "leveled",
        upperLevel: 2,
        upperTables: [3],
        lowerLevel: 3,
        lowerTables: [4],
        isLowerLevelBottom: false,
      }),
      `0303${u32(2)}${u32(1)}${u64(3)}${u32(3)}${u32(1)}${u64(4)}00${u32(1)}${TABLE_HEX}`,
    ],
    [
      "a tiered compaction",
      compaction({ strategy: "tiered", isBottomIncluded: true, tiers: [{ id: 3, tables: [3, 4] }] }),
      `030401${u32(1)}${u64(3)}${u32(2)}${u64(3)}${u64(4)}${u32(1)}${TABLE_HEX}`,
    ],
    ["how much of a log is durable", nativeEdit("synced 5 300"), `05${u64(5)}${u64(300)}`],
  ])("that tells of %s has these bytes and comes back", (_, edit, expected) => {
    const bytes = bytesOf((writer) => encodeEdit(writer, edit));
    expect(hex(bytes)).toBe(expected);
    expect(decodeEdit(readerOf(bytes))).toEqual(edit);
  });

  test("comes back whatever its numbers and keys are", () => {
    fc.assert(
      fc.property(edits(), (edit) => {
        const bytes = bytesOf((writer) => encodeEdit(writer, edit));
        expect(decodeEdit(readerOf(bytes))).toEqual(edit);
      }),
    );
  });

  test("says what it must say, or is a mistake of ours", () => {
    const writer = new ByteWriter(16);
    expect(() => encodeEdit(writer, { kind: "newMemtable", id: 1 })).toThrow("broken invariant");
    expect(() => encodeEdit(writer, { kind: "flush", id: 1 })).toThrow("broken invariant");
    expect(() => encodeEdit(writer, { kind: "flush", id: 1, table: TABLE })).toThrow("broken invariant");
  });

  test("is damaged wherever it is cut", () => {
    for (const edit of [
      nativeEdit("memtable 5"),
      nativeEdit("flush 7 6"),
      nativeEdit("synced 5 300"),
      compaction({ strategy: "full", level0: [3], level1: [2] }),
    ]) {
      const bytes = bytesOf((writer) => encodeEdit(writer, edit));
      for (let length = 0; length < bytes.length; length++) {
        expect(() => decodeEdit(readerOf(bytes.subarray(0, length)))).toThrow(CorruptionError);
      }
    }
  });

  test.each([
    ["an unknown kind", "06"],
    ["a state among edits", "04"],
    ["an unknown compaction", "0305"],
    ["a flag that is neither yes nor no", `01${u64(5)}02`],
    ["an id beyond 2^53-1", `0180000000000000${"00"}01`],
    ["a flush of no memtable", `02${u32(0)}${TABLE_HEX}`],
    ["a flush into another table", `02${u32(1)}${u64(6)}${TABLE_HEX}`],
    ["more ids than there are bytes", `02${u32(0xffff_ffff)}${u64(6)}${TABLE_HEX}`],
    ["more tables than there are bytes", `0301${u32(0)}${u32(0)}${u32(0xffff_ffff)}${TABLE_HEX}`],
    ["more tiers than there are bytes", `030401${u32(0xffff_ffff)}${u64(6)}${u32(0)}`],
  ])("with %s is damage", (_, content) => {
    expect(() => decodeEdit(readerOf(Buffer.from(content, "hex")))).toThrow(CorruptionError);
  });
});

describe("the state that a manifest begins with", () => {
  const state: StateRecord = {
    nextId: 9,
    lastTimestamp: 70,
    tables: {
      level0: [TABLE],
      levels: [
        { number: 1, tables: [] },
        { number: 2, tables: [describedTable(3)] },
      ],
    },
    liveMemtables: [{ id: 8, hasLog: true, syncedBytes: 40 }],
  };

  test("has these bytes and comes back", () => {
    const bytes = bytesOf((writer) => encodeState(writer, state));
    const level2 = hex(
      bytesOf((writer) => encodeState(writer, { ...state, tables: { level0: [describedTable(3)], levels: [] } })),
    );
    const table3 = level2.slice(2 * 21, 2 * (21 + 58));
    const levels = `${u32(2)}${u64(1)}${u32(0)}${u64(2)}${u32(1)}${table3}`;
    expect(hex(bytes)).toBe(`04${u64(9)}${u64(70)}${u32(1)}${TABLE_HEX}${levels}${u32(1)}${u64(8)}01${u64(40)}`);
    expect(decodeState(readerOf(bytes))).toEqual(state);
  });

  test("comes back whatever its numbers and keys are", () => {
    fc.assert(
      fc.property(states(), (made) => {
        const bytes = bytesOf((writer) => encodeState(writer, made));
        expect(decodeState(readerOf(bytes))).toEqual(made);
      }),
    );
  });

  test("is damaged wherever it is cut", () => {
    const bytes = bytesOf((writer) => encodeState(writer, state));
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeState(readerOf(bytes.subarray(0, length)))).toThrow(CorruptionError);
    }
  });

  test.each([
    ["another record", `05${u64(1)}${u64(1)}`],
    ["more levels than there are bytes", `04${u64(0)}${u64(0)}${u32(0)}${u32(0xffff_ffff)}`],
    ["more memtables than there are bytes", `04${u64(0)}${u64(0)}${u32(0)}${u32(0)}${u32(0xffff_ffff)}`],
  ])("with %s is damage", (_, content) => {
    expect(() => decodeState(readerOf(Buffer.from(content, "hex")))).toThrow(CorruptionError);
  });
});

const numbers = () => fc.maxSafeNat();
const ids = () => fc.array(numbers(), { maxLength: 4 });
const keys = () => fc.uint8Array({ maxLength: 20 });

const tables = () =>
  fc.record({
    id: numbers(),
    sizeBytes: numbers(),
    entryCount: numbers(),
    deleteCount: numbers(),
    rangeDeleteCount: numbers(),
    maxTimestamp: numbers(),
    firstKey: keys(),
    lastKey: keys(),
  });

const levelTasks = () => ({
  upperLevel: fc.option(fc.integer({ min: 1, max: 0xffff_ffff }), { nil: undefined }),
  upperTables: ids(),
  lowerLevel: fc.nat(0xffff_ffff),
  lowerTables: ids(),
  isLowerLevelBottom: fc.boolean(),
});

const tasks = (): fc.Arbitrary<CompactionTask> =>
  fc.oneof(
    fc.record({ strategy: fc.constant("full" as const), level0: ids(), level1: ids() }),
    fc.record({ strategy: fc.constantFrom("simple" as const, "leveled" as const), ...levelTasks() }),
    fc.record({
      strategy: fc.constant("tiered" as const),
      isBottomIncluded: fc.boolean(),
      tiers: fc.array(fc.record({ id: numbers(), tables: ids() }), { maxLength: 3 }),
    }),
  );

const edits = (): fc.Arbitrary<Edit> =>
  fc.oneof(
    fc.record({ kind: fc.constant("newMemtable" as const), id: numbers(), hasLog: fc.boolean() }),
    fc.record({ kind: fc.constant("logSynced" as const), id: numbers(), sizeBytes: numbers() }),
    fc
      .tuple(tables(), ids())
      .map(([table, olderMemtables]) => ({ kind: "flush" as const, id: table.id, olderMemtables, table })),
    fc.tuple(tasks(), fc.array(tables(), { maxLength: 3 })).map(([task, made]) => ({
      kind: "compaction" as const,
      task,
      outputs: made.map((table) => table.id),
      tables: made,
    })),
  );

const states = (): fc.Arbitrary<StateRecord> =>
  fc.record({
    nextId: numbers(),
    lastTimestamp: numbers(),
    tables: fc.record({
      level0: fc.array(tables(), { maxLength: 3 }),
      levels: fc.array(fc.record({ number: numbers(), tables: fc.array(tables(), { maxLength: 3 }) }), {
        maxLength: 3,
      }),
    }),
    liveMemtables: fc.array(fc.record({ id: numbers(), hasLog: fc.boolean(), syncedBytes: numbers() }), {
      maxLength: 3,
    }),
  });
