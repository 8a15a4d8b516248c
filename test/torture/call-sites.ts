import type { Call, Injection } from "../../src/fs/memory-calls.ts";
import { siteOf } from "../support/crash-faults.ts";
import { requestOfCall } from "../support/slow-disk.ts";

/** Of frames, enough for the deepest way from the engine to a file. */
const FRAMES = 25;

/** The module that asks for the call that is under way, and the call: `wal/wal.ts: append log`. */
export function callSiteOf(call: Pick<Call, "operation" | "path">): string {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = FRAMES;
  const { stack = "" } = requestOfCall() ?? new Error();
  Error.stackTraceLimit = stackTraceLimit;
  const modules = [...stack.matchAll(/\/src\/([\w-]+\/[\w-]+\.ts):/g)].map(([, module = ""]) => module);
  const module = modules.find((each) => !each.startsWith("fs/")) ?? "nobody";
  return `${module}: ${siteOf(call)}`;
}

/** `EIO`, or `a short write`. */
export function injectionName(injection: Injection): string {
  return typeof injection === "string" ? injection : "a short write";
}

/**
 * From where files are touched, as far as a running database does: each must be refused in every way that a system may.
 * Some more are reached only where a first refusal left something to undo.
 */
export const CALL_SITES: readonly string[] = [
  "compaction/merge-job.ts: syncDirectory directory",
  "engine/checkpoint.ts: link table",
  "engine/checkpoint.ts: list directory",
  "engine/checkpoint.ts: open table",
  "engine/checkpoint.ts: read table",
  "engine/checkpoint.ts: remove table",
  "engine/checkpoint.ts: stat directory",
  "engine/checkpoint.ts: syncDirectory directory",
  "engine/engine.ts: makeDirectory directory",
  "engine/engine.ts: stat directory",
  "engine/engine.ts: syncDirectory directory",
  "engine/engine.ts: syncDirectory parent",
  "engine/logs.ts: remove log",
  "engine/logs.ts: syncDirectory directory",
  "engine/open-engine.ts: makeDirectory directory",
  "engine/open-engine.ts: stat directory",
  "engine/open-engine.ts: syncDirectory directory",
  "engine/open-engine.ts: syncDirectory parent",
  "engine/tables.ts: remove table",
  "manifest/manifest-log.ts: create manifest",
  "manifest/manifest-log.ts: open manifest",
  "manifest/manifest-log.ts: read manifest",
  "manifest/manifest-log.ts: sync manifest",
  "manifest/native-manifest.ts: open manifest",
  "manifest/native-manifest.ts: rename temporary",
  "manifest/native-manifest.ts: sync manifest",
  "manifest/native-manifest.ts: syncDirectory directory",
  "manifest/read-native-manifest.ts: open manifest",
  "manifest/read-native-manifest.ts: read manifest",
  "manifest/replace-file.ts: append temporary",
  "manifest/replace-file.ts: create temporary",
  "manifest/replace-file.ts: rename temporary",
  "manifest/replace-file.ts: sync temporary",
  "manifest/replace-file.ts: syncDirectory directory",
  "manifest/synced-file.ts: append manifest",
  "manifest/synced-file.ts: sync manifest",
  "manifest/synced-file.ts: truncate manifest",
  "recovery/create-database.ts: syncDirectory parent",
  "recovery/directory-contents.ts: list directory",
  "recovery/leftovers.ts: remove log",
  "recovery/leftovers.ts: remove table",
  "recovery/strangers.ts: open table",
  "recovery/strangers.ts: read log",
  "recovery/strangers.ts: read table",
  "recovery/strangers.ts: stat table",
  "sstable/sstable-builder.ts: append table",
  "sstable/table-file.ts: open table",
  "sstable/table-file.ts: read table",
  "sstable/table-output.ts: create table",
  "sstable/table-output.ts: remove table",
  "sstable/table-output.ts: sync table",
  "wal/log-bytes.ts: open log",
  "wal/log-bytes.ts: read log",
  "wal/native-batch.ts: append log",
  "wal/read-wal.ts: open log",
  "wal/read-wal.ts: sync log",
  "wal/read-wal.ts: truncate log",
  "wal/wal-record.ts: append log",
  "wal/wal.ts: append log",
  "wal/wal.ts: create log",
  "wal/wal.ts: remove log",
  "wal/wal.ts: stat log",
  "wal/wal.ts: sync log",
  "wal/wal.ts: truncate log",
  "write/flush-job.ts: syncDirectory directory",
];
