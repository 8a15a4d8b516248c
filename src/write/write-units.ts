import type { DatabaseFormat } from "../options.ts";
import type { CheckedWrite } from "./checked-write.ts";

/**
 * Writes in order, cut into units. A unit has one timestamp and one record in the log, and goes into one memtable: after
 * a crash it is there whole or not at all.
 */
export type WriteUnits = {
  readonly writes: readonly CheckedWrite[];
  /** Where the unit that begins at this position ends. */
  readonly endOf: (start: number) => number;
  /** Whether a batch begins at this position. */
  readonly beginsBatch: (position: number) => boolean;
};

/** A unit is a batch where files have timestamps, and a single write in `plain`. Empty batches leave nothing. Batches of `native` are resolved before. */
export function writeUnits(format: DatabaseFormat, batches: readonly (readonly CheckedWrite[])[]): WriteUnits {
  const [only] = batches;
  const writes = batches.length === 1 && only !== undefined ? only : batches.flat();
  const ends = endsOf(batches);
  return {
    writes,
    endOf: format === "plain" ? endOfWrite : (start) => ends.get(start) ?? writes.length,
    beginsBatch: (position) => ends.has(position),
  };
}

/** Of keys and values. */
export function bytesOf(writes: readonly CheckedWrite[], start: number, end: number): number {
  let bytes = 0;
  for (let index = start; index < end; index++) {
    const { key, value } = writes[index] as CheckedWrite;
    bytes += key.length + value.length;
  }
  return bytes;
}

function endOfWrite(start: number): number {
  return start + 1;
}

/** Where each batch that is not empty begins, and where it ends. */
function endsOf(batches: readonly (readonly CheckedWrite[])[]): Map<number, number> {
  const ends = new Map<number, number>();
  let start = 0;
  for (const { length } of batches) {
    if (length > 0) ends.set(start, start + length);
    start += length;
  }
  return ends;
}
