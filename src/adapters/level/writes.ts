import type { Write } from "../../engine/batch.ts";
import type { WriteOptions } from "../../engine/write-options.ts";
import { type Format, type FormatName, ownBytes } from "./encoding.ts";

/** What abstract-level tells a private method about a write. */
export type WriteRequest = { readonly sync?: boolean | undefined };

/** One operation of a batch as abstract-level hands it over, encoded. */
export type EncodedOperation = {
  readonly type: "put" | "del";
  readonly key: Format;
  readonly value?: Format;
  readonly keyEncoding?: FormatName;
  /** Set where the key lacks the prefix: the sublevel belongs to another object over the same data. */
  readonly sublevel?: { prefixKey(key: Format, format: FormatName | undefined, isLocal: boolean): Format } | null;
};

const SYNCED: WriteOptions = { durability: "power" };
const AS_OPENED: WriteOptions = {};

export function writeOptions({ sync }: WriteRequest): WriteOptions {
  return sync === true ? SYNCED : AS_OPENED;
}

export function putOf(key: Format, value: Format): Write {
  return { type: "put", key: ownBytes(key), value: ownBytes(value) };
}

export function deleteOf(key: Format): Write {
  return { type: "delete", key: ownBytes(key) };
}

/** The engine's writes, in the order of the operations. */
export function writesOf(operations: readonly EncodedOperation[]): Write[] {
  return operations.map((operation) => {
    const key = operation.sublevel == null ? operation.key : prefixed(operation);
    return operation.type === "put" ? putOf(key, operation.value as Format) : deleteOf(key);
  });
}

function prefixed({ key, keyEncoding, sublevel }: EncodedOperation): Format {
  return sublevel?.prefixKey(key, keyEncoding, false) ?? key;
}
