import type { File } from "../fs/file-system.ts";
import type { DatabaseFormat } from "../options.ts";
import { NativeBatch } from "./native-batch.ts";
import { WalBatch } from "./wal-record.ts";

/**
 * What a writer needs of the encoder of its log: batches one behind the other, in memory that is kept, so that a group of
 * them is one append.
 *
 * A batch is `begin`, entries, `end`. Only ended batches count; `begin` drops what was not ended, so a batch that was
 * given up after an error leaves nothing behind. An empty batch has no bytes.
 */
export interface LogBatch {
  /** Bytes that the ended batches take in a log. */
  readonly length: number;
  /** `timestamp` is a whole number from 0 to 2^53-1, that of all entries of the batch. */
  begin(timestamp: number): void;
  /**
   * Throws LsmError KEY_EMPTY, KEY_TOO_LARGE, VALUE_EMPTY or VALUE_TOO_LARGE by the limits of the format, and
   * INVALID_ARGUMENT for a batch that no log could hold; then nothing is added. The value is lent until `clear`.
   */
  put(key: Uint8Array, keyStart: number, keyEnd: number, value: Uint8Array, valueStart: number, valueEnd: number): void;
  /** Throws as `put`. */
  delete(key: Uint8Array, keyStart: number, keyEnd: number): void;
  /** Deletes the keys from `from` up to and without `to`. Only in `native`; elsewhere the caller must not come to this. */
  deleteRange(from: Uint8Array, to: Uint8Array): void;
  end(): void;
  /** Forgets all batches and whatever was lent. */
  clear(): void;
  /**
   * For the log: writes the ended batches to the end of its file. After an error any part of them may be there.
   * `syncedBytes`: so much of the file is known to be durable. `headerChecksum`: of its header, as `native-record.ts` has it.
   */
  appendTo(file: File, syncedBytes: number, headerChecksum: number): void;
}

export function newLogBatch(format: DatabaseFormat): LogBatch {
  return format === "native" ? new NativeBatch() : new WalBatch(format);
}
