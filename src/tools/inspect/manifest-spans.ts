import type { CompactionTask, Edit } from "../../manifest/edit.ts";
import type { StateRecord } from "../../manifest/native-state.ts";
import type { NewTable } from "../../sstable/table-output.ts";
import type { FaultSink } from "../anatomy/fault.ts";
import type { FileBytes } from "../anatomy/file-bytes.ts";
import { type ManifestStretch, nativeStretches, referenceStretches } from "../anatomy/manifest-stretches.ts";
import { isNativeFile } from "../anatomy/native-parts.ts";
import { FieldReader, headerFields } from "./fields.ts";
import { gapSpan } from "./log-spans.ts";
import { type Detail, type Field, hexOfBytes, type Span, type SpanValue } from "./span.ts";

type Facts = { readonly [name: string]: SpanValue };

const SIZE_HEADER = 40;
const SIZE_CHECKSUM = 4;

/** What a manifest says, and where. What is no whole frame goes to the sink. Answers whether it is one of `native`. */
export function* manifestSpans(file: FileBytes, detail: Detail, sink: FaultSink): Generator<Span, boolean> {
  const bytes = file.read(0, file.sizeBytes);
  const isNative = isNativeFile(file);
  if (isNative) {
    const sizeBytes = Math.min(SIZE_HEADER, bytes.length);
    const fields = detail === "bytes" && sizeBytes === SIZE_HEADER ? headerFields(bytes) : undefined;
    const facts = { databaseId: hexOfBytes(bytes.subarray(12, 28)) };
    yield { what: "header", offset: 0, sizeBytes, depth: 0, facts, fields };
  }
  const stretches = isNative ? nativeStretches(bytes, file.path, sink) : referenceStretches(bytes, file.path, sink);
  for (const stretch of stretches) yield* frameSpans(bytes, stretch, isNative, detail);
  return isNative;
}

function* frameSpans(bytes: Uint8Array, stretch: ManifestStretch, isNative: boolean, detail: Detail): Generator<Span> {
  const { start, end, state, edits } = stretch;
  if (state === undefined && edits === undefined) {
    yield gapSpan(stretch);
    return;
  }
  const fields = detail === "bytes" ? frameFields(bytes, stretch, isNative) : undefined;
  const span = { offset: start, sizeBytes: end - start, depth: 0 } as const;
  const [first, ...others] = edits ?? [];
  if (state !== undefined) yield { ...span, what: "state", facts: stateFacts(state), fields };
  else if (first === undefined) yield { ...span, what: "seal", facts: {}, fields };
  else yield { ...span, what: first.kind, facts: editFacts(first), fields };
  for (const edit of others) yield { ...span, what: edit.kind, depth: 1, facts: editFacts(edit) };
}

function frameFields(bytes: Uint8Array, { start, end }: ManifestStretch, isNative: boolean): Field[] {
  const reader = new FieldReader(bytes, start);
  if (isNative) {
    reader.u32("length");
    reader.long("offset", 8);
    reader.hex("records", end - SIZE_CHECKSUM - reader.position);
  } else {
    reader.long("length", 8);
    reader.bytes("record", end - SIZE_CHECKSUM - reader.position);
  }
  reader.crc("checksum");
  return reader.fields;
}

function stateFacts({ nextId, lastTimestamp, tables, liveMemtables }: StateRecord): Facts {
  return {
    nextId,
    lastTimestamp,
    level0: tables.level0.map(tableFacts),
    levels: tables.levels.map(({ number, tables: level }) => ({ number, tables: level.map(tableFacts) })),
    memtables: liveMemtables.map(({ id, hasLog, syncedBytes }) => ({ id, hasLog, durableBytes: syncedBytes })),
  };
}

function editFacts(edit: Edit): Facts {
  switch (edit.kind) {
    case "newMemtable":
      return { memtable: edit.id, ...(edit.hasLog === undefined ? {} : { hasLog: edit.hasLog }) };
    case "flush": {
      const described = edit.table === undefined ? {} : { described: [tableFacts(edit.table)] };
      return { memtables: [edit.id, ...(edit.olderMemtables ?? [])], tables: [edit.id], ...described };
    }
    case "compaction": {
      const described = edit.tables === undefined ? {} : { described: edit.tables.map(tableFacts) };
      return { ...taskFacts(edit.task), tables: edit.outputs, ...described };
    }
    case "logSynced":
      return { memtable: edit.id, durableBytes: edit.sizeBytes };
  }
}

function taskFacts(task: CompactionTask): Facts {
  const inputs = (place: string, tables: readonly number[]): SpanValue => ({ place, tables });
  switch (task.strategy) {
    case "full":
      return { strategy: "full", inputs: [inputs("L0", task.level0), inputs("L1", task.level1)], into: "L1" };
    case "simple":
    case "leveled": {
      const { strategy, upperLevel, upperTables, lowerLevel, lowerTables } = task;
      const [upper, lower] = [`L${upperLevel ?? 0}`, `L${lowerLevel}`];
      return { strategy, inputs: [inputs(upper, upperTables), inputs(lower, lowerTables)], into: lower };
    }
    case "tiered":
      return {
        strategy: "tiered",
        inputs: task.tiers.map(({ id, tables }) => inputs(`tier ${id}`, tables)),
        into: "tier",
      };
  }
}

/** What a native manifest says of a table. */
export function tableFacts(table: NewTable): Facts {
  const { id, sizeBytes, entryCount, deleteCount, rangeDeleteCount, maxTimestamp, firstKey, lastKey } = table;
  const counts = { entries: entryCount, deletes: deleteCount, fragments: rangeDeleteCount };
  return { id, sizeBytes, ...counts, maxTimestamp, firstKey, lastKey };
}
