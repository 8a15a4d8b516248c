import { readU32 } from "../../codec/byte-reader.ts";
import { CorruptionError } from "../../errors.ts";
import type { DatabaseFormat } from "../../options.ts";
import { decodeBloom } from "../../sstable/bloom.ts";
import { decodeIndex, SIZE_OFFSET, type TableIndex } from "../../sstable/format.ts";
import { attempt, type FaultSink } from "./fault.ts";
import type { FileBytes } from "./file-bytes.ts";
import type { Place, TablePartName, TableParts } from "./table-parts.ts";

/** The parts of a table of `plain` or `mvcc`. They name each other's starts, from the back of the file to its front. */
export function readReferenceParts(file: FileBytes, format: DatabaseFormat | undefined, sink: FaultSink): TableParts {
  const bloomPlace = attempt(sink, "filter", () => findBloom(file));
  const indexPlace = bloomPlace && attempt(sink, "index", () => findIndex(file, bloomPlace));
  const bloom =
    bloomPlace &&
    attempt(sink, "filter", () =>
      decodeBloom(file.read(bloomPlace.start, bloomPlace.end), file.path, bloomPlace.start),
    );
  const index = indexPlace && attempt(sink, "index", () => readIndex(file, indexPlace, format));
  const places: (Place & { readonly name: TablePartName })[] = [];
  if (indexPlace !== undefined) places.push({ name: "index", ...indexPlace });
  if (bloomPlace !== undefined) places.push({ name: "filter", ...bloomPlace });
  return {
    format: index?.format ?? format,
    blocks: { start: 0, end: index === undefined ? file.sizeBytes : (indexPlace?.start ?? file.sizeBytes) },
    blocksEnd: indexPlace?.start,
    header: undefined,
    footer: undefined,
    rangeDeletes: undefined,
    index,
    bloom,
    places,
  };
}

function findBloom(file: FileBytes): Place {
  const end = file.sizeBytes - SIZE_OFFSET;
  if (end < 0) throw new CorruptionError(file.path, 0, `a file of ${file.sizeBytes} bytes is no table`);
  const start = readU32(file.read(end, file.sizeBytes), 0);
  if (start > end || start < SIZE_OFFSET) {
    throw new CorruptionError(file.path, end, `the bloom filter cannot start at ${start}`);
  }
  return { start, end };
}

function findIndex(file: FileBytes, bloom: Place): Place {
  const end = bloom.start - SIZE_OFFSET;
  const start = readU32(file.read(end, bloom.start), 0);
  if (start > end) throw new CorruptionError(file.path, end, `the index cannot start at ${start}`);
  return { start, end };
}

/** As the format that it is told to have, and if it is not that, as the one that it has. */
function readIndex(file: FileBytes, { start, end }: Place, format: DatabaseFormat | undefined): TableIndex {
  const bytes = file.read(start, end);
  const place = { start, blocksStart: 0, blocksEnd: start };
  try {
    return decodeIndex(bytes, file.path, place, format);
  } catch (error) {
    if (format === undefined || !(error instanceof CorruptionError)) throw error;
    try {
      return decodeIndex(bytes, file.path, place, undefined);
    } catch {
      // Neither: what is wrong with it as what it should be says more.
      throw error;
    }
  }
}
