import type { Block } from "../block/block.ts";
import { compareKeys } from "../codec/bytes.ts";
import type { Direction } from "../iterator/merge-order.ts";
import { BEHIND_VERSIONS } from "../iterator/storage-iterator.ts";
import { TIMESTAMP_MAX } from "../key.ts";
import type { BlockSpan } from "./block-reader.ts";
import type { SSTable } from "./sstable.ts";
import type { TableContent } from "./table-content.ts";
import type { TableFeed } from "./table-feed.ts";

/** What is read at once at first, and at most. Each is twice the one before, so that a short scan reads little too much. */
const SPAN_BYTES_FIRST: number = 16 * 1024;
const SPAN_BYTES_MAX: number = 256 * 1024;

/** What the feeds of one scan share. */
export interface FeedGate {
  /** Set as soon as one of them lacks something. */
  isWaiting: boolean;
}

/** Which way a scan goes, and up to where: a place as seeks name it, undefined when there is no bound. */
export type FeedRange = {
  readonly direction: Direction;
  readonly end: { readonly key: Uint8Array; readonly timestamp: number } | undefined;
};

type Wanted = { readonly content: TableContent; readonly index: number } | { readonly table: SSTable };

type Done = (error: Error | undefined) => void;

/** Blocks that lie side by side, read or being read. */
class Window {
  readonly content: TableContent;
  readonly span: BlockSpan;
  /** undefined while they are being read. */
  blocks: readonly Block[] | undefined = undefined;
  readonly waiting: Done[] = [];

  constructor(content: TableContent, span: BlockSpan) {
    this.content = content;
    this.span = span;
  }

  covers(content: TableContent, index: number): boolean {
    return content === this.content && index >= this.span.first && index < this.span.end;
  }

  block(content: TableContent, index: number): Block | undefined {
    return this.covers(content, index) ? this.blocks?.[index - this.span.first] : undefined;
  }
}

/**
 * The blocks of a sorted run for one scan that never waits for the disk: from the cache, or from windows that are read in
 * the background.
 *
 * There are two windows at most: the one that the cursor goes through and the one after it. While the scan goes on they
 * grow, and the next one is read before it is asked for, with the next table's content where the table ends. Past the end
 * of the range nothing is read.
 */
export class RunFeed implements TableFeed {
  isWaiting = false;
  readonly #tables: readonly SSTable[];
  readonly #range: FeedRange;
  readonly #gate: FeedGate;
  /** Where the table stands in the run that was asked for last. */
  #position = -1;
  /** Loaded before it was asked for, or because it was. */
  #loaded: { readonly table: SSTable; readonly content: TableContent } | undefined;
  #current: Window | undefined;
  #next: Window | undefined;
  #spanBytes = SPAN_BYTES_FIRST;
  /** Of a content: the last block, in the direction of the scan, that reaches into the range. */
  #limit: { readonly content: TableContent; readonly index: number } | undefined;
  /** A block, or the content of a table, that was asked for and is missing. */
  #missing: Wanted | undefined;
  #isClosed = false;

  constructor(tables: readonly SSTable[], range: FeedRange, gate: FeedGate) {
    this.#tables = tables;
    this.#range = range;
    this.#gate = gate;
  }

  content(table: SSTable): TableContent | undefined {
    const content = this.#loaded?.table === table ? this.#loaded.content : table.loadedContent;
    this.#setPosition(table);
    const isWanted = content === undefined && !this.#isTablePastEnd(table);
    this.#tell(isWanted ? { table } : undefined);
    return content;
  }

  block(content: TableContent, index: number): Block | undefined {
    const block = this.#fromWindows(content, index) ?? content.cachedBlock(index);
    const isWanted = block === undefined && !this.#isPastLimit(content, index);
    this.#tell(isWanted ? { content, index } : undefined);
    return block;
  }

  /** The scan begins anew somewhere else: what comes next may be short again. */
  restart(): void {
    this.#spanBytes = SPAN_BYTES_FIRST;
  }

  /** Loads what is missing; `done` is called once, perhaps before this returns, with what prevents it. */
  load(done: Done): void {
    const missing = this.#missing;
    if (missing === undefined) {
      done(undefined);
    } else if ("table" in missing) {
      this.#loadContent(missing.table, done);
    } else {
      const { content, index } = missing;
      const begun = this.#next?.covers(content, index) === true ? this.#next : undefined;
      const window = begun ?? this.#nextWindow(content, index);
      if (window.blocks === undefined) window.waiting.push(done);
      else done(undefined);
      if (begun === undefined) this.#read(window);
    }
  }

  /** Nothing more is read, and what is being read is dropped. */
  close(): void {
    this.#isClosed = true;
    this.#missing = undefined;
    this.#loaded = undefined;
    this.#current = undefined;
    this.#next = undefined;
  }

  #tell(missing: Wanted | undefined): void {
    this.#missing = missing;
    this.isWaiting = missing !== undefined;
    if (this.isWaiting) this.#gate.isWaiting = true;
  }

  #fromWindows(content: TableContent, index: number): Block | undefined {
    const block = this.#current?.block(content, index);
    if (block !== undefined) return block;
    const next = this.#next?.block(content, index);
    if (next === undefined) return undefined;
    const isGoingOn = this.#spanBytes > SPAN_BYTES_FIRST * 2;
    this.#current = this.#next;
    this.#next = undefined;
    if (isGoingOn) this.#readAhead();
    return next;
  }

  /** A window from this block on, which is the next one from now on. */
  #nextWindow(content: TableContent, index: number): Window {
    const span = this.#withinLimit(content, content.reader.span(index, this.#spanBytes, this.#range.direction));
    this.#spanBytes = Math.min(this.#spanBytes * 2, SPAN_BYTES_MAX);
    this.#next = new Window(content, span);
    // A block as large as a value can be is not in memory together with others.
    if (span.sizeBytes > SPAN_BYTES_MAX) this.#current = undefined;
    return this.#next;
  }

  #read(window: Window): void {
    window.content.readForScan(window.span, (blocks) => {
      const error = blocks instanceof Error ? blocks : undefined;
      if (!(blocks instanceof Error)) window.blocks = blocks;
      // Whoever asks for it from now on reads it again, and is told what is wrong.
      else if (this.#next === window) this.#next = undefined;
      for (const done of window.waiting.splice(0)) done(error);
    });
  }

  /** Reads what lies behind the window that the cursor has entered. */
  #readAhead(): void {
    const window = this.#current;
    if (window === undefined) return;
    const { content, span } = window;
    const index = this.#isAscending ? span.end : span.first - 1;
    if (index < 0 || index >= content.blockCount) this.#readNextTable();
    else this.#readUnasked(content, index);
  }

  #readUnasked(content: TableContent, index: number): void {
    if (this.#isPastLimit(content, index) || content.isCached(index)) return;
    if (content.reader.span(index, 0, this.#range.direction).sizeBytes > SPAN_BYTES_MAX) return;
    this.#read(this.#nextWindow(content, index));
  }

  #readNextTable(): void {
    const step = this.#isAscending ? 1 : -1;
    let position = this.#position + step;
    while (this.#tables[position]?.entryCount === 0) position += step;
    const table = this.#tables[position];
    if (table === undefined || this.#isTablePastEnd(table)) return;
    this.#loadContent(table, (_, content) => {
      const isWanted = !this.#isClosed && this.#next === undefined && this.#missing === undefined;
      if (content === undefined || content.blockCount === 0 || !isWanted) return;
      this.#readUnasked(content, this.#isAscending ? 0 : content.blockCount - 1);
    });
  }

  #loadContent(table: SSTable, done: (error: Error | undefined, content: TableContent | undefined) => void): void {
    table.hold((error) => {
      const content = table.loadedContent;
      if (content !== undefined && !this.#isClosed) this.#loaded = { table, content };
      done(error, content);
      table.release();
    });
  }

  /** Tables are gone through one after another, but for seeks. */
  #setPosition(table: SSTable): void {
    for (const position of [this.#position, this.#position + 1, this.#position - 1]) {
      if (this.#tables[position] !== table) continue;
      this.#position = position;
      return;
    }
    this.#position = this.#tables.indexOf(table);
  }

  #isTablePastEnd({ firstKey, lastKey }: SSTable): boolean {
    const { end } = this.#range;
    if (end === undefined) return false;
    const order = this.#isAscending ? compareKeys(firstKey, end.key) : compareKeys(end.key, lastKey);
    return order > 0 || (order === 0 && end.timestamp === (this.#isAscending ? TIMESTAMP_MAX : BEHIND_VERSIONS));
  }

  #isPastLimit(content: TableContent, index: number): boolean {
    const limit = this.#limitOf(content);
    return this.#isAscending ? index > limit : index < limit;
  }

  #withinLimit(content: TableContent, span: BlockSpan): BlockSpan {
    const limit = this.#limitOf(content);
    const first = this.#isAscending ? span.first : Math.max(span.first, Math.min(limit, span.end - 1));
    const end = this.#isAscending ? Math.min(span.end, Math.max(limit, span.first) + 1) : span.end;
    return first === span.first && end === span.end ? span : content.reader.spanOf(first, end);
  }

  #limitOf(content: TableContent): number {
    if (this.#limit?.content === content) return this.#limit.index;
    const { end } = this.#range;
    const outermost = this.#isAscending ? content.blockCount - 1 : 0;
    const index = end === undefined ? outermost : content.search.blockOf(end.key, 0, end.key.length, end.timestamp);
    this.#limit = { content, index };
    return index;
  }

  get #isAscending(): boolean {
    return this.#range.direction === "ascending";
  }
}
