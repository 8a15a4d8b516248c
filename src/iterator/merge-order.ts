/**
 * What counts as the same entry when cursors are merged.
 *
 * `internal`: user key and timestamp, the larger timestamp first; every version of a key comes through.
 * `user`: the user key alone; of several cursors on one key only the newest cursor's entry comes through. For reads,
 * where each cursor shows at most one version per key.
 */
export type MergeOrder = "internal" | "user";

/** The way a cursor goes: `descending` is the reverse of its order. */
export type Direction = "ascending" | "descending";
