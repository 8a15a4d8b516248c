import type { NativeFile } from "../../codec/native-header.ts";
import type { RangeDeletes } from "../../iterator/range-deletes.ts";
import type { DatabaseFormat } from "../../options.ts";
import type { BloomFilter } from "../../sstable/bloom.ts";
import type { TableIndex } from "../../sstable/format.ts";
import type { NativeFooter } from "../../sstable/native-footer.ts";

/** Bytes [start, end) of a file. */
export type Place = { readonly start: number; readonly end: number };

/**
 * What of a table file could be read, each part by itself: one that is damaged is undefined, and was told to a sink. A part
 * that the format does not have is undefined, too.
 */
export type TableParts = {
  /** undefined where the bytes do not say. */
  readonly format: DatabaseFormat | undefined;
  /** Where blocks can be. Its end is that of the file where the index does not say better. */
  readonly blocks: Place;
  /** Where the blocks end and the rest begins, by the word of the rest; undefined where that cannot be believed. */
  readonly blocksEnd: number | undefined;
  readonly header: NativeFile | undefined;
  readonly footer: NativeFooter | undefined;
  readonly rangeDeletes: RangeDeletes | undefined;
  readonly index: TableIndex | undefined;
  readonly bloom: BloomFilter | undefined;
  /** Where the other parts lie, in the order of the file, as far as that is known. */
  readonly places: readonly (Place & { readonly name: TablePartName })[];
};

export type TablePartName = "header" | "range deletes" | "index" | "filter" | "footer";

/** What is known of a table before its file is read. */
export type ExpectedTable = {
  readonly format?: DatabaseFormat | undefined;
  readonly id?: number | undefined;
  /** Of the database, in `native`. */
  readonly databaseId?: Uint8Array | undefined;
};
