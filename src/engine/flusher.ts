import { assert } from "../errors.ts";
import type { Memtable } from "../memtable/memtable.ts";
import type { SSTable } from "../sstable/sstable.ts";
import type { NewTable } from "../sstable/table-output.ts";
import { applyEdit } from "../state/apply-edit.ts";
import { arrangeFor } from "../state/arrange.ts";
import { buildState, tableOf } from "../state/lsm-state.ts";
import { flushGroup } from "../write/flush-group.ts";
import { type Core, commit, startWork, stoppedBy } from "./core.ts";
import type { Work } from "./work.ts";

/** What a flush takes at most, beside the oldest memtable, in tables of the size that compactions make. */
const FLUSHED_TABLES_MAX = 2;

/** Turns frozen memtables into tables, the oldest first: one at a time, and in `native` several into one. */
export class Flusher {
  readonly #core: Core;
  readonly #watermark: () => number;
  #work: Work | undefined;

  /** `watermark`: the smallest timestamp at which somebody reads or will read. */
  constructor(core: Core, watermark: () => number) {
    this.#core = core;
    this.#watermark = watermark;
  }

  /** The flush under way, or a new one of the oldest frozen memtables; undefined when none is frozen, or none may begin. */
  work(): Work | undefined {
    if (this.#work?.outcome === "running") return this.#work;
    if (stoppedBy(this.#core) !== undefined) return undefined;
    const oldest = this.#oldestMemtables();
    this.#work = oldest.length === 0 ? undefined : this.#begin(oldest);
    return this.#work;
  }

  /** The flush under way, if there is one. */
  get underWay(): Work | undefined {
    return this.#work?.outcome === "running" ? this.#work : undefined;
  }

  /** Newest first. In `native` all that are frozen, as far as their table stays as large as others are. */
  #oldestMemtables(): readonly Memtable[] {
    const { states, format, options } = this.#core;
    const frozen = states.current.immutableMemtables;
    if (format !== "native") return frozen.slice(-1);
    return flushGroup(frozen, options.tableSizeBytes * FLUSHED_TABLES_MAX);
  }

  #begin(memtables: readonly Memtable[]): Work {
    const { directory, format, databaseId, options } = this.#core;
    const request = {
      kind: "flush",
      directory,
      format,
      databaseId,
      blockSizeBytes: options.blockSizeBytes,
      memtables: memtables.map((memtable) => memtable.image()),
      watermark: this.#watermark(),
    } as const;
    const sizeBytes = memtables.reduce((sum, memtable) => sum + memtable.approximateSizeBytes, 0);
    return startWork(this.#core, sizeBytes, request, {
      install: ([table], [opened]) => {
        assert(table !== undefined && opened !== undefined, "a flush writes one table");
        this.#install(memtables, table, opened);
      },
      release: () => {},
    });
  }

  /** What cannot be applied is never recorded. The record is the commit point: a crash before it leaves only an orphan table. */
  #install(memtables: readonly Memtable[], table: NewTable, opened: SSTable): void {
    const { states, options, emitter, counters } = this.#core;
    const olderMemtables = memtables.slice(1).map((memtable) => memtable.id);
    const edit = { kind: "flush", id: table.id, olderMemtables, table } as const;
    const before = states.current;
    const staying = before.immutableMemtables.slice(0, -memtables.length);
    const isOldest = memtables.every(
      (memtable, index) => before.immutableMemtables[staying.length + index] === memtable,
    );
    assert(isOldest && memtables[0]?.id === table.id, "the oldest frozen memtables are flushed first");
    const known = new Map(before.tables).set(table.id, opened);
    const tree = arrangeFor(options.compaction, applyEdit(before.tree, edit), (id) => tableOf(known, id));
    const next = buildState(before.memtable, staying, tree, known);
    commit(this.#core, edit, [opened]);
    states.install(next);
    states.retireMemtables(memtables);
    for (const { id } of memtables) this.#removeLog(id);
    counters.flushes++;
    counters.flushedBytes += table.sizeBytes;
    emitter.emit("flush", { id: table.id, sizeBytes: table.sizeBytes, entries: table.entryCount });
  }

  /** The flush is recorded, so a log that cannot be deleted is in nobody's way: the next clean open removes it. */
  #removeLog(id: number): void {
    try {
      this.#core.logs.remove(id);
    } catch (error) {
      const cause = error instanceof Error ? error.message : String(error);
      this.#core.emitter.emit("warning", {
        message: `the log of memtable ${id} stays although it is not needed: ${cause}`,
      });
    }
  }
}
