import {
  checkNativeHeader,
  decodeNativeHeader,
  hasNativeMagic,
  NATIVE_FILE_KIND,
  NATIVE_MAGIC,
  SIZE_NATIVE_HEADER,
} from "../codec/native-header.ts";
import { CorruptionError } from "../errors.ts";
import { decodeBloom } from "./bloom.ts";
import { decodeIndex } from "./format.ts";
import { decodeNativeFooter, type NativeFooter, SIZE_NATIVE_FOOTER } from "./native-footer.ts";
import { decodeRangeDeletes } from "./range-deletes-block.ts";
import type { TableFile } from "./table-file.ts";
import type { TableParts } from "./table-parts.ts";
import type { TableReading } from "./table-reading.ts";

/** Whether the file begins as one of a native database does. Throws IoError. */
export function isNativeTable(file: TableFile): boolean {
  return file.sizeBytes >= NATIVE_MAGIC.length && hasNativeMagic(file.read(0, NATIVE_MAGIC.length));
}

/**
 * Reads all but the blocks of a native table. Without a database id a table of any database is taken. Throws
 * CorruptionError, LsmError UNSUPPORTED where a newer program wrote it.
 */
export function* readNativeTable(file: TableFile, id: number, databaseId: Uint8Array | undefined): TableReading {
  const header = yield [0, Math.min(SIZE_NATIVE_HEADER, file.sizeBytes)];
  const expected = databaseId ?? decodeNativeHeader(header, file.path).databaseId;
  checkNativeHeader(header, file.path, { kind: NATIVE_FILE_KIND.table, databaseId: expected, fileId: id });
  const footerStart = file.sizeBytes - SIZE_NATIVE_FOOTER;
  if (footerStart < SIZE_NATIVE_HEADER) {
    throw new CorruptionError(file.path, 0, `a file of ${file.sizeBytes} bytes is no table`);
  }
  const footer = decodeNativeFooter(yield [footerStart, file.sizeBytes], file.path, footerStart);
  const { rangeDeletesStart, indexStart, bloomStart, maxTimestamp, entryCount, deleteCount } = footer;
  // In one read: these parts lie side by side.
  const bytes = yield [rangeDeletesStart, footerStart];
  const part = (start: number, end: number): Uint8Array =>
    bytes.subarray(start - rangeDeletesStart, end - rangeDeletesStart);
  const rangeDeletes = decodeRangeDeletes(part(rangeDeletesStart, indexStart), file.path, rangeDeletesStart);
  const place = { start: indexStart, blocksStart: SIZE_NATIVE_HEADER, blocksEnd: rangeDeletesStart };
  const index = decodeIndex(part(indexStart, bloomStart), file.path, place, "native");
  const bloom = decodeBloom(part(bloomStart, footerStart), file.path, bloomStart);
  const parts = { index, bloom, rangeDeletes, maxTimestamp, entryCount, deleteCount };
  checkCounts(parts, footer, file.path, footerStart);
  return parts;
}

/** What the footer counts must be what the other parts hold. */
function checkCounts(parts: TableParts, footer: NativeFooter, file: string, footerStart: number): void {
  const blockCount = parts.index.firstKeyStarts.length;
  const { entryCount, rangeDeleteCount } = footer;
  if (entryCount < blockCount || (entryCount > 0 && blockCount === 0)) {
    throw new CorruptionError(file, footerStart, `${entryCount} entries cannot be in ${blockCount} blocks`);
  }
  const { fragmentCount, fragments } = parts.rangeDeletes;
  if (fragmentCount !== rangeDeleteCount) {
    throw new CorruptionError(file, footerStart, "the table holds another number of range deletes than it says");
  }
  if (fragments.some(({ timestamps }) => (timestamps[0] ?? 0) > footer.maxTimestamp)) {
    throw new CorruptionError(file, footerStart, "a range delete is newer than the table says anything in it is");
  }
}
