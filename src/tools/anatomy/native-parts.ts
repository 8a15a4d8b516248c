import {
  checkNativeHeader,
  decodeNativeHeader,
  hasNativeMagic,
  NATIVE_FILE_KIND,
  NATIVE_MAGIC,
  type NativeFile,
  SIZE_NATIVE_HEADER,
} from "../../codec/native-header.ts";
import { CorruptionError } from "../../errors.ts";
import { decodeBloom } from "../../sstable/bloom.ts";
import { decodeIndex } from "../../sstable/format.ts";
import { decodeNativeFooter, SIZE_NATIVE_FOOTER } from "../../sstable/native-footer.ts";
import { decodeRangeDeletes } from "../../sstable/range-deletes-block.ts";
import { attempt, type FaultSink } from "./fault.ts";
import type { FileBytes } from "./file-bytes.ts";
import type { ExpectedTable, TableParts } from "./table-parts.ts";

/** Whether a file begins, or a table ends, as those of a native database do. Throws IoError. */
export function isNativeFile(file: FileBytes): boolean {
  const { sizeBytes } = file;
  const { length } = NATIVE_MAGIC;
  if (sizeBytes < length) return false;
  return hasNativeMagic(file.read(0, length)) || hasNativeMagic(file.read(sizeBytes - length, sizeBytes));
}

/** The parts of a native table. They are found by the footer. */
export function readNativeParts(file: FileBytes, expected: ExpectedTable, sink: FaultSink): TableParts {
  const header = attempt(sink, "header", () => readHeader(file, expected, sink));
  const footerStart = file.sizeBytes - SIZE_NATIVE_FOOTER;
  const footer = attempt(sink, "footer", () => {
    if (footerStart < SIZE_NATIVE_HEADER) {
      throw new CorruptionError(file.path, 0, `a file of ${file.sizeBytes} bytes is no table`);
    }
    return decodeNativeFooter(file.read(footerStart, file.sizeBytes), file.path, footerStart);
  });
  const headerPlace = { name: "header", start: 0, end: Math.min(SIZE_NATIVE_HEADER, file.sizeBytes) } as const;
  if (footer === undefined) {
    const blocks = { start: headerPlace.end, end: file.sizeBytes };
    const unknown = { rangeDeletes: undefined, index: undefined, bloom: undefined };
    return { format: "native", blocks, blocksEnd: undefined, header, footer, ...unknown, places: [headerPlace] };
  }
  const { rangeDeletesStart, indexStart, bloomStart } = footer;
  const blocks = { start: SIZE_NATIVE_HEADER, end: rangeDeletesStart };
  const blocksEnd = rangeDeletesStart;
  const rangeDeletes = attempt(sink, "range deletes", () =>
    decodeRangeDeletes(file.read(rangeDeletesStart, indexStart), file.path, rangeDeletesStart),
  );
  const index = attempt(sink, "index", () => {
    const place = { start: indexStart, blocksStart: SIZE_NATIVE_HEADER, blocksEnd: rangeDeletesStart };
    return decodeIndex(file.read(indexStart, bloomStart), file.path, place, "native");
  });
  const bloom = attempt(sink, "filter", () => decodeBloom(file.read(bloomStart, footerStart), file.path, bloomStart));
  const places = [
    headerPlace,
    { name: "range deletes", start: rangeDeletesStart, end: indexStart },
    { name: "index", start: indexStart, end: bloomStart },
    { name: "filter", start: bloomStart, end: footerStart },
    { name: "footer", start: footerStart, end: file.sizeBytes },
  ] as const;
  return { format: "native", blocks, blocksEnd, header, footer, rangeDeletes, index, bloom, places };
}

/** A header that is whole and says something else than expected is answered as it is, and told to the sink. */
function readHeader(file: FileBytes, { id, databaseId }: ExpectedTable, sink: FaultSink): NativeFile {
  const bytes = file.read(0, Math.min(SIZE_NATIVE_HEADER, file.sizeBytes));
  const found = decodeNativeHeader(bytes, file.path);
  const expected = {
    kind: NATIVE_FILE_KIND.table,
    databaseId: databaseId ?? found.databaseId,
    fileId: id ?? found.fileId,
  };
  attempt(sink, "header", () => checkNativeHeader(bytes, file.path, expected));
  return found;
}
