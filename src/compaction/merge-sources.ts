import { MergeIterator } from "../iterator/merge-iterator.ts";
import type { StorageIterator } from "../iterator/storage-iterator.ts";
import type { CompactionTask } from "../manifest/edit.ts";
import { RunIterator } from "../sstable/run-iterator.ts";
import type { SSTable } from "../sstable/sstable.ts";

/** A task's inputs as sorted runs of table ids, newest first. */
export function inputRuns(task: CompactionTask): (readonly number[])[] {
  switch (task.strategy) {
    case "full":
      return [...task.level0.map((id) => [id]), task.level1];
    case "simple":
    case "leveled":
      return [
        ...(task.upperLevel === undefined ? task.upperTables.map((id) => [id]) : [task.upperTables]),
        task.lowerTables,
      ];
    case "tiered":
      return task.tiers.map((tier) => tier.tables);
  }
}

/** All entries of the runs in internal key order; of equal internal keys only the newest run's. Stands on the first. */
export function mergeRuns(runs: readonly (readonly SSTable[])[]): StorageIterator {
  const sources = runs
    .filter((run) => run.length > 0)
    .map((run) => {
      const iterator = new RunIterator(run, "once");
      iterator.seekToFirst();
      return iterator;
    });
  const [only] = sources;
  return sources.length === 1 && only !== undefined ? only : new MergeIterator(sources, "internal");
}
