import type { Direction } from "../../src/iterator/merge-order.ts";
import { areApart, insideOf, type ModelMap, type ModelWrite } from "./model-map.ts";

/** What a transaction read, and what it saw. A scan is laid over the writes that the transaction had made before it. */
export type ModelRead =
  | { readonly kind: "get"; readonly key: string; readonly seen: string | undefined }
  | {
      readonly kind: "scan";
      readonly range: string;
      readonly direction: Direction;
      readonly limit: number;
      readonly own: readonly ModelWrite[];
      readonly seen: readonly string[];
    }
  /** A cursor that went over some of its range. */
  | { readonly kind: "cursor"; readonly range: string };

/** Whether a key was certainly written by both: a commit that ignores it loses an update. */
export function writeSameKey(one: readonly ModelWrite[], other: readonly ModelWrite[]): boolean {
  return one.some((write) => other.some((others) => isSameKey(write, others)));
}

/** Whether both may have written a key, there or not. */
export function mayWriteSameKey(one: readonly ModelWrite[], other: readonly ModelWrite[]): boolean {
  return one.some((write) => other.some((others) => mayTouch(write, others)));
}

/** Whether a read, done again on the database as it is now, would see something else. */
export function wouldSeeOther(read: ModelRead, now: ModelMap): boolean {
  if (read.kind === "cursor") return false;
  if (read.kind === "get") return now.get(read.key) !== read.seen;
  const view = now.copy();
  for (const write of read.own) view.write(write);
  const seen = view.entries(read.range, read.direction).slice(0, read.limit);
  return seen.length !== read.seen.length || seen.some((entry, at) => entry !== read.seen[at]);
}

/** Whether a key that was written lies where it was read, there or not. */
export function mayConcern(read: ModelRead, writes: readonly ModelWrite[]): boolean {
  const where = read.kind === "get" ? { key: read.key, value: undefined } : { range: read.range };
  return writes.some((write) => mayTouch(where, write));
}

function isSameKey(one: ModelWrite, other: ModelWrite): boolean {
  return !("range" in one && "range" in other) && mayTouch(one, other);
}

function mayTouch(one: ModelWrite, other: ModelWrite): boolean {
  if ("range" in one) return "range" in other ? !areApart(one.range, other.range) : insideOf(one.range)(other.key);
  return "range" in other ? insideOf(other.range)(one.key) : one.key === other.key;
}
