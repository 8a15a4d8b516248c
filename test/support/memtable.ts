import { fingerprint32 } from "../../src/codec/fingerprint32.ts";
import { TIMESTAMP_MAX } from "../../src/key.ts";
import { Memtable } from "../../src/memtable/memtable.ts";
import type { Entry } from "./entries.ts";
import { entries } from "./entries.ts";

/** A memtable of entries written as text, put in the order of the text. */
export function memtableOf(text: string): Memtable {
  const memtable = new Memtable(1, { entryOverheadBytes: 0 });
  for (const entry of entries(text)) put(memtable, entry);
  return memtable;
}

export function put(memtable: Memtable, { key, timestamp, kind, value }: Entry): void {
  const hash = fingerprint32(key, 0, key.length);
  memtable.put(hash, key, 0, key.length, timestamp, kind, value, 0, value.length);
}

/** What a reader at `timestamp` finds, undefined when it finds nothing. */
export function get(memtable: Memtable, key: Uint8Array, timestamp: number = TIMESTAMP_MAX): Entry | undefined {
  const none = new Uint8Array(0);
  const result = { timestamp: 0, kind: 0, valueBuffer: none, valueStart: 0, valueEnd: 0 };
  if (!memtable.get(fingerprint32(key, 0, key.length), key, 0, key.length, timestamp, result)) return undefined;
  const { kind, valueBuffer, valueStart, valueEnd } = result;
  return { key, timestamp: result.timestamp, kind, value: valueBuffer.slice(valueStart, valueEnd) };
}
