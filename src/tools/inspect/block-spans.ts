import type { Block } from "../../block/block.ts";
import { BlockIterator } from "../../block/block-iterator.ts";
import { ENTRY_KIND } from "../../key.ts";
import type { DatabaseFormat } from "../../options.ts";
import { FieldReader } from "./fields.ts";
import type { Detail, Field, Span, SpanValue } from "./span.ts";

/** The entries of a block that starts at `start` of its file, and with the bytes also what stands behind them. */
export function* entrySpans(block: Block, start: number, format: DatabaseFormat, detail: Detail): Generator<Span> {
  const cursor = new BlockIterator(block);
  cursor.seekToFirst();
  for (let index = 0; cursor.valid; index++) {
    const at = block.entryStart(index);
    yield {
      what: cursor.kind === ENTRY_KIND.delete ? "delete" : "put",
      offset: start + at,
      sizeBytes: cursor.valueEnd - at,
      depth: 1,
      facts: entryFacts(cursor, format !== "plain"),
      fields: detail === "bytes" ? entryFields(block, at, format) : undefined,
    };
    cursor.next();
  }
  if (detail !== "bytes") return;
  const offset = block.entriesEnd;
  const fields = tailFields(block);
  yield {
    what: "offsets",
    offset: start + offset,
    sizeBytes: block.bytes.length - offset,
    depth: 1,
    facts: {},
    fields,
  };
}

/** What an entry says. The bytes are copied. */
export function entryFacts(
  entry: Pick<
    BlockIterator,
    "kind" | "timestamp" | "keyBuffer" | "keyStart" | "keyEnd" | "valueBuffer" | "valueStart" | "valueEnd"
  >,
  hasTimestamp: boolean,
): { readonly [name: string]: SpanValue } {
  const { keyBuffer, keyStart, keyEnd, valueBuffer, valueStart, valueEnd } = entry;
  return {
    key: keyBuffer.slice(keyStart, keyEnd),
    ...(hasTimestamp ? { timestamp: entry.timestamp } : {}),
    ...(entry.kind === ENTRY_KIND.put ? { value: valueBuffer.slice(valueStart, valueEnd) } : {}),
  };
}

function entryFields(block: Block, at: number, format: DatabaseFormat): Field[] {
  const reader = new FieldReader(block.bytes, at);
  reader.u16("shared with the first key");
  reader.bytes("rest of the key", reader.u16("rest of the key, length"));
  if (format === "native") reader.u8("kind");
  if (format !== "plain") reader.long("timestamp", format === "native" ? 7 : 8);
  reader.bytes("value", format === "native" ? reader.u32("value, length") : reader.u16("value, length"));
  return reader.fields;
}

function tailFields(block: Block): Field[] {
  const reader = new FieldReader(block.bytes, block.entriesEnd);
  reader.numbers("entries start at", block.count);
  reader.u16("entries");
  return reader.fields;
}
