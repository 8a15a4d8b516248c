import { RangeDeletes } from "../../src/iterator/range-deletes.ts";
import { bytes, latin1 } from "./entries.ts";

/** A range delete as it is written: with one timestamp. */
export type RangeDelete = { readonly from: Uint8Array; readonly to: Uint8Array; readonly timestamp: number };

/** `[a,c)@7 [b,)@9,3`: bounds, which may be empty, and timestamps. One character is one byte. Each timestamp is a range delete. */
export function rangeDeletesIn(text: string): RangeDelete[] {
  return text
    .split(" ")
    .filter(Boolean)
    .flatMap((word) => {
      const [, from, to, timestamps] = /^\[([^,]*),([^)]*)\)@([\d,]+)$/.exec(word) ?? [];
      if (from === undefined || to === undefined || timestamps === undefined) throw new Error(`no range: ${word}`);
      return timestamps
        .split(",")
        .map((timestamp) => ({ from: bytes(from), to: bytes(to), timestamp: Number(timestamp) }));
    });
}

/** Range deletes added in the order of the text. */
export function rangeDeletes(text: string): RangeDeletes {
  const deletes = new RangeDeletes();
  for (const { from, to, timestamp } of rangeDeletesIn(text)) deletes.add(from, to, timestamp);
  return deletes;
}

/** The fragments in the notation of `rangeDeletes`. */
export function showRangeDeletes(deletes: RangeDeletes): string {
  return deletes.fragments
    .map(({ from, to, timestamps }) => `[${latin1(from)},${latin1(to)})@${timestamps.join(",")}`)
    .join(" ");
}
