import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import type { DatabaseFormat, ReferenceFormat } from "../../src/options.ts";
import { type LogBatch, newLogBatch } from "../../src/wal/log-batch.ts";
import { readWal, type WalContents, type WalRecovery } from "../../src/wal/read-wal.ts";
import { WalBatch } from "../../src/wal/wal-record.ts";

export const LOG_PATH = "/00001.wal";

/**
 * The bytes of batches in a small notation: "a=1 b=" puts a and deletes b.
 * The first batch has timestamp 1, each later one a timestamp more.
 */
export function walBytes(format: ReferenceFormat, ...batches: string[]): Buffer {
  const batch = new WalBatch(format);
  for (const [index, text] of batches.entries()) addBatch(batch, index + 1, text);
  return Buffer.from(batch.bytes.subarray(0, batch.length));
}

/** The same batches, to be appended. */
export function logBatch(format: DatabaseFormat, ...batches: string[]): LogBatch {
  const batch = newLogBatch(format);
  for (const [index, text] of batches.entries()) addBatch(batch, index + 1, text);
  return batch;
}

export function addBatch(batch: LogBatch, timestamp: number, text: string): void {
  batch.begin(timestamp);
  for (const entry of text.split(" ").filter((part) => part !== "")) {
    const [key, value] = entry.split("=").map((part) => Buffer.from(part)) as [Buffer, Buffer];
    if (value.length === 0) batch.delete(key, 0, key.length);
    else batch.put(key, 0, key.length, value, 0, value.length);
  }
  batch.end();
}

/** A file system whose log holds these bytes. */
export function logOf(bytes: Uint8Array): MemoryFileSystem {
  const fs = new MemoryFileSystem();
  const file = fs.open(LOG_PATH, "createNew");
  file.append(bytes, 0, bytes.length);
  file.close();
  return fs;
}

/** `shown` holds the entries as "a=x b=" for `plain` and "a@1=x b@1=" for `mvcc`. */
export type WalReading = { readonly shown: string; readonly contents: WalContents };

export function readLog(bytes: Uint8Array, format: ReferenceFormat | undefined, recovery: WalRecovery): WalReading {
  const shown: string[] = [];
  const contents = readInto(shown, logOf(bytes), format, recovery);
  return { shown: shown.join(" "), contents };
}

/** The same, with the entries that were shown before an error left in `shown`. */
export function readInto(
  shown: string[],
  fs: MemoryFileSystem,
  format: ReferenceFormat | undefined,
  recovery: WalRecovery,
): WalContents {
  return readWal(fs, LOG_PATH, format, recovery, (timestamp, kind, key, keyStart, keyEnd, value, from, to) => {
    const name = Buffer.from(key.subarray(keyStart, keyEnd)).toString("latin1");
    const text = kind === 1 ? "" : Buffer.from(value.subarray(from, to)).toString("latin1");
    shown.push(`${name}${timestamp === 0 ? "" : `@${timestamp}`}=${text}`);
  });
}
