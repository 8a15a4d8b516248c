import { join } from "node:path";
import { fingerprint32 } from "../codec/fingerprint32.ts";
import { SIZE_NATIVE_HEADER } from "../codec/native-header.ts";
import { CorruptionError } from "../errors.ts";
import { logFileName } from "../fs/file-names.ts";
import type { FileSystem } from "../fs/file-system.ts";
import { ENTRY_KIND } from "../key.ts";
import type { Announced, LiveMemtable } from "../manifest/announced.ts";
import type { LogSize } from "../manifest/edit-log.ts";
import { Memtable } from "../memtable/memtable.ts";
import { readNativeWal } from "../wal/read-native-wal.ts";
import { cutWal, type WalRecovery } from "../wal/read-wal.ts";
import type { DirectoryContents } from "./directory-contents.ts";

/** What the logs of a `native` database held. Nothing has been written yet. */
export type RecoveredNativeLogs = {
  /** Frozen, newest first; only those that hold entries. */
  readonly memtables: readonly Memtable[];
  /** Of the newest entry; 0 when there is none. */
  readonly lastTimestamp: number;
  /** How much of each live log is good; the rest is to be cut off. */
  readonly sizes: readonly LogSize[];
  readonly warnings: readonly string[];
};

/** What the logs of a database are read with. */
export type NativeLogReading = { readonly databaseId: Uint8Array; readonly recovery: WalRecovery };

/**
 * Reads every live log, whatever the options say about new ones (design D14).
 *
 * Throws CorruptionError for damage, for a missing log, and for a log with records that no manifest record announced: the
 * record comes before the first byte, so the manifest must have lost it.
 */
export function readNativeLogs(
  fs: FileSystem,
  directory: string,
  reading: NativeLogReading,
  contents: DirectoryContents,
  announced: Announced,
): RecoveredNativeLogs {
  const pathOf = (id: number): string => join(directory, logFileName(id));
  const logged = announced.liveMemtables.filter((memtable) => memtable.hasLog);
  refuseStrangeLogs(fs, pathOf, contents, announced);
  const present = new Set(contents.logIds);
  const memtables: Memtable[] = [];
  const sizes: LogSize[] = [];
  const warnings: string[] = [];
  for (const live of [...logged].sort((a, b) => a.id - b.id)) {
    if (!present.has(live.id)) {
      throw new CorruptionError(pathOf(live.id), 0, "the log is missing, though the manifest announces it");
    }
    const { memtable, log } = readLog(fs, pathOf(live.id), live, reading);
    sizes.push({ id: live.id, sizeBytes: log.validBytes });
    if (log.warning !== undefined) warnings.push(log.warning);
    if (!memtable.isEmpty) memtables.unshift(memtable);
  }
  return { memtables, lastTimestamp: memtables[0]?.lastTimestamp ?? 0, sizes, warnings };
}

/**
 * Cuts torn tails off, so that the same warning is not given again, and makes the rest durable: a killed process may have
 * left it to the operating system.
 */
export function settleNativeLogs(fs: FileSystem, directory: string, logs: RecoveredNativeLogs): void {
  for (const { id, sizeBytes } of logs.sizes) cutWal(fs, join(directory, logFileName(id)), sizeBytes);
}

/** A log of an id that the manifest has passed was retired; any other holds no record before it is announced. */
function refuseStrangeLogs(
  fs: FileSystem,
  pathOf: (id: number) => string,
  contents: DirectoryContents,
  announced: Announced,
): void {
  const live = new Map(announced.liveMemtables.map((memtable) => [memtable.id, memtable]));
  for (const id of contents.logIds) {
    const isUnknown = live.get(id)?.hasLog === false || (!live.has(id) && id >= announced.nextId);
    if (isUnknown && (fs.stat(pathOf(id))?.sizeBytes ?? 0) > SIZE_NATIVE_HEADER) {
      throw new CorruptionError(pathOf(id), 0, "the manifest does not announce this log, though it holds records");
    }
  }
}

function readLog(fs: FileSystem, path: string, live: LiveMemtable, { databaseId, recovery }: NativeLogReading) {
  const { id, syncedBytes } = live;
  const memtable = new Memtable(id, { entryOverheadBytes: 0 });
  const log = readNativeWal(
    fs,
    path,
    { databaseId, id, syncedBytes, recovery },
    (timestamp, kind, key, keyStart, keyEnd, value, valueStart, valueEnd) => {
      if (kind === ENTRY_KIND.rangeDelete) {
        const to = value.subarray(valueStart, valueEnd);
        // Nobody reads the past yet: what was forgotten while the log was written is not kept now.
        memtable.deleteRange(key.subarray(keyStart, keyEnd), to, timestamp, []);
        return;
      }
      if (!memtable.hasRoomFor(1, keyEnd - keyStart + (valueEnd - valueStart))) {
        throw new CorruptionError(path, 0, "the log holds more than a memtable takes");
      }
      const hash = fingerprint32(key, keyStart, keyEnd);
      memtable.put(hash, key, keyStart, keyEnd, timestamp, kind, value, valueStart, valueEnd);
    },
  );
  memtable.freeze();
  return { memtable, log };
}
