import { readU32 } from "../codec/byte-reader.ts";
import { CorruptionError } from "../errors.ts";
import { RangeDeletes } from "../iterator/range-deletes.ts";
import type { ReferenceFormat } from "../options.ts";
import { decodeBloom } from "./bloom.ts";
import { decodeIndex, SIZE_OFFSET } from "./format.ts";
import type { TableFile } from "./table-file.ts";
import type { TableParts } from "./table-parts.ts";

/**
 * Reads all but the blocks of a table as the reference writes it. Without a format it finds out which of the two it is.
 * Throws CorruptionError or IoError.
 */
export function readReferenceTable(file: TableFile, format: ReferenceFormat | undefined): TableParts {
  const { indexOffset, bloomOffset, bloomEnd } = readLayout(file);
  const bloom = decodeBloom(file.read(bloomOffset, bloomEnd), file.path, bloomOffset);
  const indexBytes = file.read(indexOffset, bloomOffset - SIZE_OFFSET);
  const place = { start: indexOffset, blocksStart: 0, blocksEnd: indexOffset };
  const index = decodeIndex(indexBytes, file.path, place, format);
  return {
    index,
    bloom,
    rangeDeletes: RangeDeletes.none,
    maxTimestamp: index.maxTimestamp,
    entryCount: undefined,
    deleteCount: undefined,
  };
}

type TableLayout = { readonly indexOffset: number; readonly bloomOffset: number; readonly bloomEnd: number };

/** Finds the parts of a table, from the back of the file to its front. */
function readLayout(file: TableFile): TableLayout {
  const bloomEnd = file.sizeBytes - SIZE_OFFSET;
  if (bloomEnd < 0) throw new CorruptionError(file.path, 0, `a file of ${file.sizeBytes} bytes is no table`);
  const bloomOffset = readU32(file.read(bloomEnd, file.sizeBytes), 0);
  const indexEnd = bloomOffset - SIZE_OFFSET;
  if (bloomOffset > bloomEnd || indexEnd < 0) {
    throw new CorruptionError(file.path, bloomEnd, `the bloom filter cannot start at ${bloomOffset}`);
  }
  const indexOffset = readU32(file.read(indexEnd, bloomOffset), 0);
  if (indexOffset > indexEnd) {
    throw new CorruptionError(file.path, indexEnd, `the index cannot start at ${indexOffset}`);
  }
  return { indexOffset, bloomOffset, bloomEnd };
}
