import type { MiniLsm } from "../../engine/mini-lsm.ts";
import type { Bounds } from "../../engine/range.ts";
import { turns } from "./turns.ts";

/** So many entries are counted between two looks at the clock. */
const ENTRIES_PER_LOOK = 128;

/** Bytes of the keys and values within the bounds. */
export async function rangeSize(database: MiniLsm, bounds: Bounds): Promise<number> {
  using snapshot = database.snapshot();
  using cursor = snapshot.cursor(bounds);
  let bytes = 0;
  for (let entries = 1; cursor.valid; entries++, cursor.next()) {
    bytes += cursor.keyEnd - cursor.keyStart + cursor.valueEnd - cursor.valueStart;
    if (entries % ENTRIES_PER_LOOK === 0) await turns.next();
  }
  return bytes;
}
