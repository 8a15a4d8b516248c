import { dirname } from "node:path";
import { temporaryFileName } from "../fs/file-names.ts";
import type { File, FileSystem } from "../fs/file-system.ts";
import { Announced } from "./announced.ts";
import type { Edit } from "./edit.ts";
import type { CurrentState, EditLog, LogSize } from "./edit-log.ts";
import { encodeBeginning, encodeEdits, type ManifestBeginning } from "./native-frame.ts";
import type { NativeManifestContents } from "./read-native-manifest.ts";
import { prepareFile, removeTemporary, replaceFile } from "./replace-file.ts";
import { asError, SyncedFile } from "./synced-file.ts";

/** A manifest is written anew when it is larger than this, and so many times larger than what it has to say. */
export const REWRITE_FROM_BYTES: number = 1024 * 1024;
const REWRITE_FACTOR = 4;

/** The manifest of a `native` database: a file that begins with a state, and is replaced by a new one when it has grown. */
export class NativeManifest implements EditLog {
  readonly #fs: FileSystem;
  readonly #path: string;
  readonly #databaseId: Uint8Array;
  /** What the file says, but for the tables. */
  readonly #announced: Announced;
  /** Memtables that a rewrite does not forget, whoever holds them no more. */
  readonly #kept: ReadonlySet<number>;
  #file: SyncedFile;
  #beginning: ManifestBeginning;
  /** After a rewrite that failed: the size at which the next one is tried. */
  #retryFromBytes = 0;
  #failure: Error | undefined;

  private constructor(
    place: { readonly fs: FileSystem; readonly path: string; readonly databaseId: Uint8Array },
    file: File,
    beginning: ManifestBeginning,
    announced: Announced,
    kept: ReadonlySet<number>,
  ) {
    this.#fs = place.fs;
    this.#path = place.path;
    this.#databaseId = place.databaseId;
    this.#file = new SyncedFile(file);
    this.#beginning = beginning;
    this.#announced = announced;
    this.#kept = kept;
  }

  /** Makes the manifest of an empty database, durable under its name, in a directory that has none. Throws IoError. */
  static create(fs: FileSystem, path: string, databaseId: Uint8Array): NativeManifest {
    const tables = { level0: [], levels: [] };
    const state = { nextId: 0, lastTimestamp: 0, tables, liveMemtables: [] };
    const { bytes, ...beginning } = encodeBeginning(databaseId, state);
    replaceFile(fs, path, bytes);
    const file = fs.open(path, "append");
    return new NativeManifest({ fs, path, databaseId }, file, beginning, new Announced(), new Set());
  }

  /**
   * Goes on behind what was read, which must be what the file still holds: a torn tail is cut off, and the rest is made
   * durable, as a killed process may have left its last record to the operating system, and files are deleted on its
   * word. `announced` is what `contents` say, and belongs to the manifest from now on. `kept`: memtables that rewrites are
   * not to forget.
   */
  static resume(
    fs: FileSystem,
    path: string,
    contents: NativeManifestContents,
    announced: Announced,
    kept: ReadonlySet<number>,
  ): NativeManifest {
    const file = fs.open(path, "append");
    try {
      if (file.sizeBytes > contents.sizeBytes) file.truncate(contents.sizeBytes);
      file.sync();
    } catch (error) {
      file.close();
      throw error;
    }
    return new NativeManifest({ fs, path, databaseId: contents.databaseId }, file, contents, announced, kept);
  }

  get failure(): Error | undefined {
    return this.#failure ?? this.#file.failure;
  }

  append(edit: Edit): void {
    this.#appendTogether([edit]);
  }

  /** Says how much of logs is durable, where that is news. */
  noteSynced(logs: readonly LogSize[]): void {
    const news = this.#newsOf(logs);
    if (news.length > 0) this.#appendTogether(news);
  }

  /** A frame even when there is nothing new to say: what stands before it can then no more be taken for unfinished. */
  seal(logs: readonly LogSize[]): void {
    this.#appendTogether(this.#newsOf(logs));
  }

  rewriteIfGrown(current: () => CurrentState): void {
    const sizeBytesMax = Math.max(REWRITE_FROM_BYTES, REWRITE_FACTOR * this.#beginning.stateEnd, this.#retryFromBytes);
    if (this.#file.sizeBytes > sizeBytesMax) this.rewrite(current());
  }

  /**
   * Replaces the file by one that says the same in one state. An error leaves the old one in use, except after the rename:
   * then nobody knows which of the two a power cut leaves, and the manifest has a `failure`.
   */
  rewrite(current: CurrentState): void {
    if (this.failure !== undefined) throw this.failure;
    this.#retryFromBytes = this.#file.sizeBytes * 2;
    const announced = this.#announced;
    const memtableIds = new Set([...current.memtableIds, ...this.#kept]);
    const { bytes, ...beginning } = encodeBeginning(this.#databaseId, {
      nextId: announced.nextId,
      lastTimestamp: announced.lastTimestamp,
      tables: current.tables,
      liveMemtables: announced.liveMemtables.filter((memtable) => memtableIds.has(memtable.id)),
    });
    prepareFile(this.#fs, this.#path, bytes);
    this.#rename();
    try {
      this.#fs.syncDirectory(dirname(this.#path));
      const before = this.#file;
      this.#file = new SyncedFile(this.#fs.open(this.#path, "append"));
      before.close();
    } catch (error) {
      this.#failure = asError(error);
      throw error;
    }
    announced.keepOnly(memtableIds);
    this.#beginning = beginning;
    this.#retryFromBytes = 0;
  }

  close(): void {
    this.#file.close();
  }

  #rename(): void {
    const temporary = temporaryFileName(this.#path);
    try {
      this.#fs.rename(temporary, this.#path);
    } catch (error) {
      // A system may report an error of what it has done. Appends to a file that lost its name would be lost with it.
      if (this.#fs.stat(temporary) === undefined) this.#failure = asError(error);
      else removeTemporary(this.#fs, this.#path);
      throw error;
    }
  }

  #newsOf(logs: readonly LogSize[]): Edit[] {
    const known = new Map(this.#announced.liveMemtables.map((memtable) => [memtable.id, memtable]));
    return logs.flatMap(({ id, sizeBytes }): Edit[] => {
      const memtable = known.get(id);
      const isNews = memtable?.hasLog === true && memtable.syncedBytes !== sizeBytes;
      return isNews ? [{ kind: "logSynced", id, sizeBytes }] : [];
    });
  }

  #appendTogether(edits: readonly Edit[]): void {
    if (this.failure !== undefined) throw this.failure;
    this.#file.append(encodeEdits(this.#file.sizeBytes, this.#beginning.checksum, edits));
    for (const edit of edits) this.#announced.apply(edit);
  }
}
