import { compareKeys } from "../codec/bytes.ts";
import { LsmError } from "../errors.ts";
import type { Direction } from "../iterator/merge-order.ts";
import { KEY_LENGTH_MAX } from "../key.ts";
import type { KeyRange } from "../read/key-range.ts";
import { type Bytes, boundBytes } from "./key-bytes.ts";

/** Which keys are meant: all, as far as nothing is given. At most one of `gt` and `gte`, and one of `lt` and `lte`. */
export type Bounds = {
  readonly gt?: Bytes | undefined;
  readonly gte?: Bytes | undefined;
  readonly lt?: Bytes | undefined;
  readonly lte?: Bytes | undefined;
  /** Only keys that begin with these bytes, in addition to the bounds. */
  readonly prefix?: Bytes | undefined;
};

/** Which entries a scan shows, and in which order. */
export type Range = Bounds & {
  /** From the last key to the first. */
  readonly reverse?: boolean | undefined;
  /** At most this many entries. */
  readonly limit?: number | undefined;
};

/** A range as cursors take it. @internal */
export type ScanRange = KeyRange & {
  readonly direction: Direction;
  /** Infinity when there is none. */
  readonly limit: number;
};

const NO_BYTES = new Uint8Array(0);
const BYTE_MAX = 0xff;
const BOUND_NAMES = ["gt", "gte", "lt", "lte", "prefix"];
/** What bounds may name, and what a range may; `as` is for those who want strings. */
const NAMES_OF_BOUNDS: ReadonlySet<string> = new Set(BOUND_NAMES);
const NAMES_OF_RANGE: ReadonlySet<string> = new Set([...BOUND_NAMES, "reverse", "limit", "as"]);

/** Checks bounds and copies them. Throws INVALID_ARGUMENT. @internal */
export function resolveBounds(bounds: Bounds): KeyRange {
  refuseUnknown(bounds, NAMES_OF_BOUNDS);
  return boundsOf(bounds);
}

/** Checks a range. The bounds are copied, as a cursor outlives the call. Throws INVALID_ARGUMENT. @internal */
export function resolveRange(range: Range): ScanRange {
  refuseUnknown(range, NAMES_OF_RANGE);
  const { reverse = false, limit = Number.POSITIVE_INFINITY } = range;
  if (typeof reverse !== "boolean") {
    throw new LsmError("INVALID_ARGUMENT", `reverse is ${String(reverse)}, expected true or false`);
  }
  if (!(limit >= 0) || (!Number.isInteger(limit) && limit !== Number.POSITIVE_INFINITY)) {
    throw new LsmError("INVALID_ARGUMENT", `limit is ${String(limit)}, expected 0, 1, 2, …`);
  }
  const { gt, gte, lt, lte } = boundsOf(range);
  return { gt, gte, lt, lte, direction: reverse ? "descending" : "ascending", limit };
}

/** The first key that may lie in the range. @internal */
export function startOf({ gt, gte }: KeyRange): Uint8Array {
  if (gte !== undefined) return bounded(gte);
  return gt === undefined ? NO_BYTES : keyAfter(gt);
}

/** The first key behind the range; undefined where it has no end. @internal */
export function endOf({ lt, lte }: KeyRange): Uint8Array | undefined {
  if (lt !== undefined) return bounded(lt);
  return lte === undefined ? undefined : keyAfter(lte);
}

/** The first key behind this one. Of a bound that is longer than any key the same as `bounded`, since it lies before it. @internal */
export function keyAfter(key: Uint8Array): Uint8Array {
  if (key.length > KEY_LENGTH_MAX) return bounded(key);
  const after = new Uint8Array(key.length + 1);
  after.set(key);
  return after;
}

/** The same keys lie before a bound that is longer than any key and behind the longest key that it begins with. */
function bounded(bound: Uint8Array): Uint8Array {
  return bound.length > KEY_LENGTH_MAX ? keyAfter(bound.subarray(0, KEY_LENGTH_MAX)) : bound;
}

function refuseUnknown(range: Range, names: ReadonlySet<string>): void {
  if (typeof range !== "object" || range === null || Array.isArray(range)) {
    throw new LsmError("INVALID_ARGUMENT", `a range is ${String(range)}, expected { gte, lt, … }`);
  }
  for (const name in range) {
    if (!names.has(name)) throw new LsmError("INVALID_ARGUMENT", `a range has no ${name}`);
  }
}

function boundsOf(range: Bounds): KeyRange {
  if (range.gt !== undefined && range.gte !== undefined) throw twoBounds("gt or gte");
  if (range.lt !== undefined && range.lte !== undefined) throw twoBounds("lt or lte");
  const bounds = { gt: copyOf(range.gt), gte: copyOf(range.gte), lt: copyOf(range.lt), lte: copyOf(range.lte) };
  const prefix = copyOf(range.prefix);
  return prefix === undefined ? bounds : withinPrefix(bounds, prefix);
}

function twoBounds(names: string): LsmError {
  return new LsmError("INVALID_ARGUMENT", `a range takes ${names}, not both`);
}

function copyOf(bound: Bytes | undefined): Uint8Array | undefined {
  return bound === undefined ? undefined : boundBytes(bound);
}

/** Of each side the bound that leaves fewer keys: the given one or the prefix's. */
function withinPrefix({ gt, gte, lt, lte }: KeyRange, prefix: Uint8Array): KeyRange {
  const keepsGt = gt !== undefined && compareKeys(gt, prefix) >= 0;
  const keepsGte = gte !== undefined && compareKeys(gte, prefix) >= 0;
  const lower = keepsGt || keepsGte ? { gt, gte } : { gt: undefined, gte: prefix };

  const end = successor(prefix);
  const keepsLt = lt !== undefined && (end === undefined || compareKeys(lt, end) <= 0);
  const keepsLte = lte !== undefined && (end === undefined || compareKeys(lte, end) < 0);
  const upper = keepsLt || keepsLte ? { lt, lte } : { lt: end, lte: undefined };
  return { ...lower, ...upper };
}

/** The first key behind all that begin with the prefix; undefined when nothing is, as for ff ff. */
function successor(prefix: Uint8Array): Uint8Array | undefined {
  const last = prefix.findLastIndex((byte) => byte !== BYTE_MAX);
  if (last < 0) return undefined;
  // Not the `slice` of a Buffer, which would be a view of the prefix itself.
  const end = new Uint8Array(prefix.subarray(0, last + 1));
  end[last] = (prefix[last] ?? 0) + 1;
  return end;
}
