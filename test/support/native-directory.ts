import { logFileName, tableFileName } from "../../src/fs/file-names.ts";
import type { CallHook, Operation } from "../../src/fs/memory-calls.ts";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import type { Edit } from "../../src/manifest/edit.ts";
import { NativeManifest } from "../../src/manifest/native-manifest.ts";
import { type Options, resolveOptions } from "../../src/options.ts";
import { type Recovered, recover } from "../../src/recovery/recover.ts";
import type { SSTable } from "../../src/sstable/sstable.ts";
import type { TableDescription } from "../../src/sstable/sstable-builder.ts";
import { newLogBatch } from "../../src/wal/log-batch.ts";
import { nativeLogHeader } from "../../src/wal/native-record.ts";
import { Wal } from "../../src/wal/wal.ts";
import { readFile, writeFile } from "./engine-golden.ts";
import { DATABASE_ID, nativeEdit } from "./native-manifest.ts";
import { showTree } from "./tree-notation.ts";

const CHANGES: ReadonlySet<Operation> = new Set([
  "append",
  "create",
  "remove",
  "rename",
  "sync",
  "syncDirectory",
  "truncate",
]);

/** A `native` database made by hand in `/db`, and what recovery makes of it. Tables are files of a few bytes, which nobody may read. */
export class NativeDirectory {
  fs: MemoryFileSystem = new MemoryFileSystem();
  /** Calls since the last opening that change something, as `sync MANIFEST`. */
  changes: string[] = [];

  constructor() {
    this.fs.makeDirectory("/db");
  }

  static of(fs: MemoryFileSystem): NativeDirectory {
    const directory = new NativeDirectory();
    directory.fs = fs;
    return directory;
  }

  /** Edits in the notation of `nativeEdit`, one frame each. Tables of flushes, and logs that are announced, are made before. */
  manifest(...edits: readonly (string | Edit)[]): this {
    const manifest = NativeManifest.create(this.fs, "/db/MANIFEST", DATABASE_ID);
    for (const each of edits) {
      const edit = typeof each === "string" ? nativeEdit(each) : each;
      if (edit.kind === "flush") this.file(tableFileName(edit.id));
      if (edit.kind === "compaction") for (const id of edit.outputs) this.file(tableFileName(id));
      manifest.append(edit);
    }
    manifest.close();
    this.fs.syncDirectory("/db");
    return this;
  }

  /** A log with one batch for each word, as `a=1`. Its first timestamp is 1000 times the id. */
  log(id: number, words = ""): this {
    const wal = Wal.create(this.fs, `/db/${logFileName(id)}`, nativeLogHeader(DATABASE_ID, id));
    const batch = newLogBatch("native");
    for (const [index, word] of words.split(" ").filter(Boolean).entries()) {
      const [key = "", value = ""] = word.split("=").map((text) => text);
      batch.begin(1000 * id + index);
      batch.put(Buffer.from(key), 0, key.length, Buffer.from(value), 0, value.length);
      batch.end();
      wal.append(batch);
      batch.clear();
    }
    wal.sync();
    wal.close();
    this.fs.syncDirectory("/db");
    return this;
  }

  file(name: string, content = "bytes"): this {
    writeFile(this.fs, `/db/${name}`, Buffer.from(content));
    return this;
  }

  /** Changes a file, or cuts it. */
  change(name: string, change: (bytes: Uint8Array) => Uint8Array | undefined): this {
    const bytes = Uint8Array.from(readFile(this.fs, `/db/${name}`));
    writeFile(this.fs, `/db/${name}`, change(bytes) ?? bytes);
    return this;
  }

  sizeOf(name: string): number {
    return this.fs.stat(`/db/${name}`)?.sizeBytes ?? 0;
  }

  get files(): string {
    return this.fs.list("/db").sort().join(" ");
  }

  /** Opens it, with `tables` as what is to stand for tables. */
  recover(options: Partial<Options> = {}, hook: CallHook = () => undefined): Recovered {
    this.changes = [];
    this.fs.beforeCall = (call) => {
      const { operation, path } = call;
      if (CHANGES.has(operation)) this.changes.push(`${operation} ${path.slice(path.lastIndexOf("/") + 1)}`);
      return hook(call);
    };
    try {
      return recover({
        fs: this.fs,
        directory: "/db",
        options: {
          ...resolveOptions({ compaction: { strategy: "none" }, ...options, format: undefined }),
          format: options.format,
        },
        openTable: (id, format, description) => standIn(id, format ?? "plain", description),
        newDatabaseId: () => DATABASE_ID,
      });
    } finally {
      this.fs.beforeCall = undefined;
    }
  }

  /** `recover`, in one line, and closes it again. */
  outcome(options: Partial<Options> = {}): string {
    const recovered = this.recover(options);
    recovered.manifest?.close();
    return shown(recovered);
  }
}

/** What was recovered, in one line. */
export function shown({ tree, immutableMemtables, lastTimestamp, nextId, warnings }: Recovered): string {
  const memtables = immutableMemtables.map((memtable) => `${memtable.id}*${memtable.entryCount}`).join(" ");
  return `${showTree(tree)}; memtables ${memtables}; next ${nextId}, last ${lastTimestamp}; ${warnings.length} warnings`;
}

/** A table of which nobody may ask more than what its description says. */
function standIn(id: number, format: string, description: TableDescription | undefined): SSTable {
  if (format !== "native" || description === undefined) throw new Error(`table ${id} is opened without a description`);
  return { id, format, ...description } as SSTable;
}
