import fc from "fast-check";
import { expect, test } from "vitest";
import { type Change, SHOWN_KEY_BYTES_MAX, type ShownTable, shownKey } from "../../../src/tools/live/change.ts";
import { EMPTY_SCENE } from "../../../src/tools/live/scene.ts";
import { bytesOfText, decodeMessage, encodeMessage, type Message, textOfBytes } from "../../../src/tools/live/wire.ts";

const key = fc.uint8Array({ maxLength: 120 }).map(shownKey);
const known = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });
const table: fc.Arbitrary<ShownTable> = fc.record({
  id: fc.nat(),
  sizeBytes: known(fc.nat()),
  keys: known(fc.record({ first: key, last: key })),
  entries: known(fc.nat()),
  deletes: known(fc.nat()),
  rangeDeletes: known(fc.nat()),
});
const task = { strategy: "full", level0: [3], level1: [1, 2] } as const;
const change: fc.Arbitrary<Change> = fc.oneof(
  table.map((flushed): Change => ({ kind: "flush", table: flushed })),
  fc.array(table).map((outputs): Change => ({ kind: "compactionEnd", task, outputs })),
  fc.array(table).map((tables): Change => ({ kind: "state", tree: EMPTY_SCENE.tree, tables, frozen: [] })),
  fc.string().map((message): Change => ({ kind: "trouble", message })),
  fc.nat().map((id): Change => ({ kind: "freeze", memtable: { id, sizeBytes: 1 } })),
);

test("moments come out as they went in, whatever bytes their keys have", () => {
  fc.assert(
    fc.property(fc.array(change), (changes) => {
      const message: Message = {
        type: "moments",
        moments: changes.map((each, index) => ({ number: index + 1, atMs: index, change: each })),
      };
      const line = encodeMessage(message);
      expect(line.indexOf("\n")).toBe(line.length - 1);
      expect(decodeMessage(line)).toEqual(message);
    }),
  );
});

test("a beginning comes out as it went in", () => {
  fc.assert(
    fc.property(fc.array(table), (tables) => {
      const message: Message = {
        type: "beginning",
        subject: {
          kind: "history",
          name: "lsm.db",
          format: "plain",
          compaction: { strategy: "none" },
          memtable: { sizeBytes: 1, limit: 2, stop: 3 },
          takesCommands: false,
          hasFiles: true,
          notes: ["a\nnote"],
        },
        beginning: { scene: EMPTY_SCENE, tables, forgotten: 7 },
        points: [],
        newestNumber: 9,
      };
      expect(decodeMessage(encodeMessage(message))).toEqual(message);
    }),
  );
});

test("a long key is cut to where one sees that it goes on", () => {
  const long = new Uint8Array(1000).fill(7);
  expect(shownKey(long)).toEqual(long.slice(0, SHOWN_KEY_BYTES_MAX + 1));
  expect(shownKey(long.slice(0, SHOWN_KEY_BYTES_MAX))).toHaveLength(SHOWN_KEY_BYTES_MAX);
  expect(bytesOfText(textOfBytes(long))).toEqual(long);
});
