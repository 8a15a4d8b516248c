import { ownCopy } from "../codec/own-copy.ts";
import { LsmError } from "../errors.ts";
import { ScanFeeds } from "../read/scan-feeds.ts";
import { asError } from "./as-error.ts";
import { refuseUnknownOptions } from "./call-options.ts";
import { Cursor, type CursorOverlay } from "./cursor.ts";
import type { Engine } from "./engine.ts";
import type { ScanRange } from "./range.ts";
import { TurnBudget } from "./turn-budget.ts";

/** A loop of awaited calls holds everything else up no longer than this. */
const TURN_MS = 5;
/** So many entries are read between two looks at the clock. */
const ENTRIES_PER_LOOK = 64;

/** One for all databases: there is one event loop. */
const budget = new TurnBudget(TURN_MS);

/** How much one answer of `nextv` may hold. */
export type BatchLimits = {
  /** Bytes of keys and values after which a batch ends; no limit unless given. */
  readonly sizeBytes?: number | undefined;
};

/**
 * A cursor that never waits for the disk on this thread: what it needs and does not find in memory is loaded in the
 * background, and read ahead while it goes on.
 *
 * So it may stand on an entry (`valid`), be at its end, or be `isWaiting`: after it was made, and after each `next` and
 * `seek`. Then `load` brings it to where it should stand; meanwhile `next` does nothing. `nextv` does all of it. For the
 * rest it is as any cursor: it shows the database as it was when it was made, and must be closed.
 */
export class AsyncCursor extends Cursor {
  readonly #feeds: ScanFeeds;
  #loading: Promise<void> | undefined;
  /** An end must not be mistaken for the last entry. */
  #failure: Error | undefined;

  /** @internal */
  constructor(engine: Engine, range: ScanRange, readTimestamp: number, overlay?: CursorOverlay) {
    const feeds = new ScanFeeds();
    super(engine, range, readTimestamp, overlay, feeds);
    this.#feeds = feeds;
  }

  /** Whether it stands nowhere until `load` has resolved. */
  get isWaiting(): boolean {
    return this.lacksSomething;
  }

  /**
   * Resolves when the cursor is not waiting any more, also because it was closed. After an error, with which it and every
   * later call rejects, it is closed: CORRUPTION, IO_ERROR, DATABASE_CLOSED.
   */
  async load(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    if (!this.isWaiting) return;
    this.#loading ??= this.#load().finally(() => {
      this.#loading = undefined;
    });
    await this.#loading;
  }

  /**
   * The entry it stands on and those after it, each with bytes of its own: at most `count`, at least one unless the cursor
   * is at its end, and fewer where the next ones have to be loaded, which begins at once. Rejects as `load` does, and with
   * INVALID_ARGUMENT.
   */
  async nextv(count: number, limits: BatchLimits = {}): Promise<[key: Uint8Array, value: Uint8Array][]> {
    refuseUnknownOptions(limits, ["sizeBytes"]);
    const { sizeBytes: sizeBytesMax = Number.POSITIVE_INFINITY } = limits;
    if (!(count >= 1)) throw new LsmError("INVALID_ARGUMENT", `count is ${String(count)}, expected 1, 2, 3, …`);
    if (!budget.hasTime()) await budget.nextTurn();
    await this.load();
    const entries: [Uint8Array, Uint8Array][] = [];
    let sizeBytes = 0;
    while (this.valid && entries.length < count && sizeBytes < sizeBytesMax) {
      const key = ownCopy(this.keyBuffer, this.keyStart, this.keyEnd);
      const value = ownCopy(this.valueBuffer, this.valueStart, this.valueEnd);
      entries.push([key, value]);
      sizeBytes += key.length + value.length;
      this.#move();
      if (entries.length % ENTRIES_PER_LOOK === 0 && !budget.hasTime()) await budget.nextTurn();
    }
    // What goes wrong is kept for whoever asks next.
    if (this.isWaiting) this.load().catch(() => {});
    return entries;
  }

  #move(): void {
    try {
      this.next();
    } catch (error) {
      this.#failure = asError(error);
      throw error;
    }
  }

  async #load(): Promise<void> {
    try {
      while (this.isWaiting) {
        const error = await new Promise<Error | undefined>((resolve) => this.#feeds.load(resolve));
        if (error !== undefined && this.isWaiting) throw error;
        this.goOn();
      }
    } catch (error) {
      this.#failure = asError(error);
      this.close();
      throw error;
    }
  }
}
