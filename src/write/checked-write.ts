/** A write whose key and value were checked against the limits of the format. A delete has an empty value. */
export type CheckedWrite = {
  /** One of `ENTRY_KIND`. */
  readonly kind: number;
  readonly key: Uint8Array;
  readonly value: Uint8Array;
};
