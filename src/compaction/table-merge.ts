import { RangeDeletes } from "../iterator/range-deletes.ts";
import type { SSTable } from "../sstable/sstable.ts";
import { isHidden } from "./hidden-tables.ts";
import { MergeJob, type MergeTarget } from "./merge-job.ts";
import type { MergeRules } from "./merge-rules.ts";
import { mergeRuns } from "./merge-sources.ts";
import { policyFor } from "./policy-for.ts";
import { RangeDeleteOutput } from "./range-delete-output.ts";

/** Begins a merge of sorted runs of tables, newest first. Throws CorruptionError or IoError. */
export function tableMerge(runs: readonly (readonly SSTable[])[], rules: MergeRules, target: MergeTarget): MergeJob {
  const rangeDeletes = RangeDeletes.merged(runs.flat().map((table) => table.rangeDeletes));
  const policy = policyFor(target.format, rules, rangeDeletes);
  const readRuns = rangeDeletes.isEmpty
    ? runs
    : runs.map((run) => run.filter((table) => !isHidden(table, rangeDeletes, rules.watermark)));
  return new MergeJob(mergeRuns(readRuns), policy, new RangeDeleteOutput(rangeDeletes, rules), target);
}
