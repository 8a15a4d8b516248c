import { fingerprint32 } from "../codec/fingerprint32.ts";
import type { StorageIterator } from "../iterator/storage-iterator.ts";
import { type NewTable, removeUnnamedTable, TableOutput, type TableTarget } from "../sstable/table-output.ts";
import type { MergePolicy } from "./merge-policy.ts";
import type { RangeDeleteOutput } from "./range-delete-output.ts";

export type MergeTarget = TableTarget & {
  /** A table is finished once it holds this much in whole blocks and the next entry may begin another. */
  readonly tableSizeBytes: number;
  /** Takes the next file id. */
  readonly nextId: () => number;
};

/**
 * Rewrites merged entries as new tables, in slices (design D1): `run` answers "more" until all of them are durable.
 *
 * The policy says which entries are kept. An output is begun only when there is something for it, so a merge may end
 * with no table at all, and without entries with one of range deletes alone.
 */
export class MergeJob {
  readonly #entries: StorageIterator;
  readonly #policy: MergePolicy;
  readonly #rangeDeletes: RangeDeleteOutput;
  readonly #target: MergeTarget;
  readonly #finished: NewTable[] = [];
  #output: TableOutput | undefined;
  /** With which the output is full, as long as there are range deletes that may have to be cut behind it. */
  #lastKey: Uint8Array | undefined;

  constructor(entries: StorageIterator, policy: MergePolicy, rangeDeletes: RangeDeleteOutput, target: MergeTarget) {
    this.#entries = entries;
    this.#policy = policy;
    this.#rangeDeletes = rangeDeletes;
    this.#target = target;
  }

  /** Merges about `sliceBytes` of entries. After an error no output is left and the job is over. */
  run(sliceBytes: number): "more" | readonly NewTable[] {
    try {
      return this.#runSlice(sliceBytes);
    } catch (error) {
      this.cancel();
      throw error;
    }
  }

  /** Gives up what was written so far, finished tables included: nothing names them yet. */
  cancel(): void {
    this.#output?.abort();
    this.#output = undefined;
    for (const table of this.#finished.splice(0)) removeUnnamedTable(this.#target, table.id);
  }

  #runSlice(sliceBytes: number): "more" | readonly NewTable[] {
    const entries = this.#entries;
    for (let bytes = 0; entries.valid; entries.next()) {
      if (bytes >= sliceBytes) return "more";
      bytes += entries.keyEnd - entries.keyStart + (entries.valueEnd - entries.valueStart);
      if (this.#policy.keeps(entries)) this.#add(entries);
    }
    this.#finishLastOutput();
    this.#target.fs.syncDirectory(this.#target.directory);
    return this.#finished;
  }

  #add(entries: StorageIterator): void {
    if (this.#policy.mayBeginTable && this.#isOutputFull) this.#finishFullOutput();
    const { builder } = this.#begunOutput();
    builder.add(
      fingerprint32(entries.keyBuffer, entries.keyStart, entries.keyEnd),
      entries.keyBuffer,
      entries.keyStart,
      entries.keyEnd,
      entries.timestamp,
      entries.kind,
      entries.valueBuffer,
      entries.valueStart,
      entries.valueEnd,
    );
    // Once it is full, an output takes versions of the same key alone.
    if (!this.#rangeDeletes.isAtEnd && this.#lastKey === undefined && this.#isOutputFull) {
      this.#lastKey = entries.keyBuffer.slice(entries.keyStart, entries.keyEnd);
    }
  }

  #begunOutput(): TableOutput {
    this.#output ??= new TableOutput(this.#target, this.#target.nextId());
    return this.#output;
  }

  /** Blocks that are not finished count as nothing, as in the reference: it decides where tables end. */
  get #isOutputFull(): boolean {
    return this.#output !== undefined && this.#output.builder.estimatedSizeBytes >= this.#target.tableSizeBytes;
  }

  #finishFullOutput(): void {
    const output = this.#begunOutput();
    if (this.#lastKey !== undefined) this.#rangeDeletes.giveUpTo(this.#lastKey, output.builder);
    this.#lastKey = undefined;
    this.#finish(output);
  }

  #finishLastOutput(): void {
    const output = this.#rangeDeletes.isAtEnd ? this.#output : this.#begunOutput();
    if (output === undefined) return;
    this.#rangeDeletes.giveRest(output.builder);
    this.#finish(output);
  }

  #finish(output: TableOutput): void {
    this.#finished.push(output.finish());
    this.#output = undefined;
  }
}
