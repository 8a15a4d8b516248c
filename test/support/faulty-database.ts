import { fingerprint32 } from "../../src/codec/fingerprint32.ts";
import { encodeNativeHeader, NATIVE_FILE_KIND } from "../../src/codec/native-header.ts";
import { MANIFEST_NAME, parseFileName, tableFileName } from "../../src/fs/file-names.ts";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import type { RangeDeleteFragment } from "../../src/iterator/range-delete-fragment.ts";
import type { Edit } from "../../src/manifest/edit.ts";
import { decodeFrames, encodeFrame } from "../../src/manifest/manifest-frame.ts";
import { decodeNativeFrames, encodeBeginning, encodeEdits } from "../../src/manifest/native-frame.ts";
import type { StateRecord } from "../../src/manifest/native-state.ts";
import type { DatabaseFormat } from "../../src/options.ts";
import { BlockCache } from "../../src/sstable/block-cache.ts";
import { SSTable } from "../../src/sstable/sstable.ts";
import { SSTableBuilder } from "../../src/sstable/sstable-builder.ts";
import { SSTableIterator } from "../../src/sstable/sstable-iterator.ts";
import { TableCache } from "../../src/sstable/table-cache.ts";
import type { Tree } from "../../src/state/tree.ts";
import { checkDatabase } from "../../src/tools/verify/check-database.ts";
import type { Verification } from "../../src/tools/verify/findings.ts";
import { EngineDatabase } from "./engine-database.ts";
import { readFile, writeFile } from "./engine-golden.ts";
import { ForgedTable } from "./forged-table.ts";
import { drain, type Entry, kindOf } from "./tables.ts";

/** An entry to be written, perhaps under a hash that is not its key's. */
export type ForgedEntry = Entry & { readonly hash?: number };

/** What a manifest holds; only the edits in those of the reference. */
type NativeContents = {
  readonly edits: readonly Edit[];
  readonly state: StateRecord;
  readonly databaseId: Uint8Array;
};

const BLOCK_SIZE_BYTES = 128;
const OPTIONS = { blockSizeBytes: BLOCK_SIZE_BYTES, tableSizeBytes: 1024, memtableLimit: 50, memtableStop: 64 };

const sound = new Map<DatabaseFormat, Promise<FaultyDatabase>>();

/**
 * A small database in memory with something of everything: a level of several tables, each of several blocks, two
 * overlapping tables in level 0, deletes and older versions, a live log with records in it. Faults are planted into copies.
 */
export class FaultyDatabase {
  readonly fs: MemoryFileSystem;
  readonly format: DatabaseFormat;
  readonly tree: Tree;

  private constructor(fs: MemoryFileSystem, format: DatabaseFormat, tree: Tree) {
    this.fs = fs;
    this.format = format;
    this.tree = tree;
  }

  /** A copy of the sound one. */
  static async make(format: DatabaseFormat): Promise<FaultyDatabase> {
    let made = sound.get(format);
    if (made === undefined) {
      made = makeSound(format).then(({ fs, tree }) => new FaultyDatabase(fs, format, tree));
      sound.set(format, made);
    }
    const { fs, tree } = await made;
    return new FaultyDatabase(fs.killed(), format, tree);
  }

  /** Everything that is wrong, as `file at byte: what`. */
  get faults(): string[] {
    return this.verification.faults.map(({ file, offset, problem }) => {
      return offset === undefined ? `${file}: ${problem}` : `${file} at ${offset}: ${problem}`;
    });
  }

  get verification(): Verification {
    const steps = checkDatabase(this.fs, "/db");
    for (;;) {
      const step = steps.next();
      if (step.done === true) return step.value;
    }
  }

  get names(): string[] {
    return this.fs.list("/db").sort();
  }

  /** Of the newest table in level 0, of the one below it, and of the first in level 1. */
  get newest(): number {
    return this.tree.level0[0] as number;
  }
  get second(): number {
    return this.tree.level0[1] as number;
  }
  get deep(): number {
    return this.tree.levels[0]?.tables[0] as number;
  }
  get deepest(): number {
    return this.tree.levels[0]?.tables.at(-1) as number;
  }

  /** The log with records in it. */
  get log(): string {
    const logs = this.names.filter((name) => parseFileName(name).kind === "log");
    const bySize = (a: string, b: string): number => this.bytes(b).length - this.bytes(a).length;
    return logs.sort(bySize)[0] as string;
  }

  bytes(name: string): Buffer {
    return Buffer.from(readFile(this.fs, `/db/${name}`));
  }

  write(name: string, bytes: Uint8Array): void {
    writeFile(this.fs, `/db/${name}`, bytes);
  }

  remove(name: string): void {
    this.fs.remove(`/db/${name}`);
  }

  /** Changes a file's bytes in place, or replaces them by what is answered. */
  change(name: string, change: (bytes: Buffer) => unknown): void {
    const bytes = this.bytes(name);
    const changed = change(bytes);
    this.write(name, changed instanceof Uint8Array ? changed : bytes);
  }

  flip(name: string, at: number, bits = 1): void {
    this.change(name, (bytes) => {
      bytes[at < 0 ? bytes.length + at : at]! ^= bits;
    });
  }

  forge(id: number, change: (table: ForgedTable) => void): void {
    const table = new ForgedTable(this.bytes(tableFileName(id)), this.format);
    change(table);
    this.write(tableFileName(id), table.bytes);
  }

  /** Writes a table anew with other entries, in whatever order, and range deletes. */
  rewrite(
    id: number,
    change: (entries: Entry[], rangeDeletes: RangeDeleteFragment[]) => readonly ForgedEntry[],
    format: DatabaseFormat = this.format,
  ): void {
    const name = tableFileName(id);
    const host = { tables: new TableCache(this.fs, "/db", 4), blocks: new BlockCache(0) };
    const table = SSTable.open(host, id);
    const cursor = new SSTableIterator(table);
    cursor.seekToFirst();
    const entries = drain(cursor);
    const rangeDeletes = [...table.rangeDeletes.fragments];
    const changed = change(entries, rangeDeletes);
    const databaseId = this.bytes(name).subarray(12, 28);
    table.close();
    const file = this.fs.open(`/db/${name}`, "create");
    const header = encodeNativeHeader({ kind: NATIVE_FILE_KIND.table, databaseId, fileId: id });
    const builder = new SSTableBuilder(file, {
      format,
      blockSizeBytes: BLOCK_SIZE_BYTES,
      header: format === "native" ? header : undefined,
    });
    for (const entry of changed) {
      const { key, timestamp, value } = entry;
      const hash = entry.hash ?? fingerprint32(key, 0, key.length);
      builder.add(hash, key, 0, key.length, timestamp, kindOf(entry), value, 0, value.length);
    }
    for (const { from, to, timestamps } of rangeDeletes) builder.addRangeDelete(from, to, timestamps);
    builder.finish();
    file.close();
  }

  /** Writes the manifest anew with other edits, and in `native` another beginning. */
  remanifest(change: (edits: Edit[], state: StateRecord) => Partial<NativeContents>): void {
    const bytes = this.bytes(MANIFEST_NAME);
    if (this.format !== "native") {
      const edits = decodeFrames(bytes, MANIFEST_NAME).records.map(({ edit }) => edit);
      const changed = change(edits, {} as StateRecord).edits ?? edits;
      this.write(MANIFEST_NAME, Buffer.concat(changed.map(encodeFrame)));
      return;
    }
    const { databaseId, state, records } = decodeNativeFrames(bytes, MANIFEST_NAME);
    const edits = records.map(({ edit }) => edit);
    const changed = { edits, state, databaseId, ...change(edits, state) };
    const beginning = encodeBeginning(changed.databaseId, changed.state);
    let written = Buffer.from(beginning.bytes);
    for (const edit of changed.edits) {
      written = Buffer.concat([written, encodeEdits(written.length, beginning.checksum, [edit])]);
    }
    this.write(MANIFEST_NAME, written);
  }
}

async function makeSound(format: DatabaseFormat): Promise<{ fs: MemoryFileSystem; tree: Tree }> {
  const fs = new MemoryFileSystem();
  const db = EngineDatabase.open({ ...OPTIONS, format, durability: "process" }, fs);
  const fill = (from: number, to: number, value: string): void => {
    for (let number = from; number < to; number++) db.put(`key${String(number).padStart(3, "0")}`, `${value}${number}`);
  };
  fill(0, 120, "first");
  await db.engine.flush();
  await db.engine.compact();
  fill(20, 60, "second");
  db.delete("key030");
  if (format === "native") db.writeBatch([{ range: "[key040, key044)" }, { range: "[key042, key050)" }], false);
  await db.engine.flush();
  fill(40, 80, "third");
  db.delete("key050");
  await db.engine.flush();
  fill(100, 110, "logged");
  db.delete("key101");
  const { tree } = db;
  await db.close();
  return { fs, tree };
}
