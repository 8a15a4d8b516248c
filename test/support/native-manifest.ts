import type { Edit } from "../../src/manifest/edit.ts";
import { encodeBeginning, encodeEdits } from "../../src/manifest/native-frame.ts";
import type { StateRecord } from "../../src/manifest/native-state.ts";
import type { NewTable } from "../../src/sstable/table-output.ts";

export const DATABASE_ID: Uint8Array = Uint8Array.from({ length: 16 }, (_, index) => 0xa0 + index);

export const EMPTY_STATE: StateRecord = {
  nextId: 0,
  lastTimestamp: 0,
  tables: { level0: [], levels: [] },
  liveMemtables: [],
};

/** A table of a manifest: `range` is `first-last`, one character a byte. */
export function describedTable(id: number, range = "a-z", more: Partial<NewTable> = {}): NewTable {
  const [firstKey, lastKey] = range.split("-").map((key) => Uint8Array.from(Buffer.from(key, "latin1")));
  return {
    id,
    sizeBytes: 1000 + id,
    entryCount: 10,
    deleteCount: 2,
    rangeDeleteCount: 1,
    maxTimestamp: 100 + id,
    firstKey: firstKey!,
    lastKey: lastKey!,
    ...more,
  };
}

/** Edits of `native`: `memtable 5` with a log, `memtable 5 -` without one, `synced 5 120`, `flush 5 4 a-f`: memtables, and the range of the table. */
export function nativeEdit(text: string): Edit {
  const [verb, ...words] = text.split(" ");
  const [id = 0] = words.map(Number);
  if (verb === "memtable") return { kind: "newMemtable", id, hasLog: words[1] !== "-" };
  if (verb === "synced") return { kind: "logSynced", id, sizeBytes: Number(words[1]) };
  if (verb !== "flush") throw new Error(`no edit is called ${verb}`);
  const range = words.at(-1)?.includes("-") ? words.pop() : undefined;
  return { kind: "flush", id, olderMemtables: words.slice(1).map(Number), table: describedTable(id, range) };
}

/** A whole manifest: a state, and one frame for each list of edits. */
export function nativeManifest(state: StateRecord, ...frames: readonly (readonly Edit[])[]): Uint8Array {
  const { bytes, checksum } = encodeBeginning(DATABASE_ID, state);
  return frames.reduce((before: Uint8Array, edits) => {
    return Uint8Array.from(Buffer.concat([before, encodeEdits(before.length, checksum, edits)]));
  }, Uint8Array.from(bytes));
}
