import { join } from "node:path";
import { fingerprint32 } from "../codec/fingerprint32.ts";
import { CorruptionError } from "../errors.ts";
import { logFileName, temporaryFileName } from "../fs/file-names.ts";
import type { FileSystem } from "../fs/file-system.ts";
import { Memtable } from "../memtable/memtable.ts";
import type { DatabaseFormat, ReferenceFormat } from "../options.ts";
import { cutWal, readWal, type WalRecovery } from "../wal/read-wal.ts";
import type { DirectoryContents } from "./directory-contents.ts";
import type { Replayed } from "./replay.ts";

/** What the logs of live memtables held. Nothing has been written yet. */
export type RecoveredLogs = {
  /** Frozen, newest first; only those that hold entries. */
  readonly memtables: readonly Memtable[];
  /** Of the newest entry; 0 when there is none. */
  readonly lastTimestamp: number;
  /** Live memtables whose log is there, empty ones included. */
  readonly present: ReadonlySet<number>;
  /** Live memtables without a log: whatever they held was lost with the process, as is the rule without a log. */
  readonly missing: readonly number[];
  /** Logs with bytes in them, and how many of those are good; the rest is to be cut off. */
  readonly ends: readonly { readonly id: number; readonly validBytes: number }[];
  readonly warnings: readonly string[];
};

/** How logs are read. Without a format none begins with a whole record, and either one may be torn or damaged. */
export type LogReading = { readonly format: DatabaseFormat | undefined; readonly recovery: WalRecovery };

/**
 * Reads every live log, whatever the options say about new ones (design D14).
 *
 * Throws CorruptionError for damage, for a missing log where logs are in use, and for a log with records that no
 * manifest record announced: the record comes before the first byte, so the manifest must have lost it.
 */
export function readLogs(
  fs: FileSystem,
  directory: string,
  reading: LogReading,
  contents: DirectoryContents,
  replayed: Replayed,
): RecoveredLogs {
  const pathOf = (id: number): string => join(directory, logFileName(id));
  const live = new Set(replayed.liveMemtables);
  for (const id of contents.logIds) {
    const isUnknown = !live.has(id) && !replayed.flushedMemtables.has(id);
    if (isUnknown && (fs.stat(pathOf(id))?.sizeBytes ?? 0) > 0) {
      throw new CorruptionError(pathOf(id), 0, "the manifest does not announce this log, though it holds records");
    }
  }
  const present = new Set(contents.logIds.filter((id) => live.has(id)));
  const missing = replayed.liveMemtables.filter((id) => !present.has(id));
  // One that waits under its temporary name was about to be made by `makeMissingLogs`.
  const lost = missing.find((id) => !contents.temporaryNames.includes(temporaryFileName(logFileName(id))));
  if (present.size > 0 && lost !== undefined) {
    throw new CorruptionError(pathOf(lost), 0, "the log is missing, though the manifest announces it beside others");
  }
  const memtables: Memtable[] = [];
  const ends: { id: number; validBytes: number }[] = [];
  const warnings: string[] = [];
  let lastTimestamp = 0;
  for (const id of [...present].sort((a, b) => a - b)) {
    const { memtable, contents: log } = readLog(fs, pathOf(id), id, reading, lastTimestamp);
    lastTimestamp = Math.max(lastTimestamp, memtable.lastTimestamp);
    if (log.validBytes + log.tornBytes > 0) ends.push({ id, validBytes: log.validBytes });
    if (log.warning !== undefined) warnings.push(log.warning);
    if (!memtable.isEmpty) memtables.unshift(memtable);
  }
  return { memtables, lastTimestamp, present, missing, ends, warnings };
}

/** `plain` logs hold no timestamps: their entries get the next ones, in their order. */
function readLog(fs: FileSystem, path: string, id: number, reading: LogReading, lastTimestamp: number) {
  const memtable = new Memtable(id, { entryOverheadBytes: 0 });
  let sequence = lastTimestamp;
  const contents = readWal(
    fs,
    path,
    reading.format as ReferenceFormat | undefined,
    reading.recovery,
    (timestamp, kind, key, keyStart, keyEnd, value, valueStart, valueEnd) => {
      sequence = reading.format === "plain" ? sequence + 1 : timestamp;
      const hash = fingerprint32(key, keyStart, keyEnd);
      memtable.put(hash, key, keyStart, keyEnd, sequence, kind, value, valueStart, valueEnd);
    },
  );
  memtable.freeze();
  return { memtable, contents };
}

/**
 * Cuts torn tails off, so that the same warning is not given again, and makes the rest durable: a killed process may have
 * left it to the operating system, and a later `sync` of new writes says that everything before them is safe.
 */
export function settleLogs(fs: FileSystem, directory: string, logs: RecoveredLogs): void {
  for (const { id, validBytes } of logs.ends) cutWal(fs, join(directory, logFileName(id)), validBytes);
}

/**
 * Makes empty logs for announced memtables that have none, so that from now on a missing log is damage; the reference,
 * too, opens with a log only where all of them are there. A crash in between must not leave some without the others:
 * all are made under temporary names first, and a temporary name excuses the missing log.
 */
export function makeMissingLogs(fs: FileSystem, directory: string, logs: RecoveredLogs): void {
  if (logs.missing.length === 0) return;
  const names = logs.missing.map((id) => join(directory, logFileName(id)));
  for (const name of names) fs.open(temporaryFileName(name), "create").close();
  fs.syncDirectory(directory);
  for (const name of names) fs.rename(temporaryFileName(name), name);
  fs.syncDirectory(directory);
}
