import { ownCopy } from "../codec/own-copy.ts";
import { LsmError } from "../errors.ts";
import { refuseUnknownOptions } from "./call-options.ts";
import type { Cursor } from "./cursor.ts";

/** Asks for keys and values as strings. Bytes that are not valid UTF-8 come out as U+FFFD. */
export type AsText = { readonly as: "utf8" };

/** Makes something that lasts of bytes that are lent. @internal */
export type Read<Out> = (buffer: Uint8Array, start: number, end: number) => Out;

/** For `get` and those like it. Throws INVALID_ARGUMENT. @internal */
export function readerOf(options: AsText | undefined): Read<Uint8Array | string> {
  if (options === undefined) return ownCopy;
  refuseUnknownOptions(options, ["as"]);
  return readerFor(options.as);
}

/** Throws INVALID_ARGUMENT. @internal */
export function readerFor(as: "utf8" | undefined): Read<Uint8Array | string> {
  if (as === undefined) return ownCopy;
  if (as === "utf8") return decode;
  throw new LsmError("INVALID_ARGUMENT", `as is ${String(as)}, expected utf8`);
}

/** By way of Buffer, since a TextDecoder refuses shared memory, where memtables lie. */
function decode(buffer: Uint8Array, start: number, end: number): string {
  return Buffer.from(buffer.buffer, buffer.byteOffset + start, end - start).toString("utf8");
}

/** The entries of a cursor, which is opened by the first step and closed when the loop ends. @internal */
export function* entriesOf<Out>(
  open: () => Cursor,
  read: Read<Out>,
): Generator<[key: Out, value: Out], void, undefined> {
  using cursor = open();
  for (; cursor.valid; cursor.next()) {
    const key = read(cursor.keyBuffer, cursor.keyStart, cursor.keyEnd);
    yield [key, read(cursor.valueBuffer, cursor.valueStart, cursor.valueEnd)];
  }
}

/** As `entriesOf`, keys alone. @internal */
export function* keysOf<Out>(open: () => Cursor, read: Read<Out>): Generator<Out, void, undefined> {
  using cursor = open();
  for (; cursor.valid; cursor.next()) yield read(cursor.keyBuffer, cursor.keyStart, cursor.keyEnd);
}

/** As `entriesOf`, values alone. @internal */
export function* valuesOf<Out>(open: () => Cursor, read: Read<Out>): Generator<Out, void, undefined> {
  using cursor = open();
  for (; cursor.valid; cursor.next()) yield read(cursor.valueBuffer, cursor.valueStart, cursor.valueEnd);
}
