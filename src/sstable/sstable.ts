import type { Block } from "../block/block.ts";
import { compareKeys } from "../codec/bytes.ts";
import { CorruptionError } from "../errors.ts";
import { RangeDeletes } from "../iterator/range-deletes.ts";
import type { LookupResult } from "../iterator/storage-iterator.ts";
import type { DatabaseFormat } from "../options.ts";
import type { BlockCache } from "./block-cache.ts";
import { Held, type Missing } from "./held.ts";
import { isNativeTable, readNativeTable } from "./native-table.ts";
import { orError } from "./or-error.ts";
import { readReferenceTable } from "./reference-table.ts";
import type { TableDescription } from "./sstable-builder.ts";
import type { TableCache } from "./table-cache.ts";
import { TableContent } from "./table-content.ts";
import type { TableFile } from "./table-file.ts";
import { firstKeyOf, lastKeyOf, type TableParts } from "./table-parts.ts";
import { readInBackground, readNow } from "./table-reading.ts";

/** What tables of one database share. */
export type TableHost = {
  readonly tables: TableCache;
  readonly blocks: BlockCache;
  /** In `native`: what all files of the database share. undefined: a table of any database is taken. */
  readonly databaseId?: Uint8Array | undefined;
};

/** What is known of a table without reading it. Only descriptions count entries for `plain` and `mvcc` tables. */
type Knowledge = Omit<TableDescription, "entryCount" | "deleteCount"> & {
  readonly entryCount: number | undefined;
  readonly deleteCount: number | undefined;
};

/**
 * An immutable sorted file of entries.
 *
 * Its index and filter, with what else `TableContent` holds, are loaded at the first use and checked. In `native` they
 * count against the block cache's capacity, and go with the descriptor when the table cache gives that up; the next use
 * loads them again. In `plain` and `mvcc` they stay as long as the table.
 */
export class SSTable implements Missing {
  readonly id: number;
  readonly sizeBytes: number;
  readonly format: DatabaseFormat;
  /** Largest timestamp of any entry or range delete; 0 in `plain`. */
  readonly maxTimestamp: number;
  /** User keys, in memory of their own. What the table says lies between them, both included. */
  readonly firstKey: Uint8Array;
  readonly lastKey: Uint8Array;
  /** undefined where neither a description nor the file tells. */
  readonly entryCount: number | undefined;
  readonly deleteCount: number | undefined;
  /** Fragments of range deletes. */
  readonly rangeDeleteCount: number;
  readonly #host: TableHost;
  readonly #file: TableFile;
  #content: TableContent | undefined;
  #held: Held<TableContent> | undefined;

  private constructor(host: TableHost, id: number, format: DatabaseFormat, known: Knowledge, file: TableFile) {
    this.id = id;
    this.sizeBytes = known.sizeBytes;
    this.format = format;
    this.maxTimestamp = known.maxTimestamp;
    this.firstKey = known.firstKey;
    this.lastKey = known.lastKey;
    this.entryCount = known.entryCount;
    this.deleteCount = known.deleteCount;
    this.rangeDeleteCount = known.rangeDeleteCount;
    this.#host = host;
    this.#file = file;
    if (format === "native") file.owner = this;
  }

  /**
   * Opens a table. With a description, which then must be of that format, nothing is read yet. Without one everything but
   * the blocks is read and checked, and without a format it finds out which one the file has; with one, a file of another
   * is a CorruptionError. Throws CorruptionError, LsmError UNSUPPORTED where a newer program wrote the file, IoError.
   */
  static open(host: TableHost, id: number, format?: DatabaseFormat, description?: TableDescription): SSTable {
    if (format !== undefined && description !== undefined) {
      return new SSTable(host, id, format, description, host.tables.open(id, description.sizeBytes));
    }
    const file = host.tables.open(id);
    try {
      const parts = readParts(file, host, id, format);
      const table = new SSTable(host, id, parts.index.format, knownFrom(parts, file), file);
      table.#keep(parts);
      return table;
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** Index, filter and what else is kept of the file while it is read. Throws CorruptionError or IoError. */
  get content(): TableContent {
    this.#file.isMarked = true;
    return this.#content ?? this.#load();
  }

  /** Whether the content is in memory, so that nothing but blocks is read of the file. */
  get isLoaded(): boolean {
    return this.#content !== undefined;
  }

  /** The content if it is in memory. */
  get loadedContent(): TableContent | undefined {
    this.#file.isMarked = true;
    return this.#content ?? this.#held?.piece;
  }

  /** Throws CorruptionError or IoError. */
  get blockCount(): number {
    return this.content.blockCount;
  }

  /** Where there are none the file is not read. Throws CorruptionError or IoError. */
  get rangeDeletes(): RangeDeletes {
    if (this.rangeDeleteCount === 0) return RangeDeletes.none;
    return this.#contentToAsk()?.rangeDeletes ?? RangeDeletes.none;
  }

  /** False when the table certainly has no entry whose key has this fingerprint32. Throws CorruptionError or IoError. */
  mayContain(hash: number): boolean {
    return this.content.bloom.mayContain(hash);
  }

  /**
   * Finds the newest version of a key with timestamp ≤ `readTimestamp`, a delete too, and lends its bytes in `result`;
   * false leaves `result` alone. Range deletes are not looked at. `hash` is the key's fingerprint32. Where reads are
   * answered from memory alone (`BlockCache.missing`), what is missing makes the answer worthless. Throws CorruptionError
   * or IoError.
   */
  get(
    hash: number,
    key: Uint8Array,
    keyStart: number,
    keyEnd: number,
    readTimestamp: number,
    result: LookupResult,
  ): boolean {
    const content = this.#contentToAsk();
    return content?.get(hash, key, keyStart, keyEnd, readTimestamp, result) === true;
  }

  /** As `Missing.hold`, of the content. */
  hold(done: (error: Error | undefined) => void): void {
    const before = this.#held;
    const held = before ?? new Held<TableContent>();
    held.hold(done);
    if (before !== undefined) return;
    this.#held = held;
    if (this.#content !== undefined) held.settle(this.#content);
    else if (this.format !== "native") held.settle(orError(() => this.#load()));
    else this.#loadInBackground(held);
  }

  /** As `Missing.release`, of the content. */
  release(): void {
    if (this.#held?.release() === true) this.#held = undefined;
  }

  /** As the methods of `TableContent` that have these names. */
  block(index: number): Block {
    return this.content.block(index);
  }

  readBlock(index: number): Block {
    return this.content.readBlock(index);
  }

  readBlocks(first: number, sizeBytes: number): Block[] {
    return this.content.readBlocks(first, sizeBytes);
  }

  /** Gives up the descriptor, the cached blocks and the content, for a table that leaves the tree. Reading on is allowed and loads again. */
  close(): void {
    this.#file.close();
    this.letGo();
  }

  /** For `TableFile`: its descriptor was given up. */
  letGo(): void {
    const content = this.#content;
    if (content === undefined) return;
    this.#content = undefined;
    content.retire();
    if (this.format === "native") this.#host.blocks.giveBack(content.memorySizeBytes);
  }

  /** undefined where it is missing and look-ups are answered from memory alone. */
  #contentToAsk(): TableContent | undefined {
    const inMemory = this.loadedContent;
    if (inMemory !== undefined) return inMemory;
    const { missing } = this.#host.blocks;
    if (missing === undefined) return this.#load();
    missing.push(this);
    return undefined;
  }

  #loadInBackground(held: Held<TableContent>): void {
    const reading = readNativeTable(this.#file, this.id, this.#host.databaseId);
    readInBackground(this.#file, reading, (parts) => {
      held.settle(parts instanceof Error ? parts : orError(() => this.#content ?? this.#accept(parts)));
    });
  }

  #load(): TableContent {
    return this.#accept(readParts(this.#file, this.#host, this.id, this.format));
  }

  #accept(parts: TableParts): TableContent {
    this.#checkAgainst(parts);
    return this.#keep(parts);
  }

  #keep(parts: TableParts): TableContent {
    const { blocks, tables } = this.#host;
    const content = new TableContent(parts, this.#file, blocks);
    if (!this.#file.isHeld) {
      // Its descriptor went while it was being read: it is for those who hold it, and stays no longer.
      content.retire();
      return content;
    }
    this.#content = content;
    if (this.format === "native") {
      blocks.take(content.memorySizeBytes);
      while (blocks.isOvertaken && tables.giveUpOneBut(this.#file));
    }
    return content;
  }

  /** A file that is not what the manifest described must not be taken for it, however sound it is. */
  #checkAgainst(parts: TableParts): void {
    const { entryCount, deleteCount, maxTimestamp } = parts;
    const isSame =
      (entryCount ?? this.entryCount) === this.entryCount &&
      (deleteCount ?? this.deleteCount) === this.deleteCount &&
      maxTimestamp === this.maxTimestamp &&
      parts.rangeDeletes.fragmentCount === this.rangeDeleteCount &&
      compareKeys(firstKeyOf(parts), this.firstKey) === 0 &&
      compareKeys(lastKeyOf(parts), this.lastKey) === 0;
    if (!isSame) throw new CorruptionError(this.#file.path, 0, "the table is not the one that was described");
  }
}

function readParts(file: TableFile, host: TableHost, id: number, format: DatabaseFormat | undefined): TableParts {
  const isNative = format === undefined ? isNativeTable(file) : format === "native";
  if (isNative) return readNow(file, readNativeTable(file, id, host.databaseId));
  return readReferenceTable(file, format === "native" ? undefined : format);
}

function knownFrom(parts: TableParts, file: TableFile): Knowledge {
  return {
    sizeBytes: file.sizeBytes,
    entryCount: parts.entryCount,
    deleteCount: parts.deleteCount,
    rangeDeleteCount: parts.rangeDeletes.fragmentCount,
    firstKey: firstKeyOf(parts),
    lastKey: lastKeyOf(parts),
    maxTimestamp: parts.maxTimestamp,
  };
}
