import { ENTRY_KIND } from "../../key.ts";
import type { DatabaseFormat } from "../../options.ts";
import type { FaultSink } from "../anatomy/fault.ts";
import type { FileBytes } from "../anatomy/file-bytes.ts";
import {
  type LogReading,
  type LogStretch,
  logStretches,
  readingOfLog,
  visitStretch,
} from "../anatomy/log-stretches.ts";
import { entryFacts } from "./block-spans.ts";
import { FieldReader, headerFields } from "./fields.ts";
import { type Detail, type Field, hexOfBytes, type Span, type SpanValue } from "./span.ts";

/** Before an entry's key: kind and length in native, length in the others. */
const SIZE_ENTRY_HEAD = { plain: 2, mvcc: 2, native: 5 } as const;
/** Before the first entry of a record. */
const SIZE_RECORD_HEAD = { plain: 0, mvcc: 4, native: 28 } as const;
const SIZE_CHECKSUM = 4;

/** What a log says, and where. What is no whole record goes to the sink. */
export function* logSpans(
  file: FileBytes,
  format: DatabaseFormat | undefined,
  detail: Detail,
  sink: FaultSink,
): Generator<Span, DatabaseFormat> {
  const bytes = file.read(0, file.sizeBytes);
  const reading = readingOfLog(bytes, file.path, format, {}, sink);
  if (reading.start > 0) yield headerSpan(reading, detail);
  for (const stretch of logStretches(reading, sink)) {
    if (!stretch.isRecord) yield gapSpan(stretch);
    else if (reading.format === "plain") yield* plainSpans(reading, stretch, detail);
    else yield* recordSpans(reading, stretch, detail);
  }
  return reading.format;
}

function headerSpan({ bytes, start }: LogReading, detail: Detail): Span {
  const fields = bytes.length < 40 ? undefined : headerFields(bytes);
  const fileId = fields?.find(({ name }) => name === "file id")?.value ?? null;
  const facts = { databaseId: hexOfBytes(bytes.subarray(12, 28)), memtable: fileId };
  return {
    what: "header",
    offset: 0,
    sizeBytes: start,
    depth: 0,
    facts,
    fields: detail === "bytes" ? fields : undefined,
  };
}

export function gapSpan({ start, end }: { readonly start: number; readonly end: number }): Span {
  return { what: "gap", offset: start, sizeBytes: end - start, depth: 0, facts: { isWhole: false } };
}

/** A record is an entry and its checksum. */
function* plainSpans(reading: LogReading, stretch: LogStretch, detail: Detail): Generator<Span> {
  const { start, end } = stretch;
  for (const entry of entriesOf(reading, stretch, detail)) {
    const checksum = new FieldReader(reading.bytes, end - SIZE_CHECKSUM);
    checksum.crc("checksum");
    const fields = entry.fields && [...entry.fields, ...checksum.fields];
    yield { ...entry, sizeBytes: end - start, depth: 0, fields };
  }
}

function* recordSpans(reading: LogReading, stretch: LogStretch, detail: Detail): Generator<Span> {
  const { format, bytes } = reading;
  const { start, end } = stretch;
  const entries = entriesOf(reading, stretch, detail);
  const head = headFields(format, bytes, start);
  const named = (name: string): SpanValue => head.find((field) => field.name === name)?.value ?? null;
  yield {
    what: "record",
    offset: start,
    sizeBytes: end - start,
    depth: 0,
    facts: {
      entries: entries.length,
      ...(format === "native" ? { timestamp: named("timestamp"), durableBytes: named("durable before it") } : {}),
    },
    fields: detail === "bytes" ? head : undefined,
  };
  if (detail !== "parts") yield* entries;
  if (detail !== "bytes") return;
  const tail = new FieldReader(bytes, end - SIZE_CHECKSUM);
  tail.crc("checksum");
  yield {
    what: "end",
    offset: end - SIZE_CHECKSUM,
    sizeBytes: SIZE_CHECKSUM,
    depth: 1,
    facts: {},
    fields: tail.fields,
  };
}

function headFields(format: DatabaseFormat, bytes: Uint8Array, start: number): Field[] {
  const reader = new FieldReader(bytes, start);
  if (SIZE_RECORD_HEAD[format] > 0) reader.u32("length");
  if (format === "native") {
    reader.long("offset", 8);
    reader.long("durable before it", 8);
    reader.long("timestamp", 8);
  }
  return reader.fields;
}

function entriesOf(reading: LogReading, stretch: LogStretch, detail: Detail): Span[] {
  const { format, bytes } = reading;
  const spans: Span[] = [];
  visitStretch(reading, stretch, (timestamp, kind, keyBuffer, keyStart, keyEnd, valueBuffer, valueStart, valueEnd) => {
    const offset = keyStart - SIZE_ENTRY_HEAD[format];
    const what = kind === ENTRY_KIND.put ? "put" : kind === ENTRY_KIND.delete ? "delete" : "range delete";
    const entry = { kind, timestamp, keyBuffer, keyStart, keyEnd, valueBuffer, valueStart, valueEnd };
    const range = { from: keyBuffer.slice(keyStart, keyEnd), to: valueBuffer.slice(valueStart, valueEnd) };
    spans.push({
      what,
      offset,
      sizeBytes: valueEnd - offset,
      depth: 1,
      facts: what === "range delete" ? range : entryFacts(entry, format === "mvcc"),
      fields: detail === "bytes" ? entryFields(format, bytes, offset) : undefined,
    });
  });
  return spans;
}

function entryFields(format: DatabaseFormat, bytes: Uint8Array, at: number): Field[] {
  const reader = new FieldReader(bytes, at);
  if (format === "native") {
    reader.u8("kind");
    reader.bytes("key", reader.u32("key, length"));
    reader.bytes("value", reader.u32("value, length"));
    return reader.fields;
  }
  reader.bytes("key", reader.u16("key, length"));
  if (format === "mvcc") reader.long("timestamp", 8);
  reader.bytes("value", reader.u16("value, length"));
  return reader.fields;
}
