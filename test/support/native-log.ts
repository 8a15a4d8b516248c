import { crc32 } from "../../src/codec/crc32.ts";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import { ENTRY_KIND } from "../../src/key.ts";
import { type LogBatch, newLogBatch } from "../../src/wal/log-batch.ts";
import { nativeLogHeader } from "../../src/wal/native-record.ts";
import { type NativeLog, readNativeWal } from "../../src/wal/read-native-wal.ts";
import type { WalContents } from "../../src/wal/read-wal.ts";
import { Wal } from "../../src/wal/wal.ts";
import type { CheckedWrite } from "../../src/write/checked-write.ts";
import { LOG_PATH, logOf } from "./wal-notation.ts";

/**
 * Native logs in a small notation: "a=1 b= -c d..g" puts a and an empty b, deletes c, and deletes the keys from d to before
 * g, all in one batch. What is read has its timestamp behind the key: "a@1=1 b@1= -c@1 d..g@1".
 */
export const DATABASE_ID: Uint8Array = Uint8Array.from({ length: 16 }, (_, index) => index + 1);
export const LOG_ID = 1;
export const HEADER: Uint8Array = nativeLogHeader(DATABASE_ID, LOG_ID);

/** In place of a batch: everything before is made durable. */
export const SYNC = "sync";

export function nativeEntries(text: string): CheckedWrite[] {
  const parts = text.split(" ").filter((part) => part !== "");
  return parts.map((part) => {
    const [from, to] = part.split("..").map((bound) => Buffer.from(bound, "latin1")) as [Buffer, Buffer | undefined];
    const [key, value] = part.split("=").map((half) => Buffer.from(half, "latin1")) as [Buffer, Buffer | undefined];
    if (to !== undefined) return { kind: ENTRY_KIND.rangeDelete, key: from, value: to };
    if (value !== undefined) return { kind: ENTRY_KIND.put, key, value };
    return { kind: ENTRY_KIND.delete, key: key.subarray(1), value: Buffer.alloc(0) };
  });
}

export function addNativeBatch(batch: LogBatch, timestamp: number, entries: readonly CheckedWrite[]): void {
  batch.begin(timestamp);
  for (const { kind, key, value } of entries) {
    if (kind === ENTRY_KIND.put) batch.put(key, 0, key.length, value, 0, value.length);
    else if (kind === ENTRY_KIND.delete) batch.delete(key, 0, key.length);
    else batch.deleteRange(key, value);
  }
  batch.end();
}

/** How `readNative` shows an entry. */
export function shownEntry(timestamp: number, { kind, key, value }: CheckedWrite): string {
  const [name, text] = [key, value].map((bytes) => Buffer.from(bytes).toString("latin1")) as [string, string];
  if (kind === ENTRY_KIND.put) return `${name}@${timestamp}=${text}`;
  return kind === ENTRY_KIND.delete ? `-${name}@${timestamp}` : `${name}..${text}@${timestamp}`;
}

export type WrittenLog = {
  readonly bytes: Buffer;
  /** Where each record starts; the header's 0 is not among them. */
  readonly starts: readonly number[];
  /** What each record says was durable before it. */
  readonly synced: readonly number[];
  /** How much was durable at the end. */
  readonly durableBytes: number;
  /** Of each batch, what is shown of it. */
  readonly shown: readonly string[];
};

/** A log into which batches, in the notation or as entries, were appended one by one, and sometimes synced. */
export function writtenLog(steps: readonly (string | readonly CheckedWrite[])[], id: number = LOG_ID): WrittenLog {
  const fs = new MemoryFileSystem();
  const wal = Wal.create(fs, LOG_PATH, nativeLogHeader(DATABASE_ID, id));
  const batch = newLogBatch("native");
  const starts: number[] = [];
  const synced: number[] = [];
  const shown: string[] = [];
  for (const step of steps) {
    if (step === SYNC) {
      wal.sync();
      continue;
    }
    starts.push(wal.sizeBytes);
    synced.push(wal.syncedBytes);
    const entries = typeof step === "string" ? nativeEntries(step) : step;
    batch.clear();
    addNativeBatch(batch, starts.length, entries);
    wal.append(batch);
    shown.push(entries.map((entry) => shownEntry(starts.length, entry)).join(" "));
  }
  const durableBytes = wal.syncedBytes;
  wal.close();
  return { bytes: bytesOf(fs), starts, synced, durableBytes, shown };
}

export function bytesOf(fs: MemoryFileSystem): Buffer {
  const file = fs.open(LOG_PATH, "read");
  const bytes = Buffer.alloc(file.sizeBytes);
  file.read(bytes, 0, bytes.length, 0);
  file.close();
  return bytes;
}

export type NativeReading = { readonly shown: string; readonly contents: WalContents };

export function readNative(bytes: Uint8Array, log: Partial<NativeLog> = {}): NativeReading {
  const shown: string[] = [];
  const contents = readNativeInto(shown, bytes, log);
  return { shown: shown.join(" "), contents };
}

/** The same, with the entries that were shown before an error left in `shown`. */
export function readNativeInto(shown: string[], bytes: Uint8Array, log: Partial<NativeLog> = {}): WalContents {
  const expected: NativeLog = { databaseId: DATABASE_ID, id: LOG_ID, syncedBytes: 0, recovery: "strict", ...log };
  return readNativeWal(logOf(bytes), LOG_PATH, expected, (timestamp, kind, key, from, to, value, start, end) => {
    shown.push(shownEntry(timestamp, { kind, key: key.subarray(from, to), value: value.subarray(start, end) }));
  });
}

/** A record around any body, written down as the format says and not as the batch does it. */
export function recordOf(offset: number, synced: number, body: Uint8Array, header: Uint8Array = HEADER): Buffer {
  const record = Buffer.alloc(20 + body.length + 4);
  record.writeUInt32BE(body.length, 0);
  record.writeBigUInt64BE(BigInt(offset), 4);
  record.writeBigUInt64BE(BigInt(synced), 12);
  record.set(body, 20);
  const mixed = (crc32(record, 0, record.length - 4) ^ Buffer.from(header).readUInt32BE(header.length - 4)) >>> 0;
  record.writeUInt32BE(mixed, record.length - 4);
  return record;
}
