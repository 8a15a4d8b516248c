/** A value as it stands in a file, or as it follows from what stands there. */
export type SpanValue =
  | number
  | string
  | boolean
  | Uint8Array
  | null
  | readonly SpanValue[]
  | { readonly [name: string]: SpanValue };

/** Bytes with one meaning. */
export type Field = { readonly name: string; readonly sizeBytes: number; readonly value: SpanValue };

/** A stretch of a file that is one thing: a block, an entry, a frame. */
export type Span = {
  /** What it is, as `block` or `put`. */
  readonly what: string;
  readonly offset: number;
  readonly sizeBytes: number;
  /** 0 for what the file consists of, 1 for what stands in that. */
  readonly depth: 0 | 1;
  /** What is worth knowing of it, in this order. */
  readonly facts: { readonly [name: string]: SpanValue };
  /** Its bytes, from its offset on; undefined where they were not asked for, or mean nothing. */
  readonly fields?: readonly Field[] | undefined;
};

/** How much of a file is wanted: what it consists of; what stands in that; what every byte means. */
export type Detail = "parts" | "entries" | "bytes";

/** A checksum as people compare it. */
export function hexOf(value: number): string {
  return value.toString(16).padStart(8, "0");
}

/** The eight bytes of a header field or an id. */
export function hexOfBytes(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex");
}
