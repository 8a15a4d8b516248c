import { join } from "node:path";
import { decodeNativeHeader, SIZE_NATIVE_HEADER } from "../../codec/native-header.ts";
import { LsmError } from "../../errors.ts";
import { logFileName, temporaryFileName } from "../../fs/file-names.ts";
import type { FileSystem } from "../../fs/file-system.ts";
import type { DatabaseFormat } from "../../options.ts";
import type { DirectoryContents } from "../../recovery/directory-contents.ts";
import { readNativeWal } from "../../wal/read-native-wal.ts";
import { readWal, readWalFormat, type WalContents } from "../../wal/read-wal.ts";
import type { WalVisitor } from "../../wal/wal-entries.ts";
import { attempt, type FaultSink } from "../anatomy/fault.ts";
import { FileBytes } from "../anatomy/file-bytes.ts";
import { type KnownDatabase, UNANNOUNCED_LOG_BYTES } from "../anatomy/known-database.ts";
import type { Findings } from "./findings.ts";

/** What the logs of a database are checked with. */
export type LogCheck = {
  readonly fs: FileSystem;
  readonly directory: string;
  readonly files: DirectoryContents;
  readonly findings: Findings;
};

/**
 * Checks the logs of live memtables, and that no other log holds records. `lastTimestamp`: of the newest entry of any table;
 * what a log holds was written later. Yields the size of each log.
 */
export function* checkLogs(check: LogCheck, known: KnownDatabase, lastTimestamp: number): Generator<number> {
  const { fs, directory, files, findings } = check;
  const live = known.liveMemtables.filter(({ id, hasLog }) => hasLog || files.logIds.includes(id));
  const format = findings.format ?? formatOfLogs(check, live);
  findings.format = format;
  checkPresence(check, known);
  let newest = lastTimestamp;
  for (const { id, syncedBytes } of live) {
    if (!files.logIds.includes(id)) continue;
    const name = logFileName(id);
    const path = join(directory, name);
    const sink = findings.sinkOf(name);
    let first: number | undefined;
    const visit: WalVisitor = (timestamp) => {
      first ??= timestamp;
    };
    const contents = attempt(sink, "record", () => {
      if (format === "native") {
        const databaseId = known.databaseId ?? new Uint8Array(0);
        return readNativeWal(fs, path, { databaseId, id, syncedBytes, recovery: "strict" }, visit);
      }
      return readReferenceLog(fs, path, format, visit, sink);
    });
    // In the reference's formats a log may be older than tables: it is ignored by whoever opens without logs.
    if (format === "native" && first !== undefined && first <= newest) {
      sink("record", undefined, `the log begins at timestamp ${first}, and what stands below it ends at ${newest}`);
    }
    newest = Math.max(newest, contents?.lastTimestamp ?? 0);
    yield seeLog(check, id, contents);
  }
}

/** Checks logs of which no manifest says anything, each by itself. */
export function* checkStrayLogs(check: LogCheck): Generator<number> {
  const { fs, directory, files, findings } = check;
  for (const id of files.logIds) {
    const name = logFileName(id);
    const path = join(directory, name);
    const sink = findings.sinkOf(name);
    const contents = attempt(sink, "record", () =>
      findings.format === "native"
        ? readNativeWal(
            fs,
            path,
            { databaseId: ownDatabaseId(fs, path), id, syncedBytes: 0, recovery: "strict" },
            () => {},
          )
        : readReferenceLog(fs, path, findings.format, () => {}, sink),
    );
    yield seeLog(check, id, contents);
  }
}

/** That of the database to which a log says that it belongs. Throws CorruptionError, IoError. */
function ownDatabaseId(fs: FileSystem, path: string): Uint8Array {
  using file = FileBytes.open(fs, path);
  return decodeNativeHeader(file.read(0, Math.min(SIZE_NATIVE_HEADER, file.sizeBytes)), path).databaseId;
}

function readReferenceLog(
  fs: FileSystem,
  path: string,
  format: DatabaseFormat | undefined,
  visit: WalVisitor,
  sink: FaultSink,
): WalContents | undefined {
  try {
    return readWal(fs, path, format === "native" ? undefined : format, "strict", visit);
  } catch (error) {
    if (!(error instanceof LsmError && error.code === "FORMAT_MISMATCH")) throw error;
    sink("record", 0, error.message);
    return undefined;
  }
}

/** Counts a log, and answers its size. */
function seeLog({ fs, directory, findings }: LogCheck, id: number, contents: WalContents | undefined): number {
  const name = logFileName(id);
  const sizeBytes = fs.stat(join(directory, name))?.sizeBytes ?? 0;
  findings.sizeBytes += sizeBytes;
  findings.logs++;
  findings.records += contents?.records ?? 0;
  if (contents !== undefined && contents.tornBytes > 0) {
    const { tornBytes, validBytes } = contents;
    const text = "were left by a write that a crash interrupted, and do not count";
    findings.note(name, `${tornBytes} bytes from byte ${validBytes} on ${text}`);
  }
  return sizeBytes;
}

/** Which logs must be there, and which must not hold anything. */
function checkPresence(check: LogCheck, known: KnownDatabase): void {
  const { fs, directory, files, findings } = check;
  const live = new Map(known.liveMemtables.map((memtable) => [memtable.id, memtable]));
  const present = files.logIds.filter((id) => live.has(id));
  const isExcused = (id: number): boolean => files.temporaryNames.includes(temporaryFileName(logFileName(id)));
  for (const { id, hasLog } of known.liveMemtables) {
    const isNeeded = known.format === "native" ? hasLog : present.length > 0 && !isExcused(id);
    if (!isNeeded || files.logIds.includes(id)) continue;
    const others = known.format === "native" ? "" : " beside others";
    findings.sinkOf(logFileName(id))(
      "file",
      undefined,
      `the log is missing, though the manifest announces it${others}`,
    );
  }
  for (const id of files.logIds) {
    const name = logFileName(id);
    if (known.isRetired(id)) findings.note(name, "left over: what it holds is in a table");
    if (known.isRetired(id) || (live.has(id) && (known.format !== "native" || live.get(id)?.hasLog))) continue;
    const sizeBytes = fs.stat(join(directory, name))?.sizeBytes ?? 0;
    const emptyBytes = UNANNOUNCED_LOG_BYTES[known.format ?? "plain"];
    if (sizeBytes > emptyBytes) {
      findings.sinkOf(name)("file", emptyBytes, "the manifest does not announce this log, though it holds records");
    } else findings.note(name, "left over: it was made and never used");
  }
}

function formatOfLogs(
  { fs, directory, files }: LogCheck,
  live: readonly { readonly id: number }[],
): DatabaseFormat | undefined {
  for (const { id } of live) {
    if (!files.logIds.includes(id)) continue;
    const found = attempt(
      () => {},
      "file",
      () => readWalFormat(fs, join(directory, logFileName(id))),
    );
    if (found !== undefined) return found;
  }
  return undefined;
}
