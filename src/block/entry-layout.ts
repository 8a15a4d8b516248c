import type { DatabaseFormat } from "../options.ts";

/**
 * What an entry's fields take in each format.
 *
 *   entry = overlap u16 | suffix_len u16 | suffix | [ kind u8 ] timestamp u56 or u64 | value_len u16 or u32 | value
 */
export type EntryLayout = {
  /** Of the timestamp; 0 where there is none. */
  readonly sizeTimestamp: number;
  readonly sizeValueLength: number;
  /** Whether the first byte of the timestamp is the entry's kind; where it is not, an empty value is a delete. */
  readonly hasKinds: boolean;
  readonly keyLengthMin: number;
  /** Bytes of an entry besides its suffix and value. */
  readonly sizeOverhead: number;
};

export const SIZE_OVERLAP = 2;
export const SIZE_SUFFIX_LENGTH = 2;

/** Where an entry's key suffix starts, counted from the entry. */
export const ENTRY_SUFFIX_START: number = SIZE_OVERLAP + SIZE_SUFFIX_LENGTH;

/** Of a timestamp, with the kind where there is one. */
export const SIZE_TIMESTAMP = 8;
/** Of a value's length. */
export const SIZE_SHORT_LENGTH = 2;
export const SIZE_LONG_LENGTH = 4;

const LAYOUTS: { readonly [format in DatabaseFormat]: EntryLayout } = {
  plain: layout({ sizeTimestamp: 0, sizeValueLength: SIZE_SHORT_LENGTH, hasKinds: false, keyLengthMin: 1 }),
  mvcc: layout({ sizeTimestamp: SIZE_TIMESTAMP, sizeValueLength: SIZE_SHORT_LENGTH, hasKinds: false, keyLengthMin: 1 }),
  native: layout({ sizeTimestamp: SIZE_TIMESTAMP, sizeValueLength: SIZE_LONG_LENGTH, hasKinds: true, keyLengthMin: 0 }),
};

export function entryLayout(format: DatabaseFormat): EntryLayout {
  return LAYOUTS[format];
}

function layout(fields: Omit<EntryLayout, "sizeOverhead">): EntryLayout {
  return { ...fields, sizeOverhead: ENTRY_SUFFIX_START + fields.sizeTimestamp + fields.sizeValueLength };
}
