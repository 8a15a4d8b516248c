/**
 * A write whose key and value were checked against the limits of the format. A delete has an empty value. A range delete,
 * which only `native` takes, has the first key of its range for a key and the key behind its last for a value, which may
 * be one byte longer than keys are.
 */
export type CheckedWrite = {
  /** One of `ENTRY_KIND`. */
  readonly kind: number;
  readonly key: Uint8Array;
  readonly value: Uint8Array;
};
