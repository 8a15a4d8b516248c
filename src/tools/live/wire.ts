import type { Change, Moment, ShownTable } from "./change.ts";
import type { Point } from "./figures.ts";
import type { Beginning } from "./history.ts";
import type { Figures, Subject } from "./source.ts";

/**
 * What goes to the page: one message a line, each a JSON value. Keys are strings with one character per byte, so that any
 * bytes pass; a table is an array, since there are many.
 */
export type Message =
  /** Always the first, and again when the reader fell so far behind that moments in between are forgotten. */
  | {
      readonly type: "beginning";
      readonly subject: Subject;
      readonly beginning: Beginning;
      readonly points: readonly Point[];
      /** Number of the newest moment there was: those up to it follow. */
      readonly newestNumber: number;
    }
  | { readonly type: "moments"; readonly moments: readonly Moment[] }
  | { readonly type: "figures"; readonly figures: Figures; readonly points: readonly Point[] }
  /** Nothing follows: what was watched is closed. */
  | { readonly type: "end" };

/** id, size, first key, last key, entries, deletes, range deletes; null for what nobody knows. */
type WireTable = readonly [
  id: number,
  sizeBytes: number | null,
  firstKey: string | null,
  lastKey: string | null,
  entries: number | null,
  deletes: number | null,
  rangeDeletes: number | null,
];

/** The message as a line, with its line end. */
export function encodeMessage(message: Message): string {
  return `${JSON.stringify(toWire(message))}\n`;
}

/** The message of a line that `encodeMessage` made. */
export function decodeMessage(line: string): Message {
  return fromWire(JSON.parse(line));
}

function toWire(message: Message): unknown {
  switch (message.type) {
    case "beginning": {
      const { beginning } = message;
      return { ...message, beginning: { ...beginning, tables: beginning.tables.map(encodeTable) } };
    }
    case "moments":
      return {
        type: message.type,
        moments: message.moments.map((moment) => ({ ...moment, change: encodeChange(moment.change) })),
      };
    default:
      return message;
  }
}

function fromWire(message: Message): Message {
  switch (message.type) {
    case "beginning": {
      const { beginning } = message;
      return { ...message, beginning: { ...beginning, tables: beginning.tables.map(decodeTable) } };
    }
    case "moments":
      return {
        type: message.type,
        moments: message.moments.map((moment) => ({ ...moment, change: decodeChange(moment.change) })),
      };
    default:
      return message;
  }
}

function encodeChange(change: Change): unknown {
  return mapTables(change, encodeTable as (table: ShownTable) => never);
}

function decodeChange(change: Change): Change {
  return mapTables(change, decodeTable);
}

function mapTables(change: Change, map: (table: ShownTable) => ShownTable): Change {
  switch (change.kind) {
    case "flush":
      return { ...change, table: map(change.table) };
    case "compactionEnd":
      return { ...change, outputs: change.outputs.map(map) };
    case "state":
      return { ...change, tables: change.tables.map(map) };
    default:
      return change;
  }
}

function encodeTable({ id, sizeBytes, keys, entries, deletes, rangeDeletes }: ShownTable): WireTable {
  return [
    id,
    sizeBytes ?? null,
    keys === undefined ? null : textOfBytes(keys.first),
    keys === undefined ? null : textOfBytes(keys.last),
    entries ?? null,
    deletes ?? null,
    rangeDeletes ?? null,
  ];
}

function decodeTable(table: ShownTable): ShownTable {
  const [id, sizeBytes, first, last, entries, deletes, rangeDeletes] = table as unknown as WireTable;
  return {
    id,
    sizeBytes: sizeBytes ?? undefined,
    keys: first === null || last === null ? undefined : { first: bytesOfText(first), last: bytesOfText(last) },
    entries: entries ?? undefined,
    deletes: deletes ?? undefined,
    rangeDeletes: rangeDeletes ?? undefined,
  };
}

/** One character per byte. */
export function textOfBytes(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** The way back. */
export function bytesOfText(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
