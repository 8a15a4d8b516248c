import type { Cursor, Database, DatabaseOpener, Destroyed, EventSource, KeyRange } from "../../src/cli/database.ts";
import type { EngineEvents } from "../../src/engine/events.ts";
import type { LevelStats, Stats } from "../../src/engine/stats.ts";
import { LsmError } from "../../src/errors.ts";
import { type DatabaseFormat, type Options, resolveOptions } from "../../src/options.ts";
import type { Tree } from "../../src/state/tree.ts";

type Listener = (event: never) => void;

/**
 * A database in memory: a map from key (as latin1 text, which sorts as its bytes do) to value, undefined for a deleted
 * key. Its memtable, tables and file ids follow the reference, so that the messages of a session are the reference's;
 * table sizes are 0.
 */
export class FakeDatabase implements Database {
  readonly path: string = "fake.db";
  readonly format: DatabaseFormat = "plain";
  readonly options: Options = resolveOptions({});
  readonly #entries = new Map<string, Uint8Array | undefined>();
  readonly #listeners = new Map<keyof EngineEvents, Listener[]>();
  #memtable = { id: 0, entries: new Set<string>() };
  #nextId = 1;
  #level0: number[] = [];
  #level1: number[] = [];
  isClosed = false;
  /** Cursors that were not closed. */
  openCursors = 0;
  /** Called before each operation; tests let it throw, or emit events. */
  before: (operation: "get" | "put" | "delete" | "cursor" | "next" | "flush" | "compact" | "close") => void = () => {};

  on<Name extends keyof EngineEvents>(name: Name, listener: (event: EngineEvents[Name]) => void): void {
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), listener]);
  }

  off<Name extends keyof EngineEvents>(name: Name, listener: (event: EngineEvents[Name]) => void): void {
    this.#listeners.set(
      name,
      (this.#listeners.get(name) ?? []).filter((each) => each !== listener),
    );
  }

  emit<Name extends keyof EngineEvents>(name: Name, event: EngineEvents[Name]): void {
    for (const listener of this.#listeners.get(name) ?? []) listener(event as never);
  }

  get(key: Uint8Array): Uint8Array | undefined {
    this.before("get");
    return this.#entries.get(textOf(key));
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.before("put");
    // Not `slice`, which for a Buffer copies nothing.
    this.#write(key, Uint8Array.from(value));
  }

  delete(key: Uint8Array): void {
    this.before("delete");
    this.#write(key, undefined);
  }

  cursor({ gte, lte, prefix, reverse = false, limit }: KeyRange): Cursor {
    this.before("cursor");
    const [low, high, beginning = ""] = [gte, lte, prefix].map((bound) => bound && textOf(bound));
    const entries = [...this.#entries]
      .filter((entry): entry is [string, Uint8Array] => entry[1] !== undefined)
      .filter(([key]) => (low === undefined || key >= low) && (high === undefined || key <= high))
      .filter(([key]) => key.startsWith(beginning))
      .sort(([left], [right]) => (left < right !== reverse ? -1 : 1))
      .slice(0, limit);
    this.openCursors += 1;
    return new FakeCursor(entries, {
      moved: () => this.before("next"),
      closed: () => {
        this.openCursors -= 1;
      },
    });
  }

  snapshot(): never {
    throw new LsmError("UNSUPPORTED", "snapshots are not available");
  }

  inspect(): never {
    throw new LsmError("UNSUPPORTED", "a look inside is not available");
  }

  transaction(): never {
    throw new LsmError("UNSUPPORTED", "transactions are not available");
  }

  async flush(): Promise<void> {
    this.before("flush");
    const { id, entries } = this.#memtable;
    if (entries.size === 0) return;
    this.#memtable = { id: this.#takeId(), entries: new Set() };
    this.#level0.unshift(id);
    await Promise.resolve();
    this.emit("flush", { id, sizeBytes: 0, entries: entries.size });
  }

  async compact(signal?: AbortSignal): Promise<void> {
    const task = { strategy: "full", level0: this.#level0, level1: this.#level1 } as const;
    this.emit("compactionBegin", { task, reason: undefined, tree: this.structure() });
    this.before("compact");
    await new Promise<void>((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
    const isEmpty = ![...this.#entries.values()].some((value) => value !== undefined);
    const outputs = isEmpty ? [] : [this.#takeId()];
    this.#level0 = [];
    this.#level1 = outputs;
    this.emit("compactionEnd", { task, removed: [...task.level0, ...task.level1], outputs });
  }

  async checkpoint(): Promise<void> {
    throw new LsmError("UNSUPPORTED", "a database without files cannot be copied");
  }

  async close(): Promise<void> {
    this.before("close");
    const { id, entries } = this.#memtable;
    if (entries.size > 0) this.emit("flush", { id, sizeBytes: 0, entries: entries.size });
    this.isClosed = true;
  }

  structure(): Tree {
    return { level0: this.#level0, levels: [{ number: 1, tables: this.#level1 }] };
  }

  /** Nothing is known of its tables. */
  describeTable(): undefined {
    return undefined;
  }

  stats(): Stats {
    const level = (number: number, { length }: readonly number[]): LevelStats => {
      return { level: number, tables: length, sizeBytes: 0, entries: undefined, rangeDeletes: 0 };
    };
    const levels = [level(0, this.#level0), level(1, this.#level1)];
    return {
      memtableBytes: this.#memtable.entries.size,
      immutableMemtables: 0,
      memtableMemoryBytes: 0,
      waitingWriteBytes: 0,
      underWay: { flush: false, compaction: false },
      tables: this.#level0.length + this.#level1.length,
      tableBytes: 0,
      runs: this.#level0.length + this.#level1.length,
      amplification: { read: 1, write: undefined, space: undefined },
      levels,
      openFiles: 0,
      pinnedStates: 0,
      oldestReader: undefined,
      blockCache: { usedBytes: 0, hits: 0, misses: 0 },
      filters: { refusals: 0, passes: 0, findings: 0 },
      counters: {
        freezes: 0,
        flushes: 0,
        flushedBytes: 0,
        compactions: 0,
        compactedBytesRead: 0,
        compactedBytesWritten: 0,
        stalls: 0,
        stalledMs: 0,
        rangeDeletes: 0,
      },
    };
  }

  #write(key: Uint8Array, value: Uint8Array | undefined): void {
    this.#entries.set(textOf(key), value);
    this.#memtable.entries.add(textOf(key));
  }

  #takeId(): number {
    this.#nextId += 1;
    return this.#nextId - 1;
  }
}

/** Opens the one database it was made with and remembers with what. */
export class FakeOpener implements DatabaseOpener {
  readonly database: FakeDatabase;
  openedWith: { path: string; options: Partial<Options> } | undefined;
  readonly destroyedPaths: string[] = [];
  destroyed: Destroyed = { removed: ["MANIFEST"], left: [] };
  /** Called while opening; tests let it throw, or emit events. */
  duringOpen: () => void | Promise<void> = () => {};

  constructor(database: FakeDatabase) {
    this.database = database;
  }

  async open(path: string, options: Partial<Options>, listen: (events: EventSource) => void): Promise<Database> {
    this.openedWith = { path, options };
    listen(this.database);
    await this.duringOpen();
    return this.database;
  }

  async destroy(path: string): Promise<Destroyed> {
    this.destroyedPaths.push(path);
    return this.destroyed;
  }
}

class FakeCursor implements Cursor {
  readonly #entries: readonly (readonly [key: string, value: Uint8Array])[];
  readonly #notify: { readonly moved: () => void; readonly closed: () => void };
  #at = 0;
  keyBuffer: Uint8Array = new Uint8Array(0);
  readonly keyStart = 0;
  keyEnd = 0;
  valueBuffer: Uint8Array = new Uint8Array(0);
  readonly valueStart = 0;
  valueEnd = 0;
  valid = false;

  constructor(
    entries: readonly (readonly [key: string, value: Uint8Array])[],
    notify: { readonly moved: () => void; readonly closed: () => void },
  ) {
    this.#entries = entries;
    this.#notify = notify;
    this.#stand();
  }

  next(): void {
    this.#notify.moved();
    this.#at += 1;
    this.#stand();
  }

  close(): void {
    this.#notify.closed();
  }

  #stand(): void {
    const entry = this.#entries[this.#at];
    this.valid = entry !== undefined;
    if (entry === undefined) return;
    this.keyBuffer = Buffer.from(entry[0], "latin1");
    this.keyEnd = this.keyBuffer.length;
    this.valueBuffer = entry[1];
    this.valueEnd = this.valueBuffer.length;
  }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}
