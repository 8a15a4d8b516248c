import type { Bounds } from "../../engine/range.ts";
import { type Format, ownBytes } from "./encoding.ts";

/** Bounds as abstract-level hands them to private methods, encoded. */
export type EncodedBounds = {
  readonly gt?: Format;
  readonly gte?: Format;
  readonly lt?: Format;
  readonly lte?: Format;
};

/** The engine's bounds, in bytes of their own. In `level` the inclusive bound counts where both are given. */
export function boundsOf({ gt, gte, lt, lte }: EncodedBounds): Bounds {
  const bounds: { -readonly [name in keyof Bounds]: Uint8Array } = {};
  if (gte !== undefined) bounds.gte = ownBytes(gte);
  else if (gt !== undefined) bounds.gt = ownBytes(gt);
  if (lte !== undefined) bounds.lte = ownBytes(lte);
  else if (lt !== undefined) bounds.lt = ownBytes(lt);
  return bounds;
}

/** Whether a key lies within the bounds, which are those of `boundsOf`. */
export function isWithin(key: Uint8Array, { gt, gte, lt, lte }: Bounds): boolean {
  const isBehind = (bound: unknown): number => Buffer.compare(key, bound as Uint8Array);
  if (gte !== undefined && isBehind(gte) < 0) return false;
  if (gt !== undefined && isBehind(gt) <= 0) return false;
  if (lte !== undefined && isBehind(lte) > 0) return false;
  return lt === undefined || isBehind(lt) < 0;
}
