import { readU64 } from "../../codec/byte-reader.ts";
import type { RangeDeletes } from "../../iterator/range-deletes.ts";
import { indexKeyEnd, indexLastKeyStart, type TableIndex } from "../../sstable/format.ts";
import { FieldReader } from "./fields.ts";
import type { Detail, Span, SpanValue } from "./span.ts";

const SIZE_COUNT = 4;
const SIZE_KEY_LENGTH = 2;

/** What an index says of each block, and with the bytes also its count and its checksum. `start`: where it lies in the file. */
export function* indexSpans(index: TableIndex, start: number, detail: Detail): Generator<Span> {
  const { bytes, format } = index;
  const reader = (at: number): FieldReader => new FieldReader(bytes, at);
  const sizeOffset = format === "native" ? 8 : 4;
  if (detail === "bytes") {
    const count = reader(0);
    count.u32("blocks");
    yield { what: "count", offset: start, sizeBytes: SIZE_COUNT, depth: 1, facts: {}, fields: count.fields };
  }
  let end = SIZE_COUNT;
  for (const [number, firstStart] of index.firstKeyStarts.entries()) {
    const at = firstStart - SIZE_KEY_LENGTH - sizeOffset;
    const fields = reader(at);
    if (format === "native") fields.long("block starts at", 8);
    else fields.u32("block starts at");
    for (const which of ["first", "last"]) {
      fields.bytes(`${which} key`, fields.u16(`${which} key, length`));
      if (format !== "plain") fields.long(`${which} timestamp`, 8);
    }
    end = fields.position;
    yield {
      what: "index entry",
      offset: start + at,
      sizeBytes: end - at,
      depth: 1,
      facts: indexFacts(index, number, firstStart),
      fields: detail === "bytes" ? fields.fields : undefined,
    };
  }
  if (detail !== "bytes") return;
  const tail = reader(end);
  if (format === "mvcc") tail.long("newest timestamp", 8);
  tail.crc("checksum");
  yield { what: "end", offset: start + end, sizeBytes: tail.position - end, depth: 1, facts: {}, fields: tail.fields };
}

function indexFacts(index: TableIndex, number: number, firstStart: number): { readonly [name: string]: SpanValue } {
  const { bytes, blockOffsets, format } = index;
  const firstEnd = indexKeyEnd(bytes, firstStart);
  const lastStart = indexLastKeyStart(index, number);
  const lastEnd = indexKeyEnd(bytes, lastStart);
  const timestamps = { firstTimestamp: readU64(bytes, firstEnd), lastTimestamp: readU64(bytes, lastEnd) };
  return {
    block: number,
    blockOffset: blockOffsets[number] ?? 0,
    firstKey: bytes.slice(firstStart, firstEnd),
    lastKey: bytes.slice(lastStart, lastEnd),
    ...(format === "plain" ? {} : timestamps),
  };
}

/** The range deletes of a native table, and with the bytes also their count and their checksum. */
export function* fragmentSpans(
  bytes: Uint8Array,
  { fragments }: RangeDeletes,
  start: number,
  detail: Detail,
): Generator<Span> {
  const reader = (at: number): FieldReader => new FieldReader(bytes, at);
  if (detail === "bytes") {
    const count = reader(0);
    count.u32("fragments");
    yield { what: "count", offset: start, sizeBytes: SIZE_COUNT, depth: 1, facts: {}, fields: count.fields };
  }
  let at = SIZE_COUNT;
  for (const { from, to, timestamps } of fragments) {
    const fields = reader(at);
    fields.bytes("from", fields.u32("from, length"));
    fields.bytes("to", fields.u32("to, length"));
    const count = fields.u32("timestamps");
    for (let index = 0; index < count; index++) fields.long("timestamp", 8);
    yield {
      what: "range delete",
      offset: start + at,
      sizeBytes: fields.position - at,
      depth: 1,
      facts: { from, to, timestamps },
      fields: detail === "bytes" ? fields.fields : undefined,
    };
    at = fields.position;
  }
  if (detail !== "bytes") return;
  const tail = reader(at);
  tail.crc("checksum");
  yield { what: "end", offset: start + at, sizeBytes: tail.position - at, depth: 1, facts: {}, fields: tail.fields };
}
