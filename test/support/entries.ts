import type { BidirectionalIterator, StorageIterator } from "../../src/iterator/storage-iterator.ts";
import { ENTRY_KIND } from "../../src/key.ts";

export type Entry = {
  readonly key: Uint8Array;
  readonly timestamp: number;
  readonly kind: number;
  readonly value: Uint8Array;
};

/**
 * Entries from a line of text, separated by spaces: `a=1` puts, `a=` puts an empty value, `-a` deletes, `a@7=1` and `-a@7`
 * at timestamp 7 (0 when not given). One character is one byte.
 */
export function entries(text: string): Entry[] {
  return text.split(" ").filter(Boolean).map(entry);
}

function entry(text: string): Entry {
  const [, minus, key, timestamp, value] = /^(-?)([^@=]*)(?:@(\d+))?(?:=(.*))?$/.exec(text)!;
  return {
    key: bytes(key!),
    timestamp: Number(timestamp ?? 0),
    kind: minus === "-" ? ENTRY_KIND.delete : ENTRY_KIND.put,
    value: bytes(value ?? ""),
  };
}

/** The text of entries, as `entries` reads it. */
export function textOf(list: readonly Entry[]): string {
  return list.map(entryText).join(" ");
}

function entryText({ key, timestamp, kind, value }: Entry): string {
  const at = timestamp === 0 ? "" : `@${timestamp}`;
  return kind === ENTRY_KIND.delete ? `-${latin1(key)}${at}` : `${latin1(key)}${at}=${latin1(value)}`;
}

/** What the cursor stands on, copied. */
export function entryAt(cursor: StorageIterator): Entry {
  return {
    key: cursor.keyBuffer.slice(cursor.keyStart, cursor.keyEnd),
    timestamp: cursor.timestamp,
    kind: cursor.kind,
    value: cursor.valueBuffer.slice(cursor.valueStart, cursor.valueEnd),
  };
}

/** Everything from where the cursor stands to its end. */
export function drain(cursor: StorageIterator): Entry[] {
  const list: Entry[] = [];
  while (cursor.valid) {
    list.push(entryAt(cursor));
    cursor.next();
  }
  return list;
}

/** Everything from where the cursor stands back to its beginning. */
export function drainBackward(cursor: BidirectionalIterator): Entry[] {
  const list: Entry[] = [];
  for (; cursor.valid; cursor.previous()) list.push(entryAt(cursor));
  return list;
}

/** `drain` as text. */
export function drainText(cursor: StorageIterator): string {
  return textOf(drain(cursor));
}

/** The order of internal keys: by key, then the larger timestamp first. */
export function compareEntries(a: Entry, b: Entry): number {
  return Buffer.compare(a.key, b.key) || b.timestamp - a.timestamp;
}

export function bytes(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "latin1"));
}

export function latin1(content: Uint8Array): string {
  return Buffer.from(content).toString("latin1");
}
