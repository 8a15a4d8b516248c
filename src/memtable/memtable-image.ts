import type { RangeDeleteFragment } from "../iterator/range-delete-fragment.ts";
import { TIMESTAMP_MAX } from "../key.ts";
import { Arena } from "./arena.ts";
import { KeyOrder } from "./key-order.ts";
import { type MemtableIterator, VersionMemtableIterator, VisibleMemtableIterator } from "./memtable-iterator.ts";

/** A frozen memtable as plain data, which a message to another thread can carry; the buffer is shared, not copied. */
export type MemtableImage = {
  readonly id: number;
  readonly buffer: SharedArrayBuffer;
  /** Key nodes; the first `sortedCount` are in key order. Belongs to whoever opens the image. */
  readonly nodes: Int32Array;
  readonly sortedCount: number;
  readonly rangeDeletes: readonly RangeDeleteFragment[];
};

/** A cursor over an image's entries: the newest version of each key, or every version. Sorts in memory of its own. */
export function openImage(image: MemtableImage, versions: "newest" | "all"): MemtableIterator {
  const arena = Arena.over(image.buffer);
  const order = KeyOrder.over(arena, image.nodes, image.sortedCount);
  return versions === "newest"
    ? new VisibleMemtableIterator(arena, order, TIMESTAMP_MAX)
    : new VersionMemtableIterator(arena, order);
}
