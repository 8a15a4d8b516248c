import { MergeIterator } from "../iterator/merge-iterator.ts";
import { RangeDeletes } from "../iterator/range-deletes.ts";
import { type MemtableImage, openImage } from "../memtable/memtable-image.ts";
import type { MemtableIterator } from "../memtable/memtable-iterator.ts";
import type { NewTable, TableTarget } from "../sstable/table-output.ts";
import { MergeJob } from "./merge-job.ts";
import type { MergeRules } from "./merge-rules.ts";
import { policyFor } from "./policy-for.ts";
import { RangeDeleteOutput } from "./range-delete-output.ts";

/**
 * The flush of `native`: writes frozen memtables, newest first, as one table, in slices like `MergeJob`. The table's id is
 * that of the newest. What nobody at the watermark or above can see is left out.
 *
 * Small memtables are faster to fill, one table for several of them is cheaper to merge and to look into.
 */
export class MemtableMerge {
  readonly #memtables: readonly MemtableImage[];
  readonly #watermark: number;
  readonly #target: TableTarget;
  readonly #sources: MemtableIterator[] = [];
  #job: MergeJob | undefined;

  constructor(memtables: readonly MemtableImage[], watermark: number, target: TableTarget) {
    this.#memtables = memtables;
    this.#watermark = watermark;
    this.#target = target;
  }

  /** Sorts one memtable, or writes about `sliceBytes` of entries. After an error nothing of the table is left and the job is over. */
  run(sliceBytes: number): "more" | readonly NewTable[] {
    const unsorted = this.#memtables[this.#sources.length];
    if (unsorted !== undefined) {
      const source = openImage(unsorted, "all");
      source.seekToFirst();
      this.#sources.push(source);
      return "more";
    }
    this.#job ??= this.#begin();
    return this.#job.run(sliceBytes);
  }

  /** Gives up what was written so far. */
  cancel(): void {
    this.#job?.cancel();
  }

  #begin(): MergeJob {
    const rules: MergeRules = { reachesBottom: false, watermark: this.#watermark, droppedPrefixes: [] };
    const rangeDeletes = RangeDeletes.merged(this.#memtables.map((image) => RangeDeletes.over(image.rangeDeletes)));
    const [only] = this.#sources;
    const entries = this.#sources.length === 1 && only ? only : new MergeIterator(this.#sources, "internal");
    const policy = policyFor(this.#target.format, rules, rangeDeletes);
    return new MergeJob(entries, policy, new RangeDeleteOutput(rangeDeletes, rules), {
      ...this.#target,
      tableSizeBytes: Number.POSITIVE_INFINITY,
      nextId: () => (this.#memtables[0] as MemtableImage).id,
    });
  }
}
