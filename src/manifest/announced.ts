import { LsmError } from "../errors.ts";
import type { NewTable } from "../sstable/table-output.ts";
import type { Edit } from "./edit.ts";

/** A memtable that was announced and did not become a table yet. */
export type LiveMemtable = {
  readonly id: number;
  /** Whether a log of the same id was made before. False, too, where the manifest does not tell. */
  readonly hasLog: boolean;
  /** So many bytes of the log are durable; what is wrong among them is damage. */
  readonly syncedBytes: number;
};

/**
 * What the edits of a manifest say beside the tree: which memtables live, and what was the largest id and timestamp of any.
 * One rule for replay and for the manifest that goes on.
 */
export class Announced {
  readonly #live = new Map<number, LiveMemtable>();
  /** Above every id that an edit named. */
  nextId = 0;
  /** The largest of any table that there ever was. */
  lastTimestamp = 0;

  /** Announced and never flushed, in the order of their announcement. */
  get liveMemtables(): readonly LiveMemtable[] {
    return [...this.#live.values()];
  }

  /** Takes over what a manifest's first record says. Throws LsmError CORRUPTION for an id that its counter has not passed. */
  begin(from: {
    readonly nextId: number;
    readonly lastTimestamp: number;
    readonly tables: readonly NewTable[];
    readonly liveMemtables: readonly LiveMemtable[];
  }): void {
    for (const memtable of from.liveMemtables) {
      this.apply({ kind: "newMemtable", id: memtable.id, hasLog: memtable.hasLog });
      this.#live.set(memtable.id, memtable);
    }
    for (const table of from.tables) this.#seeTable(table);
    if (this.nextId > from.nextId) throw new LsmError("CORRUPTION", `id ${this.nextId - 1} is not below the next one`);
    this.nextId = from.nextId;
    this.lastTimestamp = Math.max(this.lastTimestamp, from.lastTimestamp);
  }

  /** Throws LsmError CORRUPTION, and changes nothing, for an edit that does not fit those before. */
  apply(edit: Edit): void {
    switch (edit.kind) {
      case "newMemtable":
        if (this.#live.has(edit.id)) throw new LsmError("CORRUPTION", `memtable ${edit.id} was announced twice`);
        this.#live.set(edit.id, { id: edit.id, hasLog: edit.hasLog === true, syncedBytes: 0 });
        this.#seeId(edit.id);
        return;
      case "flush":
        this.#retire([edit.id, ...(edit.olderMemtables ?? [])]);
        this.#seeId(edit.id);
        if (edit.table !== undefined) this.#seeTable(edit.table);
        return;
      case "compaction":
        for (const id of edit.outputs) this.#seeId(id);
        for (const table of edit.tables ?? []) this.#seeTable(table);
        return;
      case "logSynced": {
        const memtable = this.#live.get(edit.id);
        if (memtable?.hasLog !== true) throw new LsmError("CORRUPTION", `memtable ${edit.id} has no log to be synced`);
        this.#live.set(edit.id, { ...memtable, syncedBytes: edit.sizeBytes });
      }
    }
  }

  /** Forgets the other memtables, which hold nothing. */
  keepOnly(memtableIds: ReadonlySet<number>): void {
    for (const id of this.#live.keys()) if (!memtableIds.has(id)) this.#live.delete(id);
  }

  #retire(ids: readonly number[]): void {
    const unknown = ids.find((id, index) => !this.#live.has(id) || ids.indexOf(id) < index);
    if (unknown !== undefined) {
      throw new LsmError("CORRUPTION", `memtable ${unknown} was flushed but never announced`);
    }
    for (const id of ids) this.#live.delete(id);
  }

  #seeTable(table: NewTable): void {
    this.#seeId(table.id);
    this.lastTimestamp = Math.max(this.lastTimestamp, table.maxTimestamp);
  }

  #seeId(id: number): void {
    this.nextId = Math.max(this.nextId, id + 1);
  }
}
