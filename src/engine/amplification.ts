import type { Counters } from "./core.ts";

/** How much more is read, written and kept than what was asked for. */
export type Amplification = {
  /** In how many places a look-up looks at most: memtables, and sorted runs of tables. */
  readonly read: number;
  /** Bytes written to tables for each byte flushed; undefined before the first flush. */
  readonly write: number | undefined;
  /**
   * Bytes of all tables for each byte of the oldest run, which is about what a full compaction would leave; undefined
   * without tables.
   */
  readonly space: number | undefined;
};

/** What it is computed from: memtables and sizes of runs in bytes, the oldest run last. */
export type AmplificationInput = {
  readonly memtables: number;
  readonly runSizesBytes: readonly number[];
  readonly counters: Pick<Counters, "flushedBytes" | "compactedBytesWritten">;
};

/** @internal */
export function amplificationOf({ memtables, runSizesBytes, counters }: AmplificationInput): Amplification {
  const { flushedBytes, compactedBytesWritten } = counters;
  const oldestBytes = runSizesBytes.at(-1);
  const tableBytes = runSizesBytes.reduce((sum, bytes) => sum + bytes, 0);
  return {
    read: memtables + runSizesBytes.length,
    write: flushedBytes === 0 ? undefined : (flushedBytes + compactedBytesWritten) / flushedBytes,
    space: oldestBytes === undefined ? undefined : tableBytes / oldestBytes,
  };
}
