import { compareKeys } from "../codec/bytes.ts";
import { LsmError } from "../errors.ts";
import { ENTRY_KIND } from "../key.ts";
import type { DatabaseFormat } from "../options.ts";
import type { CheckedWrite } from "../write/checked-write.ts";
import { type Bytes, keyBytes, valueBytes } from "./key-bytes.ts";
import { type Bounds, endOf, keyAfter, resolveBounds, startOf } from "./range.ts";

/** One write of a batch. A range delete takes away what was there before it, earlier writes of the batch included. */
export type Write =
  | { readonly type: "put"; readonly key: Bytes; readonly value: Bytes }
  | { readonly type: "delete"; readonly key: Bytes }
  | ({ readonly type: "deleteRange" } & Bounds);

/** What a batch is checked against. @internal */
export type BatchHost = {
  readonly format: DatabaseFormat;
  /** Of the database, as it is when everything that was written before the batch is in it. */
  readonly largestKey: () => Uint8Array | undefined;
  /** Throws UNSUPPORTED in a format without range deletes. */
  readonly refuseRangeDeletes: () => void;
};

const NO_BYTES = new Uint8Array(0);

/**
 * The writes of a batch, all of them checked. Range deletes have finite bounds, and empty ones are left out.
 * Throws INVALID_ARGUMENT, UNSUPPORTED, and what `keyBytes` and `valueBytes` throw.
 *
 * @internal
 */
export function checkedBatch(batch: readonly Write[], host: BatchHost): CheckedWrite[] {
  if (!Array.isArray(batch)) throw new LsmError("INVALID_ARGUMENT", `batch is ${typeof batch}, expected an array`);
  const writes: CheckedWrite[] = [];
  for (let index = 0; index < batch.length; index++) {
    const checked = checkedWrite(batch[index] as Write, host, writes);
    if (checked !== undefined) writes.push(checked);
  }
  return writes;
}

function checkedWrite(write: Write, host: BatchHost, before: readonly CheckedWrite[]): CheckedWrite | undefined {
  if (typeof write !== "object" || write === null) {
    throw new LsmError("INVALID_ARGUMENT", `a write of the batch is ${String(write)}, expected { type, key, … }`);
  }
  const { format } = host;
  switch (write.type) {
    case "put":
      return { kind: ENTRY_KIND.put, key: keyBytes(write.key, format), value: valueBytes(write.value, format) };
    case "delete":
      return { kind: ENTRY_KIND.delete, key: keyBytes(write.key, format), value: NO_BYTES };
    case "deleteRange":
      return checkedRangeDelete(write, host, before);
    default: {
      const type = String((write as Write).type);
      throw new LsmError("INVALID_ARGUMENT", `write type is ${type}, expected put, delete or deleteRange`);
    }
  }
}

/** undefined for a range that holds no key. */
function checkedRangeDelete(
  { type: _, ...bounds }: Write & { type: "deleteRange" },
  host: BatchHost,
  before: readonly CheckedWrite[],
): CheckedWrite | undefined {
  host.refuseRangeDeletes();
  const range = resolveBounds(bounds);
  const key = startOf(range);
  const value = endOf(range) ?? endOfAll(host, before);
  return compareKeys(key, value) < 0 ? { kind: ENTRY_KIND.rangeDelete, key, value } : undefined;
}

/** Behind every key that is there, or was written earlier in the batch. */
function endOfAll(host: BatchHost, before: readonly CheckedWrite[]): Uint8Array {
  let largest = host.largestKey();
  for (const { kind, key } of before) {
    if (kind === ENTRY_KIND.put && (largest === undefined || compareKeys(key, largest) > 0)) largest = key;
  }
  return largest === undefined ? NO_BYTES : keyAfter(largest);
}
