import { fingerprint32 } from "../../src/codec/fingerprint32.ts";
import { encodeNativeHeader, NATIVE_FILE_KIND } from "../../src/codec/native-header.ts";
import type { RangeDeleteFragment } from "../../src/iterator/range-delete-fragment.ts";
import type { BidirectionalIterator, StorageIterator } from "../../src/iterator/storage-iterator.ts";
import { ENTRY_KIND, TIMESTAMP_MAX } from "../../src/key.ts";
import type { DatabaseFormat } from "../../src/options.ts";
import { BlockCache } from "../../src/sstable/block-cache.ts";
import { SSTable, type TableHost } from "../../src/sstable/sstable.ts";
import { SSTableBuilder, type TableDescription } from "../../src/sstable/sstable-builder.ts";
import { TableCache } from "../../src/sstable/table-cache.ts";
import { ArrayFileSystem } from "./array-file-system.ts";

/** An entry at rest. Without a kind, an empty value is a delete. */
export type Entry = {
  readonly key: Uint8Array;
  readonly timestamp: number;
  readonly value: Uint8Array;
  readonly kind?: number;
};

export function kindOf({ kind, value }: Pick<Entry, "kind" | "value">): number {
  return kind ?? (value.length === 0 ? ENTRY_KIND.delete : ENTRY_KIND.put);
}

const encoder = new TextEncoder();

const EMPTY_VALUE = '""';
const EMPTY_PUT = { value: new Uint8Array(0), kind: ENTRY_KIND.put };
/** Of all tables that fixtures write. */
export const DATABASE_ID: Uint8Array = Uint8Array.from({ length: 16 }, (_, index) => index + 1);

export function bytesOf(text: string): Uint8Array {
  return encoder.encode(text);
}

/**
 * `"apple@3=red banana@2="`: key, timestamp where there is one, and value, apart by spaces. In `native` the key may be
 * empty, and `""` is an empty value that is no delete.
 */
export function entries(notation: string): Entry[] {
  return notation.split(" ").map((word) => {
    const [, key, timestamp, value] = /^([^@=]*)(?:@(\d+))?=(.*)$/.exec(word) ?? [];
    if (key === undefined || value === undefined) throw new Error(`not an entry: ${word}`);
    const place = { key: bytesOf(key), timestamp: Number(timestamp ?? 0) };
    return value === EMPTY_VALUE ? { ...place, ...EMPTY_PUT } : { ...place, value: bytesOf(value) };
  });
}

/** An entry in the notation above; bytes that are not printable ASCII make it hexadecimal. */
export function showEntry(entry: Entry): string {
  const version = entry.timestamp === 0 ? "" : `@${entry.timestamp}`;
  const value = entry.value.length === 0 && entry.kind === ENTRY_KIND.put ? EMPTY_VALUE : showBytes(entry.value);
  return `${showBytes(entry.key)}${version}=${value}`;
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

/** The entry a cursor stands on, copied; with its kind where the value does not tell it. */
export function currentEntry(cursor: StorageIterator): Entry {
  const value = cursor.valueBuffer.slice(cursor.valueStart, cursor.valueEnd);
  const entry = {
    key: cursor.keyBuffer.slice(cursor.keyStart, cursor.keyEnd),
    timestamp: cursor.timestamp,
    value,
  };
  return cursor.kind === kindOf({ value }) ? entry : { ...entry, kind: cursor.kind };
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
  readonly databaseId: Uint8Array = DATABASE_ID;

  constructor(limits: { readonly maxOpenFiles?: number; readonly cacheSizeBytes?: number } = {}) {
    this.tables = new TableCache(this.fs, "db", limits.maxOpenFiles ?? 16);
    this.blocks = new BlockCache(limits.cacheSizeBytes ?? 1 << 20);
  }

  path(id: number): string {
    return `db/${String(id).padStart(5, "0")}.sst`;
  }

  /** Writes a table and answers its bytes. */
  write(
    id: number,
    format: DatabaseFormat,
    blockSizeBytes: number,
    given: readonly Entry[],
    rangeDeletes: readonly RangeDeleteFragment[] = [],
  ): Uint8Array {
    this.describe(id, format, blockSizeBytes, given, rangeDeletes);
    return this.bytes(id);
  }

  /** Writes a table and answers what the builder says of it. */
  describe(
    id: number,
    format: DatabaseFormat,
    blockSizeBytes: number,
    given: readonly Entry[],
    rangeDeletes: readonly RangeDeleteFragment[] = [],
  ): TableDescription {
    const file = this.fs.open(this.path(id), "create");
    const builder = new SSTableBuilder(file, { format, blockSizeBytes, header: headerOf(format, id) });
    for (const entry of given) addEntry(builder, entry);
    for (const { from, to, timestamps } of rangeDeletes) builder.addRangeDelete(from, to, timestamps);
    const description = builder.finish();
    file.close();
    return description;
  }

  /** Writes a table and opens it: a native one by its description, so that nothing is read before it is used. */
  make(
    id: number,
    format: DatabaseFormat,
    blockSizeBytes: number,
    given: readonly Entry[],
    rangeDeletes: readonly RangeDeleteFragment[] = [],
  ): SSTable {
    const description = this.describe(id, format, blockSizeBytes, given, rangeDeletes);
    return format === "native" ? this.open(id, format, description) : this.open(id);
  }

  open(id: number, format?: DatabaseFormat, description?: TableDescription): SSTable {
    return SSTable.open(this, id, format, description);
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

function headerOf(format: DatabaseFormat, fileId: number): Uint8Array | undefined {
  if (format !== "native") return undefined;
  return encodeNativeHeader({ kind: NATIVE_FILE_KIND.table, databaseId: DATABASE_ID, fileId });
}

export function addEntry(builder: SSTableBuilder, entry: Entry): void {
  const { key, timestamp, value } = entry;
  const hash = fingerprint32(key, 0, key.length);
  builder.add(hash, key, 0, key.length, timestamp, kindOf(entry), value, 0, value.length);
}

/** What `get` finds for a key: the entry in the notation above, or "nothing". */
export function getEntry(table: SSTable, key: Uint8Array, readTimestamp: number = TIMESTAMP_MAX): string {
  const result = { timestamp: 0, kind: -1, valueBuffer: key, valueStart: 0, valueEnd: 0 };
  const hash = fingerprint32(key, 0, key.length);
  if (!table.get(hash, key, 0, key.length, readTimestamp, result)) return "nothing";
  const value = result.valueBuffer.slice(result.valueStart, result.valueEnd);
  if (result.kind === ENTRY_KIND.delete && value.length > 0) throw new Error("a delete has a value");
  if (result.kind === ENTRY_KIND.put && value.length === 0 && table.format !== "native") {
    throw new Error("a put has no value");
  }
  return showEntry({ key, timestamp: result.timestamp, value, kind: result.kind });
}
