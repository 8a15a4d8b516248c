import { dirname, join, resolve } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { assert, IoError, LsmError } from "../errors.ts";
import { MANIFEST_NAME, parseFileName, tableFileName, temporaryFileName } from "../fs/file-names.ts";
import type { FileSystem } from "../fs/file-system.ts";
import { writeManifest } from "../recovery/write-manifest.ts";
import type { LsmState } from "../state/lsm-state.ts";
import type { Core } from "./core.ts";
import { currentState } from "./current-state.ts";

/** Takes the lock of a directory. */
export type DirectoryLocker = (directory: string) => Promise<{ release(): Promise<void> }>;

/** What a checkpoint is made of, and how it may end before its time. */
export type CheckpointRequest = {
  readonly core: Core;
  /** Its tables are the content; pinned until the checkpoint is done. */
  readonly state: LsmState;
  /** Of the newest write. */
  readonly lastTimestamp: number;
  /** Throws when the work is to end: the caller's wish, or a database that is closed. */
  readonly check: () => void;
};

/** Links made in one turn of the event loop; each takes some 20 µs. */
const LINKS_PER_TURN = 64;

/** Nothing may stand there but an empty directory, outside the database. Throws DATABASE_EXISTS, NOT_A_DATABASE, INVALID_ARGUMENT. */
export function refuseTarget(fs: FileSystem, database: string, target: string): void {
  const status = fs.stat(target);
  if (status !== undefined && status.kind !== "directory") {
    throw new LsmError("NOT_A_DATABASE", `${target} is there already, and not a directory but a ${status.kind}`);
  }
  const [first] = status === undefined ? [] : fs.list(target).filter(isContent).sort();
  if (first !== undefined) throw new LsmError("DATABASE_EXISTS", `${target} is not empty, it holds ${first}`);
  if (liesWithin(fs, target, database)) throw new LsmError("INVALID_ARGUMENT", `${target} lies inside ${database}`);
}

/**
 * Makes the tables of a state, and a manifest that names them, a database of its own in an empty directory. Tables are
 * shared by hard links where the file system can, for neither side ever changes one; else they are copied.
 *
 * The manifest comes last, by a rename: what a crash leaves before that is refused as a database without a manifest.
 * After an error the files that were made are removed.
 */
export async function writeCheckpoint(request: CheckpointRequest, target: string): Promise<void> {
  const { core, state } = request;
  const { fs } = core;
  const made: string[] = [];
  try {
    await shareTables(request, target, made);
    fs.syncDirectory(target);
    request.check();
    // Removed before the tables that it names, should the last sync fail.
    const manifest = join(target, MANIFEST_NAME);
    made.unshift(manifest, temporaryFileName(manifest));
    writeManifest(fs, target, contentOf(core, state, request.lastTimestamp));
  } catch (error) {
    removeAll(fs, made);
    throw error;
  }
}

/** `made` takes the paths of what is there, whole or not. */
async function shareTables({ core, state, check }: CheckpointRequest, target: string, made: string[]): Promise<void> {
  const { fs, directory } = core;
  let canLink = true;
  for (const id of state.tables.keys()) {
    if (made.length % LINKS_PER_TURN === 0) await nextTurn();
    check();
    const [from, to] = [join(directory, tableFileName(id)), join(target, tableFileName(id))];
    made.push(to);
    canLink &&= link(fs, from, to);
    if (!canLink) await copy(fs, from, to, check);
  }
}

/** False where that is not possible, for whatever reason: a copy will work, or say what is wrong. */
function link(fs: FileSystem, from: string, to: string): boolean {
  try {
    fs.link(from, to);
    return true;
  } catch (error) {
    if (error instanceof IoError) return false;
    throw error;
  }
}

async function copy(fs: FileSystem, from: string, to: string, check: () => void): Promise<void> {
  const error = await new Promise<Error | undefined>((done) => fs.copyInBackground(from, to, done));
  // A database that was closed meanwhile may have deleted the table, and says so more clearly.
  check();
  if (error !== undefined) throw error;
}

function contentOf(core: Core, state: LsmState, lastTimestamp: number): Parameters<typeof writeManifest>[2] {
  const { format, databaseId, options } = core;
  const liveMemtables = [] as const;
  if (format === "native") {
    assert(databaseId !== undefined, "a native database has an id");
    return { format, databaseId, tables: currentState(state).tables, lastTimestamp, liveMemtables };
  }
  return { format, tree: state.tree, strategy: options.compaction.strategy, liveMemtables };
}

/** Throws nothing that the system says: without a manifest the rest is no database. */
function removeAll(fs: FileSystem, paths: readonly string[]): void {
  for (const path of paths) {
    try {
      fs.remove(path);
    } catch (error) {
      if (!(error instanceof IoError)) throw error;
    }
  }
}

/** Throws nothing that the system says: what is in a directory that is not empty is somebody's. */
export function removeIfEmpty(fs: FileSystem, directory: string): void {
  try {
    fs.removeDirectory(directory);
  } catch (error) {
    if (!(error instanceof IoError)) throw error;
  }
}

/** A lock, its temporary files and those of a manifest are in nobody's way. */
function isContent(name: string): boolean {
  const { kind } = parseFileName(name);
  return kind !== "lock" && kind !== "temporary";
}

/** Told by devices and inodes, so that no link and no other spelling of a name hides that two directories are one. */
function liesWithin(fs: FileSystem, path: string, directory: string): boolean {
  const inside = identity(fs, directory);
  let at = resolve(path);
  while (identity(fs, at) === undefined && dirname(at) !== at) at = dirname(at);
  for (;;) {
    const here = identity(fs, at);
    if (here === inside) return true;
    // Not the name without its last part: that of a symbolic link has another parent.
    at = `${at}/..`;
    if (here === undefined || identity(fs, at) === here) return false;
  }
}

/** Of the directory that the path leads to, through links; undefined when there is none. */
function identity(fs: FileSystem, path: string): string | undefined {
  const status = fs.stat(`${path}/.`);
  return status === undefined ? undefined : `${status.device} ${status.inode}`;
}
