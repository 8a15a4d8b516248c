import { MemtableMerge } from "../compaction/memtable-merge.ts";
import type { MergeJob } from "../compaction/merge-job.ts";
import type { MergeRules } from "../compaction/merge-rules.ts";
import { tableMerge } from "../compaction/table-merge.ts";
import { assert } from "../errors.ts";
import type { FileSystem } from "../fs/file-system.ts";
import { type MemtableImage, openImage } from "../memtable/memtable-image.ts";
import type { DatabaseFormat } from "../options.ts";
import { BlockCache } from "../sstable/block-cache.ts";
import { SSTable } from "../sstable/sstable.ts";
import { TableCache } from "../sstable/table-cache.ts";
import type { NewTable, TableTarget } from "../sstable/table-output.ts";
import { FlushJob } from "../write/flush-job.ts";
import { IdCounter } from "./id-counter.ts";

/**
 * What there is to write, as plain data over immutable inputs, so that any thread can do it (design D2): frozen
 * memtables lie in shared memory, tables are opened by name. The result is described and installed by the thread that
 * owns the state.
 */
export type JobRequest = {
  readonly directory: string;
  readonly format: DatabaseFormat;
  readonly blockSizeBytes: number;
  /** In `native`: what all files of the database share. */
  readonly databaseId?: Uint8Array | undefined;
} & (
  | {
      readonly kind: "flush";
      /** Frozen, newest first; one, or in `native` any number that become one table. */
      readonly memtables: readonly MemtableImage[];
      /** Nobody reads, or will read, at a smaller timestamp. */
      readonly watermark: number;
    }
  | {
      readonly kind: "merge";
      /** Ids of the input tables as sorted runs, newest first. */
      readonly runs: readonly (readonly number[])[];
      readonly rules: MergeRules;
      readonly tableSizeBytes: number;
      readonly ids: SharedArrayBuffer;
      readonly maxOpenFiles: number;
    }
);

/** A job that has begun. `run` does about so many bytes of input; after it threw, or after `cancel`, nothing of it is left. */
export interface RunningJob {
  run(sliceBytes: number): "more" | readonly NewTable[];
  cancel(): void;
}

/** Begins a job on this thread. Throws CorruptionError or IoError. */
export function beginJob(request: JobRequest, fs: FileSystem): RunningJob {
  const { directory, format, blockSizeBytes, databaseId } = request;
  const target: TableTarget = { fs, directory, format, blockSizeBytes, databaseId };
  return request.kind === "flush" ? beginFlush(request, target) : beginMerge(request, target);
}

/** A flush of the reference's formats leaves nothing out, so that its tables have the same bytes. */
function beginFlush({ memtables, watermark }: JobRequest & { kind: "flush" }, target: TableTarget): RunningJob {
  if (target.format === "native") return new MemtableMerge(memtables, watermark, target);
  const [memtable] = memtables;
  assert(memtable !== undefined && memtables.length === 1, "a flush of the reference's formats takes one memtable");
  const versions = target.format === "plain" ? "newest" : "all";
  return new FlushJob(memtable.id, openImage(memtable, versions), target);
}

/** A merge reads one table of each run at a time, and those it has passed need not stay. */
const CONTENTS_BYTES: number = 8 * 1024 * 1024;

/** The inputs are opened apart from the readers' tables: a merge reads each block once and must not fill their cache. */
function beginMerge(request: JobRequest & { kind: "merge" }, target: TableTarget): RunningJob {
  const descriptors = new TableCache(target.fs, target.directory, request.maxOpenFiles);
  const host = { tables: descriptors, blocks: new BlockCache(0, CONTENTS_BYTES), databaseId: target.databaseId };
  try {
    const runs = request.runs.map((ids) => ids.map((id) => SSTable.open(host, id, target.format)));
    const ids = new IdCounter(request.ids);
    const { tableSizeBytes } = request;
    const job = tableMerge(runs, request.rules, { ...target, tableSizeBytes, nextId: () => ids.take() });
    return closingInputs(job, descriptors);
  } catch (error) {
    descriptors.closeAll();
    throw error;
  }
}

function closingInputs(job: MergeJob, descriptors: TableCache): RunningJob {
  return {
    run(sliceBytes) {
      let outcome: "more" | readonly NewTable[] | undefined;
      try {
        outcome = job.run(sliceBytes);
        return outcome;
      } finally {
        if (outcome !== "more") descriptors.closeAll();
      }
    },
    cancel() {
      job.cancel();
      descriptors.closeAll();
    },
  };
}
