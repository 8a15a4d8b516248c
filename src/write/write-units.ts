import type { DatabaseFormat } from "../options.ts";
import type { CheckedWrite } from "./checked-write.ts";

/**
 * Writes in order, cut into units. A unit has one timestamp and one record in the log, and goes into one memtable: after
 * a crash it is there whole or not at all.
 */
export type WriteUnits = {
  readonly writes: readonly CheckedWrite[];
  /** Where each unit ends, none of them empty; undefined where each write is one. */
  readonly unitEnds: readonly number[] | undefined;
  /** Whether they may go to several memtables and be applied in part; only where each write is a unit. */
  readonly isDivisible: boolean;
  /** Of keys and values. */
  readonly bytes: number;
};

/** A batch is one unit where files have timestamps, and in `plain` each of its writes is. Batches of `native` are resolved before. */
export function unitsOf(format: DatabaseFormat, writes: readonly CheckedWrite[]): WriteUnits {
  const isDivisible = format === "plain";
  return {
    writes,
    unitEnds: isDivisible ? undefined : [writes.length],
    isDivisible,
    bytes: bytesOf(writes),
  };
}

/** Of keys and values. */
export function bytesOf(writes: readonly CheckedWrite[]): number {
  let bytes = 0;
  for (const write of writes) bytes += sizeOf(write);
  return bytes;
}

/** Of key and value. */
export function sizeOf({ key, value }: CheckedWrite): number {
  return key.length + value.length;
}
