import { join } from "node:path";
import type { Block } from "../../block/block.ts";
import { decodeBlock } from "../../block/block-format.ts";
import { readU32 } from "../../codec/byte-reader.ts";
import { compareKeys } from "../../codec/bytes.ts";
import { crc32 } from "../../codec/crc32.ts";
import { CorruptionError } from "../../errors.ts";
import { tableFileName } from "../../fs/file-names.ts";
import type { FileSystem } from "../../fs/file-system.ts";
import { indexKeyEnd, SIZE_CHECKSUM, type TableIndex } from "../../sstable/format.ts";
import { lastKeyBefore } from "../../sstable/range-deletes-block.ts";
import { FileBytes } from "../anatomy/file-bytes.ts";
import { readTableParts } from "../anatomy/read-table-parts.ts";
import type { TableParts } from "../anatomy/table-parts.ts";
import { type ShownTable, shownKey } from "./change.ts";

/** A table's file, open for a look. */
export type OpenTable = {
  readonly id: number;
  readonly file: FileBytes;
  readonly parts: TableParts;
  /** What is wrong with the parts, one sentence each. */
  readonly faults: readonly string[];
};

/**
 * Reads a table, of any format and in any state, with a descriptor of its own that is closed afterwards: what the database
 * itself has open and cached stays as it is. Throws LsmError UNSUPPORTED where a newer program wrote the file, IoError.
 */
export function withTable<Result>(
  fs: FileSystem,
  directory: string,
  id: number,
  look: (table: OpenTable) => Result,
): Result {
  using file = FileBytes.open(fs, join(directory, tableFileName(id)));
  const faults: string[] = [];
  const parts = readTableParts(file, { id }, (part, offset, problem) => {
    faults.push(offset === undefined ? `${part}: ${problem}` : `${part}, at byte ${offset}: ${problem}`);
  });
  return look({ id, file, parts, faults });
}

/** A block by its number in the index. Throws CorruptionError, IoError. */
export function readBlock({ file }: OpenTable, index: TableIndex, number: number): Block {
  const start = index.blockOffsets[number] ?? 0;
  const bytes = file.read(start, index.blockOffsets[number + 1] ?? start);
  const checksumStart = bytes.length - SIZE_CHECKSUM;
  if (checksumStart < 0 || crc32(bytes, 0, checksumStart) !== readU32(bytes, checksumStart)) {
    throw new CorruptionError(file.path, start, `the checksum of block ${number} does not match`);
  }
  return decodeBlock(bytes.subarray(0, checksumStart), index.format, file.path, start);
}

/** What the file says of itself; without a sound index nothing of its keys. */
export function shownOpenTable({ id, file, parts }: OpenTable): ShownTable {
  const { index, footer, rangeDeletes } = parts;
  return {
    id,
    sizeBytes: file.sizeBytes,
    keys: index && keysOf(index, parts),
    entries: footer?.entryCount,
    deletes: footer?.deleteCount,
    rangeDeletes: parts.format === "native" ? rangeDeletes?.fragmentCount : 0,
  };
}

/** The least and the greatest key that the table says anything about. */
function keysOf(index: TableIndex, { rangeDeletes }: TableParts): ShownTable["keys"] {
  const { bytes, firstKeyStarts, lastKeyStart, lastKeyEnd } = index;
  const start = firstKeyStarts[0];
  const entryKeys =
    start === undefined ? [] : [bytes.slice(start, indexKeyEnd(bytes, start)), bytes.slice(lastKeyStart, lastKeyEnd)];
  const fragments = rangeDeletes?.fragments ?? [];
  const bounds = fragments.flatMap(({ from, to }) => [from, lastKeyBefore(to)]);
  const keys = [...entryKeys, ...bounds].sort(compareKeys);
  const [first, last] = [keys[0], keys.at(-1)];
  return first && last && { first: shownKey(first), last: shownKey(last) };
}
