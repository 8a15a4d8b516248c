import { MemtableMerge } from "../../src/compaction/memtable-merge.ts";
import { inputRuns } from "../../src/compaction/merge-sources.ts";
import { pickCompaction } from "../../src/compaction/pick.ts";
import { pickFull } from "../../src/compaction/pick-full.ts";
import { reachesBottom } from "../../src/compaction/reaches-bottom.ts";
import { tableMerge } from "../../src/compaction/table-merge.ts";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import { ENTRY_KIND } from "../../src/key.ts";
import type { CompactionTask, Edit } from "../../src/manifest/edit.ts";
import { taskInputs } from "../../src/manifest/task-inputs.ts";
import { Memtable } from "../../src/memtable/memtable.ts";
import type { CompactionOptions } from "../../src/options.ts";
import { BlockCache } from "../../src/sstable/block-cache.ts";
import { SSTable } from "../../src/sstable/sstable.ts";
import { TableCache } from "../../src/sstable/table-cache.ts";
import type { NewTable } from "../../src/sstable/table-output.ts";
import { applyEdit } from "../../src/state/apply-edit.ts";
import { arrangeFor } from "../../src/state/arrange.ts";
import { buildState, type LsmState, tableOf, withMemtables } from "../../src/state/lsm-state.ts";
import { EMPTY_TREE } from "../../src/state/tree-views.ts";
import { bytes } from "./entries.ts";
import { put } from "./memtable.ts";
import { DATABASE_ID } from "./tables.ts";

const DIRECTORY = "/db";
const BLOCK_SIZE_BYTES = 48;
const TABLE_SIZE_BYTES = 160;

/**
 * The part of a native database that flushes and merges, without logs, manifest and time: a state that changes only as it
 * is told. Jobs write real tables.
 */
export class CompactionModel {
  state: LsmState;
  /** Of the newest write. */
  timestamp = 0;
  compaction: CompactionOptions;
  readonly #fs: MemoryFileSystem = new MemoryFileSystem();
  readonly #host: { readonly tables: TableCache; readonly blocks: BlockCache; readonly databaseId: Uint8Array };
  readonly #random: (below: number) => number;
  #nextId = 1;

  constructor(compaction: CompactionOptions, random: (below: number) => number) {
    this.compaction = compaction;
    this.#random = random;
    this.#fs.makeDirectory(DIRECTORY);
    this.#host = {
      tables: new TableCache(this.#fs, DIRECTORY, 8),
      blocks: new BlockCache(1 << 16),
      databaseId: DATABASE_ID,
    };
    const tree = arrangeFor(compaction, EMPTY_TREE, (id) => tableOf(new Map(), id));
    this.state = buildState(this.#newMemtable(), [], tree, new Map());
  }

  put(key: string, value: string): void {
    const entry = { key: bytes(key), timestamp: ++this.timestamp, kind: ENTRY_KIND.put, value: bytes(value) };
    put(this.state.memtable, entry);
  }

  /** A put of the same batch as the write before. */
  putToo(key: string, value: string): void {
    const entry = { key: bytes(key), timestamp: this.timestamp, kind: ENTRY_KIND.put, value: bytes(value) };
    put(this.state.memtable, entry);
  }

  delete(key: string): void {
    put(this.state.memtable, {
      key: bytes(key),
      timestamp: ++this.timestamp,
      kind: ENTRY_KIND.delete,
      value: bytes(""),
    });
  }

  deleteRange(from: string, to: string, readers: readonly number[]): void {
    this.state.memtable.deleteRange(bytes(from), bytes(to), ++this.timestamp, readers);
  }

  freeze(): void {
    const { memtable, immutableMemtables } = this.state;
    if (memtable.isEmpty) return;
    memtable.freeze();
    this.state = withMemtables(this.state, this.#newMemtable(), [memtable, ...immutableMemtables]);
  }

  /** Makes one table of so many of the oldest frozen memtables. */
  flush(count: number, watermark: number): void {
    const { memtable, immutableMemtables } = this.state;
    const flushed = immutableMemtables.slice(-count);
    const [newest] = flushed;
    if (newest === undefined) return;
    const images = flushed.map((frozen) => frozen.image());
    const tables = this.#finish(new MemtableMerge(images, watermark, this.#target()));
    const staying = immutableMemtables.slice(0, -count);
    this.#install({ kind: "flush", id: newest.id }, [], tables);
    this.state = withMemtables(this.state, memtable, staying);
  }

  /** The strategy's next compaction; false when there is none. */
  compact(watermark: number): boolean {
    const { tree, tables } = this.state;
    const picked = pickCompaction(tree, (id) => tableOf(tables, id), this.compaction);
    if (picked !== undefined) this.#merge(picked.task, watermark);
    return picked !== undefined;
  }

  compactFully(watermark: number): void {
    for (let step = 0; ; step++) {
      const task = pickFull(this.state.tree, this.compaction, step);
      if (task === undefined) return;
      this.#merge(task, watermark);
    }
  }

  /** Goes on under another strategy, as a database does that is opened with other options. */
  arrangeFor(compaction: CompactionOptions): void {
    const { memtable, immutableMemtables, tree, tables } = this.state;
    this.compaction = compaction;
    this.state = buildState(
      memtable,
      immutableMemtables,
      arrangeFor(compaction, tree, (id) => tableOf(tables, id)),
      tables,
    );
  }

  #merge(task: CompactionTask, watermark: number): void {
    const { tree, tables } = this.state;
    const runs = inputRuns(task).map((ids) => ids.map((id) => tableOf(tables, id)));
    const rules = { reachesBottom: reachesBottom(tree, task), watermark, droppedPrefixes: [] };
    const target = { ...this.#target(), tableSizeBytes: TABLE_SIZE_BYTES, nextId: () => this.#nextId++ };
    const outputs = this.#finish(tableMerge(runs, rules, target));
    const edit = { kind: "compaction", task, outputs: outputs.map((table) => table.id) } as const;
    this.#install(edit, taskInputs(task), outputs);
  }

  #finish(job: { run(sliceBytes: number): "more" | readonly NewTable[] }): readonly NewTable[] {
    for (;;) {
      const outcome = job.run(1 + this.#random(500));
      if (outcome !== "more") return outcome;
    }
  }

  #install(edit: Edit, removed: readonly number[], added: readonly NewTable[]): void {
    const { memtable, immutableMemtables, tree, tables } = this.state;
    const known = new Map(tables);
    for (const table of added) known.set(table.id, SSTable.open(this.#host, table.id, "native", table));
    for (const id of removed) known.delete(id);
    const next = arrangeFor(this.compaction, applyEdit(tree, edit), (id) => tableOf(known, id));
    this.state = buildState(memtable, immutableMemtables, next, known);
  }

  #newMemtable(): Memtable {
    return new Memtable(this.#nextId++, { entryOverheadBytes: 8 });
  }

  #target(): {
    readonly fs: MemoryFileSystem;
    readonly directory: string;
    readonly format: "native";
    readonly blockSizeBytes: number;
    readonly databaseId: Uint8Array;
  } {
    return {
      fs: this.#fs,
      directory: DIRECTORY,
      format: "native",
      blockSizeBytes: BLOCK_SIZE_BYTES,
      databaseId: DATABASE_ID,
    };
  }
}
