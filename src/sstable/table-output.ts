import { join } from "node:path";
import { encodeNativeHeader, NATIVE_FILE_KIND } from "../codec/native-header.ts";
import { tableFileName } from "../fs/file-names.ts";
import type { File, FileSystem } from "../fs/file-system.ts";
import type { DatabaseFormat } from "../options.ts";
import { SSTableBuilder, type TableDescription } from "./sstable-builder.ts";

/** Where new tables go and how their bytes are laid out. */
export type TableTarget = {
  readonly fs: FileSystem;
  readonly directory: string;
  readonly format: DatabaseFormat;
  readonly blockSizeBytes: number;
  /** In `native`: what all files of the database share. */
  readonly databaseId?: Uint8Array | undefined;
};

/** A finished table on disk. */
export type NewTable = TableDescription & { readonly id: number };

/**
 * One sstable being written to its file. It counts only once `finish` returned: until then nothing names the file, and
 * `abort` removes it. An orphan of the same id, left by a crash, is overwritten.
 */
export class TableOutput {
  readonly id: number;
  readonly builder: SSTableBuilder;
  readonly #fs: FileSystem;
  readonly #file: File;

  constructor(target: TableTarget, id: number) {
    this.id = id;
    this.#fs = target.fs;
    this.#file = target.fs.open(join(target.directory, tableFileName(id)), "create");
    this.builder = new SSTableBuilder(this.#file, {
      format: target.format,
      blockSizeBytes: target.blockSizeBytes,
      header: headerOf(target, id),
    });
  }

  /** Writes what is left and makes the file durable; its name is durable only after the directory was synced. */
  finish(): NewTable {
    const description = this.builder.finish();
    this.#file.sync();
    this.#file.close();
    return { id: this.id, ...description };
  }

  /** Lets go of the file after a failure. Throws nothing: the failure that led here is the one to report. */
  abort(): void {
    try {
      this.#file.close();
      this.#fs.remove(this.#file.path);
    } catch {
      // The file has no name in the manifest; the next clean open removes it.
    }
  }
}

function headerOf({ databaseId }: TableTarget, fileId: number): Uint8Array | undefined {
  return databaseId && encodeNativeHeader({ kind: NATIVE_FILE_KIND.table, databaseId, fileId });
}

/** Removes a table that no manifest names. Throws nothing: an orphan that stays is removed by the next clean open. */
export function removeUnnamedTable(target: Pick<TableTarget, "fs" | "directory">, id: number): void {
  try {
    target.fs.remove(join(target.directory, tableFileName(id)));
  } catch {
    // Left for the next clean open.
  }
}
