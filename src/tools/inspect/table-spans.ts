import { readU32 } from "../../codec/byte-reader.ts";
import type { DatabaseFormat } from "../../options.ts";
import { formatByBlocks } from "../anatomy/block-format.ts";
import type { FaultSink } from "../anatomy/fault.ts";
import type { FileBytes } from "../anatomy/file-bytes.ts";
import { readTableParts } from "../anatomy/read-table-parts.ts";
import { tableBlocks } from "../anatomy/table-blocks.ts";
import type { Place, TablePartName, TableParts } from "../anatomy/table-parts.ts";
import { entrySpans } from "./block-spans.ts";
import { FieldReader, headerFields } from "./fields.ts";
import { type Detail, type Field, hexOf, hexOfBytes, type Span, type SpanValue } from "./span.ts";
import { fragmentSpans, indexSpans } from "./table-part-spans.ts";

const SIZE_CHECKSUM = 4;
const SIZE_OFFSET = 4;
const BITS_PER_BYTE = 8;

/** What a table file says, and where, in the order of the file. What is damaged goes to the sink. */
export function* tableSpans(
  file: FileBytes,
  format: DatabaseFormat | undefined,
  detail: Detail,
  sink: FaultSink,
): Generator<Span, DatabaseFormat | undefined> {
  const parts = readTableParts(file, { format }, sink);
  const found = parts.format ?? format ?? formatByBlocks(file);
  for (const place of parts.places) if (place.name === "header") yield* partSpans(file, parts, place, detail);
  if (found !== undefined) yield* blockSpans(file, parts, found, detail, sink);
  for (const place of parts.places) if (place.name !== "header") yield* partSpans(file, parts, place, detail);
  return found;
}

function* blockSpans(
  file: FileBytes,
  parts: TableParts,
  format: DatabaseFormat,
  detail: Detail,
  sink: FaultSink,
): Generator<Span> {
  for (const { place, number, block } of tableBlocks(file, parts, format, sink)) {
    const { start: offset, end } = place;
    const known: { [name: string]: SpanValue } = number === undefined ? {} : { number };
    if (block === undefined) {
      yield {
        what: number === undefined ? "gap" : "block",
        offset,
        sizeBytes: end - offset,
        depth: 0,
        facts: { ...known, isWhole: false },
      };
      continue;
    }
    const checksumAt = end - SIZE_CHECKSUM;
    const checksum = hexOf(readU32(file.read(checksumAt, end), 0));
    const facts = { ...known, isWhole: true, entries: block.count, checksum };
    yield { what: "block", offset, sizeBytes: end - offset, depth: 0, facts };
    if (detail === "parts") continue;
    yield* entrySpans(block, offset, format, detail);
    if (detail !== "bytes") continue;
    const fields = [{ name: "checksum", sizeBytes: SIZE_CHECKSUM, value: checksum }];
    yield { what: "checksum", offset: checksumAt, sizeBytes: SIZE_CHECKSUM, depth: 1, facts: {}, fields };
  }
}

type NamedPlace = Place & { readonly name: TablePartName };

function* partSpans(file: FileBytes, parts: TableParts, place: NamedPlace, detail: Detail): Generator<Span> {
  const { name, start, end } = place;
  const facts = factsOf(parts, name);
  const span = { what: name, offset: start, sizeBytes: end - start, depth: 0 } as const;
  if (facts === undefined) {
    yield { ...span, facts: { isWhole: false } };
    return;
  }
  const bytes = file.read(start, end);
  const wanted = detail === "bytes" ? partFields(name, bytes) : undefined;
  yield { ...span, facts: { isWhole: true, ...facts }, fields: wanted };
  if (detail !== "parts" && name === "index" && parts.index !== undefined)
    yield* indexSpans(parts.index, start, detail);
  if (detail !== "parts" && name === "range deletes" && parts.rangeDeletes !== undefined) {
    yield* fragmentSpans(bytes, parts.rangeDeletes, start, detail);
  }
  if (detail === "bytes") yield* pointerSpans(file, parts, name, end);
}

function factsOf(parts: TableParts, name: TablePartName): { readonly [name: string]: SpanValue } | undefined {
  const { header, footer, rangeDeletes, index, bloom } = parts;
  switch (name) {
    case "header":
      return header && { databaseId: hexOfBytes(header.databaseId), fileId: header.fileId };
    case "range deletes":
      return rangeDeletes && { fragments: rangeDeletes.fragmentCount };
    case "index":
      return (
        index && {
          blocks: index.firstKeyStarts.length,
          ...(index.format === "mvcc" ? { maxTimestamp: index.maxTimestamp } : {}),
        }
      );
    case "filter":
      return bloom && { bits: bloom.bits.length * BITS_PER_BYTE, probes: bloom.probes };
    case "footer":
      if (footer === undefined) return undefined;
      return {
        entries: footer.entryCount,
        deletes: footer.deleteCount,
        fragments: footer.rangeDeleteCount,
        maxTimestamp: footer.maxTimestamp,
      };
  }
}

/** Of parts without anything inside. */
function partFields(name: TablePartName, bytes: Uint8Array): readonly Field[] | undefined {
  if (name === "header") return headerFields(bytes);
  const reader = new FieldReader(bytes, 0);
  if (name === "filter") {
    reader.hex("bits", bytes.length - 1 - SIZE_CHECKSUM);
    reader.u8("probes");
    reader.crc("checksum");
    return reader.fields;
  }
  if (name !== "footer") return undefined;
  for (const field of [
    "range deletes start",
    "index starts",
    "filter starts",
    "entries",
    "deletes",
    "fragments",
    "newest timestamp",
  ]) {
    reader.long(field, 8);
  }
  reader.crc("checksum");
  reader.hex("magic", bytes.length - reader.position);
  return reader.fields;
}

/** In the reference's formats a part is followed by where it starts. */
function* pointerSpans(file: FileBytes, parts: TableParts, name: TablePartName, at: number): Generator<Span> {
  if (parts.format === "native" || (name !== "index" && name !== "filter")) return;
  const reader = new FieldReader(file.read(at, at + SIZE_OFFSET), 0);
  reader.u32(`the ${name} starts at`);
  yield { what: "pointer", offset: at, sizeBytes: SIZE_OFFSET, depth: 1, facts: {}, fields: reader.fields };
}
