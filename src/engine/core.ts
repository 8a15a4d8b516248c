import { LsmError } from "../errors.ts";
import type { FileSystem } from "../fs/file-system.ts";
import type { Edit } from "../manifest/edit.ts";
import type { EditLog } from "../manifest/edit-log.ts";
import type { ArenaSpares } from "../memtable/arena-spares.ts";
import type { ActiveReaders } from "../mvcc/watermark.ts";
import type { DatabaseFormat, Options } from "../options.ts";
import type { SSTable } from "../sstable/sstable.ts";
import { removeUnnamedTable } from "../sstable/table-output.ts";
import { asError } from "./as-error.ts";
import type { BackgroundThread } from "./background-thread.ts";
import { currentState } from "./current-state.ts";
import type { Emitter } from "./emitter.ts";
import type { IdCounter } from "./id-counter.ts";
import { beginJob, type JobRequest } from "./job.ts";
import type { Logs } from "./logs.ts";
import type { StateStore } from "./state-store.ts";
import type { Tables } from "./tables.ts";
import { type Task, Work } from "./work.ts";

/** What the parts of a running engine share. @internal */
export type Core = {
  readonly fs: FileSystem;
  readonly directory: string;
  readonly options: Options;
  /** Of the files, whether or not the options say it. */
  readonly format: DatabaseFormat;
  /** In `native`: what all files of the database share. */
  readonly databaseId: Uint8Array | undefined;
  readonly emitter: Emitter;
  readonly tables: Tables;
  readonly states: StateStore;
  /** Memory for memtables to come. */
  readonly spares: ArenaSpares;
  readonly readers: ActiveReaders;
  /** undefined when opened read-only. */
  readonly manifest: EditLog | undefined;
  readonly logs: Logs;
  /** Whether the directory is still ours; it is not after a long standstill in which another host took it over. */
  readonly ownership: { readonly held: boolean };
  readonly counters: Counters;
  readonly ids: IdCounter;
  /** The memtable that the database was opened with; older ones were recovered from logs. */
  readonly firstMemtableId: number;
  /** undefined: every job is done on this thread. */
  readonly thread: BackgroundThread | undefined;
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

/**
 * Why nothing may be written to the directory any more, whoever asks; undefined while it may. After a manifest that failed
 * nobody knows what it names, so that no table may be written again; and what another process owns is not ours to touch.
 * @internal
 */
export function stoppedBy({ manifest, ownership, directory }: Core): Error | undefined {
  if (manifest?.failure !== undefined || ownership.held) return manifest?.failure;
  return new LsmError(
    "LOCKED",
    `${directory} was taken over by another process while this one stood still; open it again`,
  );
}

/** Makes an edit durable. Whatever it records must be durable already. @internal */
export function record(core: Core, edit: Edit): void {
  const { manifest } = core;
  const stop = stoppedBy(core);
  if (stop !== undefined) throw stop;
  if (manifest === undefined) throw new LsmError("READ_ONLY", `${core.directory} was opened read-only`);
  keepSmall(core, manifest);
  manifest.append(edit);
}

/** Before an edit is added, so that the state says exactly what the edits so far have made. */
function keepSmall(core: Core, manifest: EditLog): void {
  try {
    manifest.rewriteIfGrown?.(() => currentState(core.states.current));
  } catch (error) {
    if (manifest.failure !== undefined) throw error;
    const message = `the manifest could not be written anew, and goes on as it is: ${asError(error).message}`;
    core.emitter.emit("warning", { message });
  }
}

/** Jobs below this size are done on this thread, so that a small program never starts another. */
const DELEGATE_FROM_BYTES = 1024 * 1024;

/** Begins a job on the thread that suits its size; `sizeBytes` is about how much it reads. @internal */
export function startWork(
  core: Core,
  sizeBytes: number,
  request: JobRequest,
  end: Pick<Task, "install" | "release">,
): Work {
  const isWorthIt = sizeBytes >= DELEGATE_FROM_BYTES || core.thread?.isRunning === true;
  const delegated = isWorthIt ? core.thread?.submit(request) : undefined;
  const task: Task = {
    ...end,
    begin: () => beginJob(request, core.fs),
    open: (table) => core.tables.open(table.id, core.format),
    giveUp: (tables) => removeTables(core, tables),
  };
  return new Work(task, delegated);
}

/** Records a job's result. When the record certainly is not there, the tables go, so that a full disk is not kept full. @internal */
export function commit(core: Core, edit: Edit, tables: readonly SSTable[]): void {
  try {
    record(core, edit);
  } catch (error) {
    for (const table of tables) table.close();
    if (stoppedBy(core) === undefined) removeTables(core, tables);
    throw error;
  }
}

function removeTables(core: Core, tables: readonly { readonly id: number }[]): void {
  for (const table of tables) removeUnnamedTable(core, table.id);
}
