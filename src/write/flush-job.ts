import type { MemtableIterator } from "../memtable/memtable-iterator.ts";
import { type NewTable, TableOutput, type TableTarget } from "../sstable/table-output.ts";

/** Writes the entries of one frozen memtable as a table, in slices (design D1): `run` answers "more" until it is durable. */
export class FlushJob {
  readonly #id: number;
  readonly #entries: MemtableIterator;
  readonly #target: TableTarget;
  #output: TableOutput | undefined;

  /** `id` becomes the table's; `entries` have not been placed yet, and there is at least one. */
  constructor(id: number, entries: MemtableIterator, target: TableTarget) {
    this.#id = id;
    this.#entries = entries;
    this.#target = target;
  }

  /** Writes about `sliceBytes` of entries. After an error nothing of the table is left and the job is over. */
  run(sliceBytes: number): "more" | readonly NewTable[] {
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

  #runSlice(sliceBytes: number): "more" | readonly NewTable[] {
    this.#output ??= this.#begin();
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
    return [table];
  }

  #begin(): TableOutput {
    const output = new TableOutput(this.#target, this.#id);
    this.#entries.seekToFirst();
    return output;
  }
}
