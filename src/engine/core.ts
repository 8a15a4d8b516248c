import { LsmError } from "../errors.ts";
import type { FileSystem } from "../fs/file-system.ts";
import type { Edit } from "../manifest/edit.ts";
import type { Manifest } from "../manifest/manifest-log.ts";
import type { Options } from "../options.ts";
import type { TableTarget } from "../sstable/table-output.ts";
import type { Emitter } from "./emitter.ts";
import type { StateStore } from "./state-store.ts";
import type { Tables } from "./tables.ts";

/** What the parts of a running engine share. */
export type Core = {
  readonly fs: FileSystem;
  readonly directory: string;
  readonly options: Options;
  readonly emitter: Emitter;
  readonly tables: Tables;
  readonly states: StateStore;
  /** undefined when opened read-only. */
  readonly manifest: Manifest | undefined;
  readonly counters: Counters;
  /** The next file id: one counter serves memtables, logs and tables. */
  nextId: number;
};

/** Counted since the database was opened. */
export type Counters = {
  freezes: number;
  flushes: number;
  flushedBytes: number;
  compactions: number;
  compactedBytesRead: number;
  compactedBytesWritten: number;
  stalls: number;
  stalledMs: number;
};

export function takeId(core: Core): number {
  return core.nextId++;
}

/** Makes an edit durable. Whatever it records must be durable already. */
export function record(core: Core, edit: Edit): void {
  if (core.manifest === undefined) throw new LsmError("READ_ONLY", `${core.directory} was opened read-only`);
  core.manifest.append(edit);
}

export function tableTarget(core: Core): TableTarget {
  const { fs, directory, options } = core;
  return { fs, directory, format: options.format, blockSizeBytes: options.blockSizeBytes };
}
