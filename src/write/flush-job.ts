import { TIMESTAMP_MAX } from "../key.ts";
import type { Memtable } from "../memtable/memtable.ts";
import type { MemtableIterator } from "../memtable/memtable-iterator.ts";
import { type NewTable, TableOutput, type TableTarget } from "../sstable/table-output.ts";

/**
 * Writes one frozen memtable as a table, in slices (design D1): `run` answers "more" until the table is durable.
 * A `plain` table holds the newest version of each key; where files carry timestamps it holds every version.
 */
export class FlushJob {
  readonly memtable: Memtable;
  readonly #target: TableTarget;
  #entries: MemtableIterator | undefined;
  #output: TableOutput | undefined;

  constructor(memtable: Memtable, target: TableTarget) {
    this.memtable = memtable;
    this.#target = target;
  }

  /** Writes about `sliceBytes` of entries. After an error nothing of the table is left and the job is over. */
  run(sliceBytes: number): "more" | NewTable {
    try {
      return this.#runSlice(sliceBytes);
    } catch (error) {
      this.cancel();
      throw error;
    }
  }

  /** Gives up what was written so far. */
  cancel(): void {
    this.#output?.abort();
    this.#output = undefined;
  }

  #runSlice(sliceBytes: number): "more" | NewTable {
    this.#entries ??= this.#start();
    this.#output ??= new TableOutput(this.#target, this.memtable.id);
    const entries = this.#entries;
    const { builder } = this.#output;
    for (let bytes = 0; entries.valid; entries.next()) {
      if (bytes >= sliceBytes) return "more";
      bytes += entries.keyEnd - entries.keyStart + (entries.valueEnd - entries.valueStart);
      builder.add(
        entries.hash,
        entries.keyBuffer,
        entries.keyStart,
        entries.keyEnd,
        entries.timestamp,
        entries.kind,
        entries.valueBuffer,
        entries.valueStart,
        entries.valueEnd,
      );
    }
    const table = this.#output.finish();
    this.#output = undefined;
    this.#target.fs.syncDirectory(this.#target.directory);
    return table;
  }

  #start(): MemtableIterator {
    const entries =
      this.#target.format === "plain" ? this.memtable.visibleIterator(TIMESTAMP_MAX) : this.memtable.versionIterator();
    entries.seekToFirst();
    return entries;
  }
}
