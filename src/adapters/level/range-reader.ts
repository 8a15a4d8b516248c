import type { AsyncCursor } from "../../engine/async-cursor.ts";
import type { Cursor } from "../../engine/cursor.ts";
import type { Range } from "../../engine/range.ts";
import type { Reads } from "../../engine/reads.ts";
import { AbortError, levelError } from "./errors.ts";
import { isWithin } from "./range.ts";
import { TURN_MS, turns } from "./turns.ts";

/** What is read from for longer than a call: as it was at one moment, as far as it can be. */
export interface Moment {
  readonly reads: Reads;
  /** Ends what was kept for this reader alone. */
  close(): void;
}

export type ReaderOptions = {
  readonly signal: AbortSignal | undefined;
  /** One answer of `nextv` ends when it holds so many bytes of keys and values. */
  readonly bytesMax: number;
};

/** So many entries are read between two looks at the clock. */
const ENTRIES_PER_LOOK = 128;
/** `next` reads ahead: twice as far each time, up to so many entries or the first bytes past so many. */
const AHEAD_ENTRIES_MAX = 128;
const AHEAD_BYTES_MAX: number = 16 * 1024;

/**
 * What abstract-level's iterators have in common: the entries of a range, one at a time, some or all, each as an `Item`.
 *
 * Nothing is read before the first answer is asked for, so that making an iterator, and a seek right after it, cost
 * nothing. What is in memory is taken at once; where something has to come from the disk, an answer ends with what there
 * is, and the rest is loaded while the caller looks at it. A cursor closes itself at its end, and a later seek opens
 * another one.
 */
export class RangeReader<Item> {
  readonly #moment: Moment;
  readonly #range: Range;
  readonly #itemAt: (cursor: Cursor) => Item;
  readonly #signal: AbortSignal | undefined;
  readonly #bytesMax: number;
  #cursor: AsyncCursor | undefined;
  /** Where the cursor begins when it does not begin with the range. */
  #start: Uint8Array | undefined;
  /** Whether the entry under the cursor was handed out. */
  #isTaken = false;
  /** Items for the next calls of `next`, from the position on. */
  #ahead: Item[] = [];
  #position = 0;
  #aheadSize = 1;
  /** The end was reached, or a seek went out of the range. */
  #isAtEnd = false;
  /** What reading failed with: an end must not be mistaken for the last entry. */
  #failure: { readonly error: unknown } | undefined;

  constructor(moment: Moment, range: Range, itemAt: (cursor: Cursor) => Item, options: ReaderOptions) {
    this.#moment = moment;
    this.#range = range;
    this.#itemAt = itemAt;
    this.#signal = options.signal;
    this.#bytesMax = options.bytesMax;
  }

  /** The next item, undefined at the end. */
  next(): Item | undefined | Promise<Item | undefined> {
    if (this.#position < this.#ahead.length && this.#signal === undefined) return this.#ahead[this.#position++];
    return this.#nextLater();
  }

  /** At least one item and at most `size`, none at the end; fewer when reading takes long, so that others get their turn. */
  async some(size: number): Promise<Item[]> {
    await this.#wait();
    const items = this.#takeAhead(size);
    if (items.length === 0) await this.#takeOneOrMore(items, size, this.#bytesMax);
    return items;
  }

  /** The next `size` items, or as many as there are. */
  async all(size: number): Promise<Item[]> {
    await this.#wait();
    const items = this.#takeAhead(size);
    while (items.length < size && !this.#isAtEnd) {
      await this.#takeOneOrMore(items, size, this.#bytesMax);
      if (items.length < size) await this.#wait();
    }
    return items;
  }

  /** From here on items come from the target on. Outside of the range there are none. */
  seek(target: Uint8Array): void {
    this.#ahead = [];
    this.#position = 0;
    this.#aheadSize = 1;
    this.#isTaken = false;
    this.#failure = undefined;
    this.#isAtEnd = !isWithin(target, this.#range);
    if (this.#isAtEnd) return;
    // What is being loaded for a cursor belongs to where it stands.
    if (this.#cursor === undefined || this.#cursor.isWaiting || !this.#reaches(target)) {
      this.#letGo();
      this.#start = target;
      return;
    }
    try {
      this.#cursor.seek(target);
    } catch (error) {
      throw this.#fail(error);
    }
  }

  close(): void {
    this.#ahead = [];
    this.#letGo();
    this.#isAtEnd = true;
    this.#moment.close();
  }

  async #nextLater(): Promise<Item | undefined> {
    await this.#wait();
    if (this.#position === this.#ahead.length) {
      this.#ahead = [];
      this.#position = 0;
      await this.#takeOneOrMore(this.#ahead, this.#aheadSize, AHEAD_BYTES_MAX);
      this.#aheadSize = Math.min(2 * this.#aheadSize, AHEAD_ENTRIES_MAX);
    }
    return this.#ahead[this.#position++];
  }

  /** For a turn of its own where this one is late. A signal may be aborted meanwhile. */
  async #wait(): Promise<void> {
    await turns.next();
    if (this.#signal?.aborted === true) throw new AbortError(this.#signal);
  }

  #takeAhead(size: number): Item[] {
    const items = this.#ahead.slice(this.#position, this.#position + size);
    this.#position += items.length;
    return items;
  }

  /** Adds at least one item unless there is none; waits for the disk where the first one needs it. */
  async #takeOneOrMore(items: Item[], size: number, bytesMax: number): Promise<void> {
    const sizeBefore = items.length;
    this.#takeInto(items, size, bytesMax);
    while (items.length === sizeBefore && this.#cursor?.isWaiting === true) {
      await this.#load(this.#cursor);
      this.#takeInto(items, size, bytesMax);
    }
    if (this.#cursor?.isWaiting === true) void this.#load(this.#cursor);
  }

  /** Damage is told when what precedes it was handed out. */
  #takeInto(items: Item[], size: number, bytesMax: number): void {
    const startedMs = performance.now();
    const sizeBefore = items.length;
    let bytes = 0;
    try {
      while (items.length < size) {
        const cursor = this.#advance();
        if (cursor === undefined) return;
        items.push(this.#itemAt(cursor));
        bytes += cursor.keyEnd - cursor.keyStart + cursor.valueEnd - cursor.valueStart;
        if (bytes > bytesMax) return;
        const isLook = (items.length - sizeBefore) % ENTRIES_PER_LOOK === 0;
        if (isLook && performance.now() - startedMs > TURN_MS) return;
      }
    } catch (error) {
      const failure = this.#fail(error);
      if (items.length === sizeBefore) throw failure;
    }
  }

  /** The cursor, on an entry that was not handed out yet; undefined at the end, and while it waits for the disk. */
  #advance(): Cursor | undefined {
    if (this.#failure !== undefined) throw this.#failure.error;
    if (this.#isAtEnd) return undefined;
    if (this.#cursor === undefined) this.#cursor = this.#moment.reads.cursorAsync(this.#rest());
    else if (this.#isTaken) this.#cursor.next();
    this.#isTaken = this.#cursor.valid;
    if (this.#isTaken) return this.#cursor;
    if (this.#cursor.isWaiting) return undefined;
    this.#letGo();
    this.#isAtEnd = true;
    return undefined;
  }

  /** Brings the cursor to its next entry. What goes wrong is kept for whoever asks for that. */
  async #load(cursor: AsyncCursor): Promise<void> {
    try {
      await cursor.load();
    } catch (error) {
      if (cursor === this.#cursor) this.#fail(error);
    }
  }

  /** Whether a cursor that began at `#start` can go to the target. */
  #reaches(target: Uint8Array): boolean {
    if (this.#start === undefined) return true;
    const order = Buffer.compare(target, this.#start);
    return this.#range.reverse === true ? order <= 0 : order >= 0;
  }

  /** The range from `#start` on. */
  #rest(): Range {
    const { gt, gte, lt, lte, ...rest } = this.#range;
    if (this.#start === undefined) return this.#range;
    return rest.reverse === true ? { ...rest, gt, gte, lte: this.#start } : { ...rest, gte: this.#start, lt, lte };
  }

  #fail(error: unknown): unknown {
    this.#letGo();
    this.#failure ??= { error: levelError(error) };
    return this.#failure.error;
  }

  #letGo(): void {
    this.#cursor?.close();
    this.#cursor = undefined;
  }
}
