import { assert } from "../errors.ts";
import type { Memtable } from "../memtable/memtable.ts";
import type { SSTable } from "../sstable/sstable.ts";
import type { NewTable } from "../sstable/table-output.ts";
import { applyEdit } from "../state/apply-edit.ts";
import { arrangeFor } from "../state/arrange.ts";
import { buildState, tableOf } from "../state/lsm-state.ts";
import { type Core, commit, startWork } from "./core.ts";
import type { Work } from "./work.ts";

/** Turns frozen memtables into tables, the oldest first and one at a time. */
export class Flusher {
  readonly #core: Core;
  #work: Work | undefined;

  constructor(core: Core) {
    this.#core = core;
  }

  /** The flush under way, or a new one of the oldest frozen memtable; undefined when none is frozen. */
  work(): Work | undefined {
    if (this.#work?.outcome === "running") return this.#work;
    const oldest = this.#core.states.current.immutableMemtables.at(-1);
    this.#work = oldest === undefined ? undefined : this.#begin(oldest);
    return this.#work;
  }

  /** The flush under way, if there is one. */
  get underWay(): Work | undefined {
    return this.#work?.outcome === "running" ? this.#work : undefined;
  }

  #begin(memtable: Memtable): Work {
    const { directory, format, options } = this.#core;
    const { blockSizeBytes } = options;
    const request = { kind: "flush", directory, format, blockSizeBytes, memtable: memtable.image() } as const;
    return startWork(this.#core, memtable.approximateSizeBytes, request, {
      install: ([table], [opened]) => {
        assert(table !== undefined && opened !== undefined, "a flush writes one table");
        this.#install(memtable, table, opened);
      },
      release: () => {},
    });
  }

  /** What cannot be applied is never recorded. The record is the commit point: a crash before it leaves only an orphan table. */
  #install(memtable: Memtable, table: NewTable, opened: SSTable): void {
    const { states, options, emitter, counters } = this.#core;
    const edit = { kind: "flush", id: memtable.id } as const;
    const before = states.current;
    assert(before.immutableMemtables.at(-1) === memtable, "the oldest frozen memtable is flushed first");
    const known = new Map(before.tables).set(table.id, opened);
    const tree = arrangeFor(options.compaction, applyEdit(before.tree, edit), (id) => tableOf(known, id));
    const next = buildState(before.memtable, before.immutableMemtables.slice(0, -1), tree, known);
    commit(this.#core, edit, [opened]);
    states.install(next);
    this.#removeLog(memtable.id);
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
