import { fingerprint32 } from "../../codec/fingerprint32.ts";
import { ENTRY_KIND } from "../../key.ts";
import { Memtable } from "../../memtable/memtable.ts";
import type { DatabaseFormat } from "../../options.ts";
import type { FaultSink } from "../anatomy/fault.ts";
import type { FileBytes } from "../anatomy/file-bytes.ts";
import { type ExpectedLog, logStretches, readingOfLog, visitStretch } from "../anatomy/log-stretches.ts";
import type { Loss } from "./losses.ts";

/** What of a log can be brought back. */
export type SalvagedLog = {
  /** Frozen, newest first; more than one where one cannot hold it all. */
  readonly memtables: readonly Memtable[];
  readonly records: number;
  readonly entries: number;
  readonly maxTimestamp: number;
};

/**
 * Takes every whole record of a log, also those behind damage. `plain` logs have no timestamps: their entries count on from
 * `timestampBefore`, so that the later one of a key is the newer one.
 */
export function salvageLog(
  file: FileBytes,
  format: DatabaseFormat,
  expected: ExpectedLog,
  timestampBefore: number,
  sink: FaultSink,
  lose: (loss: Omit<Loss, "file">) => void,
): SalvagedLog {
  const bytes = file.read(0, file.sizeBytes);
  const reading = readingOfLog(bytes, file.path, format, expected, sink);
  const id = expected.id ?? 0;
  const newMemtable = (): Memtable => new Memtable(id, { entryOverheadBytes: 0 });
  const memtables = [newMemtable()];
  let [records, entries, sequence] = [0, 0, timestampBefore];
  for (const stretch of logStretches(reading, sink)) {
    const { start, end } = stretch;
    if (!stretch.isRecord) {
      const isLast = end === bytes.length;
      const what = isLast
        ? "the end of the log: a write that a crash interrupted, or damage"
        : "bytes that hold no whole record";
      lose({ offset: start, sizeBytes: end - start, what });
      continue;
    }
    records++;
    visitStretch(reading, stretch, (timestamp, kind, key, keyStart, keyEnd, value, valueStart, valueEnd) => {
      entries++;
      sequence = format === "plain" ? sequence + 1 : Math.max(sequence, timestamp);
      const version = format === "plain" ? sequence : timestamp;
      if (!(memtables[0] as Memtable).hasRoomFor(1, keyEnd - keyStart + (valueEnd - valueStart)))
        memtables.unshift(newMemtable());
      const memtable = memtables[0] as Memtable;
      if (kind === ENTRY_KIND.rangeDelete) {
        memtable.deleteRange(key.subarray(keyStart, keyEnd), value.subarray(valueStart, valueEnd), version, []);
      } else {
        const hash = fingerprint32(key, keyStart, keyEnd);
        memtable.put(hash, key, keyStart, keyEnd, version, kind, value, valueStart, valueEnd);
      }
    });
  }
  for (const memtable of memtables) memtable.freeze();
  return { memtables: memtables.filter((memtable) => !memtable.isEmpty), records, entries, maxTimestamp: sequence };
}
