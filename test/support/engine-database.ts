import { join } from "node:path";
import { SIZE_NATIVE_HEADER } from "../../src/codec/native-header.ts";
import { pickCompaction } from "../../src/compaction/pick.ts";
import { checkedBatch, type Write } from "../../src/engine/batch.ts";
import { Cursor } from "../../src/engine/cursor.ts";
import { Emitter, type EngineEventName } from "../../src/engine/emitter.ts";
import type { Engine } from "../../src/engine/engine.ts";
import type { EngineEvents } from "../../src/engine/events.ts";
import { refuseWithoutRangeDeletes } from "../../src/engine/needs-versions.ts";
import { startEngine } from "../../src/engine/open-engine.ts";
import type { ScanRange } from "../../src/engine/range.ts";
import { type Stats, statsOf } from "../../src/engine/stats.ts";
import { logFileName, tableFileName } from "../../src/fs/file-names.ts";
import type { FileSystem } from "../../src/fs/file-system.ts";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import type { LookupResult } from "../../src/iterator/storage-iterator.ts";
import { ENTRY_KIND, TIMESTAMP_MAX } from "../../src/key.ts";
import type { Memtable } from "../../src/memtable/memtable.ts";
import { type Options, resolveOptions } from "../../src/options.ts";
import { largestKey } from "../../src/read/largest-key.ts";
import { checkTree } from "../../src/state/check-tree.ts";
import { tableOf } from "../../src/state/lsm-state.ts";
import type { Tree } from "../../src/state/tree.ts";
import type { CheckedWrite } from "../../src/write/checked-write.ts";
import { resolveBatch } from "../../src/write/resolve-batch.ts";
import { rangeOf } from "./engine-range.ts";
import type { ModelWrite } from "./model-map.ts";
import { showTree } from "./tree-notation.ts";

export type ScanOrder = Pick<ScanRange, "direction" | "limit">;

export type OpenOptions = Partial<Options> & { readonly directory?: string };

/** Background flushing far away, so that memory and L0 hold what a test put there. */
export const QUIET: Partial<Options> = { memtableLimit: 50, memtableStop: 64, memtableSizeBytes: 1024 };

/** What a test gets that does not say otherwise: no work in the background that it did not ask for. */
const AS_IN_THE_SHELL: Partial<Options> = {
  formatOfNew: "plain",
  durability: "none",
  compaction: { strategy: "none" },
  memtableLimit: 2,
};

/** Keys, values and answers as text, one character a byte; everything else as the engine has it. */
export class EngineDatabase {
  readonly fs: FileSystem;
  readonly directory: string;
  readonly engine: Engine;
  /** What was emitted since opening began, oldest first. */
  readonly events: { readonly name: EngineEventName; readonly event: EngineEvents[EngineEventName] }[] = [];

  private constructor(fs: FileSystem, given: OpenOptions) {
    const { directory = "/db", ...options } = given;
    this.fs = fs;
    this.directory = directory;
    const emitter = new Emitter();
    for (const name of EVENT_NAMES) emitter.on(name, (event) => this.events.push({ name, event }));
    this.engine = startEngine(directory, resolveOptions({ ...AS_IN_THE_SHELL, ...options }), fs, emitter);
  }

  static open(options: OpenOptions = {}, fs: FileSystem = new MemoryFileSystem()): EngineDatabase {
    return new EngineDatabase(fs, options);
  }

  put(key: string, value: string): void {
    const [keyBytes, valueBytes] = [bytes(key), bytes(value)];
    this.engine.writer.write(ENTRY_KIND.put, keyBytes, valueBytes);
  }

  delete(key: string): void {
    const keyBytes = bytes(key);
    this.engine.writer.write(ENTRY_KIND.delete, keyBytes, new Uint8Array(0));
  }

  writeBatch(writes: readonly ModelWrite[], mustSync: boolean): void {
    this.engine.writer.writeBatch(this.#checked(writes), mustSync);
  }

  async writeGrouped(writes: readonly ModelWrite[], mustSync: boolean): Promise<void> {
    await this.engine.writer.writeGrouped(this.#checked(writes), mustSync);
  }

  /** As the handle of the library does it. */
  #checked(writes: readonly ModelWrite[]): readonly CheckedWrite[] {
    const { core, writer } = this.engine;
    const largest = () => {
      writer.applyGroup();
      return largestKey(core.states.current);
    };
    const host = {
      format: core.format,
      largestKey: largest,
      refuseRangeDeletes: () => refuseWithoutRangeDeletes(core),
    };
    return resolveBatch(checkedBatch(writes.map(writeOf), host));
  }

  get(key: string): string | undefined {
    const keyBytes = bytes(key);
    const found: LookupResult = { timestamp: 0, kind: 0, valueBuffer: keyBytes, valueStart: 0, valueEnd: 0 };
    const isFound = this.engine.get(keyBytes, 0, keyBytes.length, TIMESTAMP_MAX, found);
    if (!isFound || found.kind === ENTRY_KIND.delete) return undefined;
    return text(found.valueBuffer, found.valueStart, found.valueEnd);
  }

  /** A cursor over a range in the notation of `rangeOf`. */
  cursor(range = "(, )", order: Partial<ScanOrder> = {}): Cursor {
    const whole = { direction: "ascending", limit: Number.POSITIVE_INFINITY, ...rangeOf(range), ...order } as const;
    return new Cursor(this.engine, whole, this.engine.writer.lastTimestamp);
  }

  /** Entries of a range as `a=1 b=2`. */
  scan(range?: string, order?: Partial<ScanOrder>): string {
    return drainCursor(this.cursor(range, order));
  }

  /** Does the steps of a line, apart by spaces: `a=1` puts, `-a` deletes, `freeze`, `flush` and `compact` do that. */
  async run(steps: string): Promise<void> {
    let last = "";
    for (const step of steps.split(" ").filter(Boolean)) {
      if (step === "freeze") this.freeze(last);
      else if (step === "flush") await this.engine.flush();
      else if (step === "compact") await this.engine.compact();
      else this.write(step);
      last = step;
    }
  }

  write(step: string): void {
    if (step.startsWith("-")) this.delete(step.slice(1));
    else this.put(step.slice(0, step.indexOf("=")), step.slice(step.indexOf("=") + 1));
  }

  /** Repeats a write until the memtable is full: it then holds what it held, and is frozen. */
  freeze(lastWrite: string): void {
    const { freezes } = this.stats.counters;
    while (this.stats.counters.freezes === freezes) this.write(lastWrite);
  }

  /** Waits until the background compaction has nothing to do. */
  async settled(): Promise<void> {
    const { emitter } = this.engine.core;
    while (!this.isSettled) {
      await new Promise<void>((resolve) => {
        const ended = () => {
          emitter.off("compactionEnd", ended);
          resolve();
        };
        emitter.on("compactionEnd", ended);
      });
    }
  }

  /** Whether the strategy is content with the tree. */
  get isSettled(): boolean {
    const { states, options } = this.engine.core;
    const { tree, tables } = states.current;
    return pickCompaction(tree, (id) => tableOf(tables, id), options.compaction) === undefined;
  }

  /** Whether the background has something to flush. */
  get isFlushDue(): boolean {
    const { durability, memtableLimit } = this.engine.core.options;
    if (durability === "none" && this.#recovered.length > 0) return true;
    return this.frozenMemtables >= memtableLimit;
  }

  /** What logs held that another process, or another handle, has left. */
  get #recovered(): readonly Memtable[] {
    const { states, firstMemtableId } = this.engine.core;
    return states.current.immutableMemtables.filter(({ id }) => id < firstMemtableId);
  }

  get tree(): Tree {
    return this.engine.core.states.current.tree;
  }

  /** The tree as `L0: 2 1 | L1: 4`. */
  get shape(): string {
    return showTree(this.tree);
  }

  get stats(): Stats {
    return statsOf(this.engine);
  }

  get frozenMemtables(): number {
    return this.engine.core.states.current.immutableMemtables.length;
  }

  /** What is wrong with the tree; empty when nothing is. */
  get faults(): string[] {
    const { tree, tables } = this.engine.core.states.current;
    return checkTree(tree, (id) => tableOf(tables, id));
  }

  /** The files a sound directory holds: the manifest, the tables of the tree, and the logs of memtables that hold entries. */
  get expectedFiles(): string[] {
    const { memtable, immutableMemtables } = this.engine.core.states.current;
    const isLogged = this.engine.core.options.durability !== "none";
    const logged = (isLogged ? [memtable, ...immutableMemtables] : this.#recovered).filter((each) => !each.isEmpty);
    const tables = [this.tree.level0, ...this.tree.levels.map((level) => level.tables)].flat();
    return [...tables.map(tableFileName), ...logged.map(({ id }) => logFileName(id)), "MANIFEST"].sort();
  }

  /** The files of the directory, but for empty logs: a memtable that took no write has one, and says nothing by it. */
  get files(): string[] {
    const emptyBytes = this.engine.core.format === "native" ? SIZE_NATIVE_HEADER : 0;
    const isEmptyLog = (name: string) =>
      name.endsWith(".wal") && (this.fs.stat(this.path(name))?.sizeBytes ?? 0) <= emptyBytes;
    return this.fs
      .list(this.directory)
      .filter((name) => !isEmptyLog(name))
      .sort();
  }

  eventsOf<Name extends EngineEventName>(name: Name): EngineEvents[Name][] {
    return this.events.filter((entry) => entry.name === name).map((entry) => entry.event as EngineEvents[Name]);
  }

  async close(): Promise<void> {
    await this.engine.close();
  }

  path(name: string): string {
    return join(this.directory, name);
  }
}

const EVENT_NAMES: readonly EngineEventName[] = [
  "recovered",
  "freeze",
  "flush",
  "compactionBegin",
  "compactionEnd",
  "stall",
  "warning",
  "backgroundError",
];

/** The rest of a cursor as `a=1 b=2`. */
export function drainCursor(cursor: Cursor): string {
  const entries: string[] = [];
  for (; cursor.valid; cursor.next()) entries.push(entryOf(cursor));
  return entries.join(" ");
}

/** What the cursor stands on, as `a=1`. */
export function entryOf(cursor: Cursor): string {
  const key = text(cursor.keyBuffer, cursor.keyStart, cursor.keyEnd);
  return `${key}=${text(cursor.valueBuffer, cursor.valueStart, cursor.valueEnd)}`;
}

function writeOf(write: ModelWrite): Write {
  if ("range" in write) return { type: "deleteRange", ...rangeOf(write.range) };
  const key = bytes(write.key);
  return write.value === undefined ? { type: "delete", key } : { type: "put", key, value: bytes(write.value) };
}

function bytes(content: string): Uint8Array {
  return Buffer.from(content, "latin1");
}

function text(buffer: Uint8Array, start: number, end: number): string {
  return Buffer.from(buffer.buffer, buffer.byteOffset).toString("latin1", start, end);
}
