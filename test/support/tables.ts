import { fingerprint32 } from "../../src/codec/fingerprint32.ts";
import type { BidirectionalIterator, StorageIterator } from "../../src/iterator/storage-iterator.ts";
import { ENTRY_KIND, TIMESTAMP_MAX } from "../../src/key.ts";
import type { DatabaseFormat } from "../../src/options.ts";
import { BlockCache } from "../../src/sstable/block-cache.ts";
import { SSTable, type TableHost } from "../../src/sstable/sstable.ts";
import { SSTableBuilder, type TableDescription } from "../../src/sstable/sstable-builder.ts";
import { TableCache } from "../../src/sstable/table-cache.ts";
import { ArrayFileSystem } from "./array-file-system.ts";

/** An entry at rest. An empty value is a delete. */
export type Entry = { readonly key: Uint8Array; readonly timestamp: number; readonly value: Uint8Array };

const encoder = new TextEncoder();

export function bytesOf(text: string): Uint8Array {
  return encoder.encode(text);
}

/** `"apple@3=red banana@2="`: key, timestamp where there is one, and value, apart by spaces. */
export function entries(notation: string): Entry[] {
  return notation.split(" ").map((word) => {
    const [, key, timestamp, value] = /^([^@=]+)(?:@(\d+))?=(.*)$/.exec(word) ?? [];
    if (key === undefined || value === undefined) throw new Error(`not an entry: ${word}`);
    return { key: bytesOf(key), timestamp: Number(timestamp ?? 0), value: bytesOf(value) };
  });
}

/** An entry in the notation above; bytes that are not printable ASCII make it hexadecimal. */
export function showEntry(entry: Entry): string {
  const version = entry.timestamp === 0 ? "" : `@${entry.timestamp}`;
  return `${showBytes(entry.key)}${version}=${showBytes(entry.value)}`;
}

function showBytes(bytes: Uint8Array): string {
  const isPrintable = bytes.every((byte) => byte > 0x20 && byte < 0x7f);
  return isPrintable ? Buffer.from(bytes).toString("latin1") : `x${Buffer.from(bytes).toString("hex")}`;
}

/** `count` entries whose key is `key_` and 5·i in `digits` digits, and whose value is `value_` and i in ten. */
export function numberedEntries(count: number, digits: number): Entry[] {
  return Array.from({ length: count }, (_, index) => ({
    key: numberedKey(5 * index, digits),
    timestamp: 0,
    value: bytesOf(`value_${String(index).padStart(10, "0")}`),
  }));
}

export function numberedKey(number: number, digits: number): Uint8Array {
  return bytesOf(`key_${String(number).padStart(digits, "0")}`);
}

/** The entry a cursor stands on, copied. */
export function currentEntry(cursor: StorageIterator): Entry {
  return {
    key: cursor.keyBuffer.slice(cursor.keyStart, cursor.keyEnd),
    timestamp: cursor.timestamp,
    value: cursor.valueBuffer.slice(cursor.valueStart, cursor.valueEnd),
  };
}

/** Everything from where the cursor stands to its end. */
export function drain(cursor: StorageIterator): Entry[] {
  const found: Entry[] = [];
  for (; cursor.valid; cursor.next()) found.push(currentEntry(cursor));
  return found;
}

/** Everything from where the cursor stands back to its beginning. */
export function drainBackward(cursor: BidirectionalIterator): Entry[] {
  const found: Entry[] = [];
  for (; cursor.valid; cursor.previous()) found.push(currentEntry(cursor));
  return found;
}

/** The order of internal keys: user keys byte by byte, then the larger timestamp first. */
export function compareEntries(a: Pick<Entry, "key" | "timestamp">, b: Pick<Entry, "key" | "timestamp">): number {
  return Buffer.compare(a.key, b.key) || b.timestamp - a.timestamp;
}

/** Tables in memory, with caches like a database's. */
export class TableFixture implements TableHost {
  readonly fs: ArrayFileSystem = new ArrayFileSystem();
  readonly tables: TableCache;
  readonly blocks: BlockCache;

  constructor(limits: { readonly maxOpenFiles?: number; readonly cacheSizeBytes?: number } = {}) {
    this.tables = new TableCache(this.fs, "db", limits.maxOpenFiles ?? 16);
    this.blocks = new BlockCache(limits.cacheSizeBytes ?? 1 << 20);
  }

  path(id: number): string {
    return `db/${String(id).padStart(5, "0")}.sst`;
  }

  /** Writes a table and answers its bytes. */
  write(id: number, format: DatabaseFormat, blockSizeBytes: number, given: readonly Entry[]): Uint8Array {
    this.describe(id, format, blockSizeBytes, given);
    return this.bytes(id);
  }

  /** Writes a table and answers what the builder says of it. */
  describe(id: number, format: DatabaseFormat, blockSizeBytes: number, given: readonly Entry[]): TableDescription {
    const file = this.fs.open(this.path(id), "create");
    const builder = new SSTableBuilder(file, { format, blockSizeBytes });
    for (const entry of given) addEntry(builder, entry);
    const description = builder.finish();
    file.close();
    return description;
  }

  /** Writes a table and opens it. */
  make(id: number, format: DatabaseFormat, blockSizeBytes: number, given: readonly Entry[]): SSTable {
    this.describe(id, format, blockSizeBytes, given);
    return this.open(id);
  }

  open(id: number, format?: DatabaseFormat): SSTable {
    return SSTable.open(this, id, format);
  }

  bytes(id: number): Uint8Array {
    const bytes = this.fs.files.get(this.path(id));
    if (bytes === undefined) throw new Error(`no table ${id}`);
    return bytes;
  }

  /** Puts bytes under a table's name, however broken. */
  put(id: number, bytes: Uint8Array): void {
    this.fs.files.set(this.path(id), bytes);
  }
}

export function addEntry(builder: SSTableBuilder, entry: Entry): void {
  const { key, timestamp, value } = entry;
  const kind = value.length === 0 ? ENTRY_KIND.delete : ENTRY_KIND.put;
  builder.add(fingerprint32(key, 0, key.length), key, 0, key.length, timestamp, kind, value, 0, value.length);
}

/** What `get` finds for a key: the entry in the notation above, or "nothing". */
export function getEntry(table: SSTable, key: Uint8Array, readTimestamp: number = TIMESTAMP_MAX): string {
  const result = { timestamp: 0, kind: -1, valueBuffer: key, valueStart: 0, valueEnd: 0 };
  const hash = fingerprint32(key, 0, key.length);
  if (!table.get(hash, key, 0, key.length, readTimestamp, result)) return "nothing";
  const value = result.valueBuffer.slice(result.valueStart, result.valueEnd);
  if ((result.kind === ENTRY_KIND.delete) !== (value.length === 0)) throw new Error("the kind does not fit the value");
  return showEntry({ key, timestamp: result.timestamp, value });
}
