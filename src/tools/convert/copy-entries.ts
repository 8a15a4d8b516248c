import { type ErrorCode, LsmError } from "../../errors.ts";
import type { DatabaseFormat } from "../../options.ts";

/** Entries in key order. The bytes are lent: they may be read only while `valid` and until `next()`. */
export interface EntrySource {
  readonly valid: boolean;
  readonly keyBuffer: Uint8Array;
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly valueBuffer: Uint8Array;
  readonly valueStart: number;
  readonly valueEnd: number;
  next(): void;
}

/** Where entries go. */
export interface EntryTarget {
  readonly format: DatabaseFormat;
  /** Copies both. Throws LsmError for what it cannot hold, with a code that says which half is at fault. */
  put(key: Uint8Array, value: Uint8Array): void;
}

/** Lets the event loop run while much is copied. */
export interface Breath {
  isDue(): boolean;
  /** `entries` are copied so far. Rejects to end the copying. */
  take(entries: number): Promise<void>;
}

/** How much there was: lengths of keys and values in bytes. */
export type Copied = { readonly entries: number; readonly keyBytes: number; readonly valueBytes: number };

/** Between two looks at the clock, each some tenths of a millisecond of copying. */
const STRIDE_ENTRIES = 256;
const STRIDE_BYTES = 256 * 1024;

/** What is wrong with an entry, and not with the world around it. */
const ENTRY_CODES: ReadonlySet<ErrorCode> = new Set(["KEY_EMPTY", "KEY_TOO_LARGE", "VALUE_EMPTY", "VALUE_TOO_LARGE"]);

/** An entry that the target's format cannot hold. The code is the one with which the target refused it. */
export class EntryRefusedError extends LsmError {
  override readonly name = "EntryRefusedError";
  readonly key: Uint8Array;

  constructor(key: Uint8Array, valueLength: number, format: DatabaseFormat, cause: LsmError) {
    const sizes = `a key of ${bytesText(key.length)} with a value of ${bytesText(valueLength)}`;
    super(cause.code, `${sizes} does not fit into the format ${format}: ${cause.message}`, { cause });
    this.key = key;
  }
}

/** Copies everything from where the source stands to its end. Throws EntryRefusedError, and what either side throws. */
export async function copyEntries(source: EntrySource, target: EntryTarget, breath: Breath): Promise<Copied> {
  let entries = 0;
  let keyBytes = 0;
  let valueBytes = 0;
  let lookAtEntries = STRIDE_ENTRIES;
  let lookAtBytes = STRIDE_BYTES;
  for (; source.valid; source.next()) {
    const key = source.keyBuffer.subarray(source.keyStart, source.keyEnd);
    const value = source.valueBuffer.subarray(source.valueStart, source.valueEnd);
    put(target, key, value);
    entries++;
    keyBytes += key.length;
    valueBytes += value.length;
    if (entries < lookAtEntries && keyBytes + valueBytes < lookAtBytes) continue;

    lookAtEntries = entries + STRIDE_ENTRIES;
    lookAtBytes = keyBytes + valueBytes + STRIDE_BYTES;
    if (breath.isDue()) await breath.take(entries);
  }
  return { entries, keyBytes, valueBytes };
}

function put(target: EntryTarget, key: Uint8Array, value: Uint8Array): void {
  try {
    target.put(key, value);
  } catch (error) {
    if (!(error instanceof LsmError && ENTRY_CODES.has(error.code))) throw error;
    throw new EntryRefusedError(Uint8Array.from(key), value.length, target.format, error);
  }
}

function bytesText(count: number): string {
  return count === 1 ? "1 byte" : `${count} bytes`;
}
