import { MemtableMerge } from "../../src/compaction/memtable-merge.ts";
import { MergeJob } from "../../src/compaction/merge-job.ts";
import type { Random } from "../../src/fs/crash-states.ts";
import { FlushJob } from "../../src/write/flush-job.ts";

const JOBS = [FlushJob, MergeJob, MemtableMerge];

/** A tiny database's flushes and merges would end in the turn in which they begin; now and then one still does. */
const SLICE_BYTES_MAX = 1500;

/** Lets jobs do a random part of a slice at a time, so that others come in between, until the function that it answers is called. */
export function withSmallSlices(random: Random): () => void {
  const originals = JOBS.map(({ prototype }) => prototype.run);
  for (const [index, { prototype }] of JOBS.entries()) {
    const run = originals[index] as typeof prototype.run;
    prototype.run = function (sliceBytes) {
      return run.call(this, random(5) === 0 ? sliceBytes : 1 + random(SLICE_BYTES_MAX));
    };
  }
  return () => {
    for (const [index, { prototype }] of JOBS.entries()) prototype.run = originals[index] as typeof prototype.run;
  };
}
