import { fingerprint32 } from "../codec/fingerprint32.ts";
import { LsmError } from "../errors.ts";
import type { LookupResult } from "../iterator/storage-iterator.ts";
import { Memtable } from "../memtable/memtable.ts";
import type { CheckedWrite } from "../write/checked-write.ts";

/** The writes of one moment, and how many open cursors show them. */
export type WorkspaceLayer = { readonly memtable: Memtable; cursors: number };

/**
 * What a transaction has written and nobody else sees: a memtable of its own, which lies above those of the database.
 *
 * A cursor shows the writes that were made before it. So the first write under an open cursor begins a new layer with a
 * copy of the old one, and the cursor keeps that.
 */
export class Workspace {
  /** Of every write here: that at which the transaction reads, which no range delete that it sees is newer than. */
  readonly #timestamp: number;
  #layer: WorkspaceLayer | undefined;

  constructor(readTimestamp: number) {
    this.#timestamp = readTimestamp;
  }

  /** What a cursor that begins now shows; undefined when nothing was written. */
  get layer(): WorkspaceLayer | undefined {
    return this.#layer;
  }

  /** The last write of a key counts. The bytes are copied. Throws INVALID_ARGUMENT when there is no more room, about 2 GiB. */
  put(kind: number, key: Uint8Array, value: Uint8Array): void {
    const hash = fingerprint32(key, 0, key.length);
    const memtable = this.#writable();
    if (!memtable.hasRoomFor(1, key.length + value.length)) {
      throw new LsmError(
        "INVALID_ARGUMENT",
        `the transaction has written ${memtable.approximateSizeBytes} bytes, and ${key.length + value.length} more are not possible; commit before`,
      );
    }
    memtable.put(hash, key, 0, key.length, this.#timestamp, kind, value, 0, value.length);
  }

  /** Finds what was written to a key, a delete too. */
  get(key: Uint8Array, result: LookupResult): boolean {
    const memtable = this.#layer?.memtable;
    return memtable?.get(fingerprint32(key, 0, key.length), key, 0, key.length, this.#timestamp, result) ?? false;
  }

  /** The last write of each key, in key order. The bytes may be read as long as this workspace lives. */
  writes(): CheckedWrite[] {
    const writes: CheckedWrite[] = [];
    const entries = this.#layer?.memtable.visibleIterator(this.#timestamp);
    if (entries === undefined) return writes;
    for (entries.seekToFirst(); entries.valid; entries.next()) {
      writes.push({
        kind: entries.kind,
        key: entries.keyBuffer.subarray(entries.keyStart, entries.keyEnd),
        value: entries.valueBuffer.subarray(entries.valueStart, entries.valueEnd),
      });
    }
    return writes;
  }

  #writable(): Memtable {
    if (this.#layer === undefined || this.#layer.cursors > 0) {
      const memtable = new Memtable(0, { entryOverheadBytes: 0 });
      if (this.#layer !== undefined) copyInto(memtable, this.#layer.memtable, this.#timestamp);
      this.#layer = { memtable, cursors: 0 };
    }
    return this.#layer.memtable;
  }
}

function copyInto(target: Memtable, source: Memtable, timestamp: number): void {
  const entry = source.visibleIterator(timestamp);
  for (entry.seekToFirst(); entry.valid; entry.next()) {
    const { hash, keyBuffer, keyStart, keyEnd, kind, valueBuffer, valueStart, valueEnd } = entry;
    target.put(hash, keyBuffer, keyStart, keyEnd, timestamp, kind, valueBuffer, valueStart, valueEnd);
  }
}
