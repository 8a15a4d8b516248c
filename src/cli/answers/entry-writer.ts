import type { EntryForm } from "../language/command.ts";
import type { EntryWriter } from "./presentation.ts";

const EQUALS = 0x3d;
const NEWLINE = 0x0a;

/** Writes entries as lines: `key=value`, in byte strings or hexadecimal digits, or the key alone. */
export function lineWriter({ isKeysOnly, isHex }: EntryForm): EntryWriter {
  if (isHex) return isKeysOnly ? writeHexKey : writeHexEntry;
  return isKeysOnly ? writeKey : writeEntry;
}

const writeEntry: EntryWriter = (text, cursor) => {
  text.byteString(cursor.keyBuffer, cursor.keyStart, cursor.keyEnd).ascii(EQUALS);
  text.byteString(cursor.valueBuffer, cursor.valueStart, cursor.valueEnd).ascii(NEWLINE);
};

const writeKey: EntryWriter = (text, cursor) => {
  text.byteString(cursor.keyBuffer, cursor.keyStart, cursor.keyEnd).ascii(NEWLINE);
};

const writeHexEntry: EntryWriter = (text, cursor) => {
  text.hex(cursor.keyBuffer, cursor.keyStart, cursor.keyEnd).ascii(EQUALS);
  text.hex(cursor.valueBuffer, cursor.valueStart, cursor.valueEnd).ascii(NEWLINE);
};

const writeHexKey: EntryWriter = (text, cursor) => {
  text.hex(cursor.keyBuffer, cursor.keyStart, cursor.keyEnd).ascii(NEWLINE);
};
