import { LsmError } from "../errors.ts";
import type { LookupResult } from "../iterator/storage-iterator.ts";
import { AsyncCursor } from "./async-cursor.ts";
import { Cursor } from "./cursor.ts";
import type { Engine } from "./engine.ts";
import type { Hold } from "./holds.ts";
import { refuseWithoutVersions } from "./needs-versions.ts";
import { type Range, resolveRange } from "./range.ts";
import { Reads } from "./reads.ts";

/**
 * A database as it was when the snapshot was made, whatever is written, flushed or compacted since.
 *
 * While it is open, compactions keep the versions it sees, so it must be closed (`using` does). Closed, it throws
 * SNAPSHOT_CLOSED; cursors made from it go on. After the database was closed every call but `close` throws DATABASE_CLOSED.
 */
export class Snapshot extends Reads {
  /** Of the newest write it sees; 0 in a database without writes. */
  readonly timestamp: number;
  readonly #engine: Engine;
  readonly #hold: Hold;

  /** Of the engine as it is now. Throws UNSUPPORTED in `plain`, DATABASE_CLOSED. @internal */
  constructor(engine: Engine) {
    super(engine);
    engine.refuseIfClosed();
    refuseWithoutVersions(engine.core, "snapshots");
    this.timestamp = engine.writer.lastTimestamp;
    this.#engine = engine;
    this.#hold = engine.holds.take(this, { kind: "snapshot", timestamp: this.timestamp });
  }

  /** A cursor over the range as it was, lending its bytes. It may outlive the snapshot, and must be closed like it. */
  override cursor(range: Range = {}): Cursor {
    this.#refuseIfClosed();
    return new Cursor(this.#engine, resolveRange(range), this.timestamp);
  }

  /** As `cursor`, without waiting for the disk here. */
  override cursorAsync(range: Range = {}): AsyncCursor {
    this.#refuseIfClosed();
    return new AsyncCursor(this.#engine, resolveRange(range), this.timestamp);
  }

  /** @internal */
  protected override get readTimestamp(): number {
    return this.timestamp;
  }

  /** @internal */
  protected override find(key: Uint8Array, result: LookupResult): boolean {
    this.#refuseIfClosed();
    return this.#engine.get(key, 0, key.length, this.timestamp, result);
  }

  /** Lets compactions drop what only this snapshot sees. Calling it again does nothing. */
  close(): void {
    this.#engine.holds.release(this.#hold);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #refuseIfClosed(): void {
    this.#engine.refuseIfClosed();
    if (!this.#hold.isOpen) throw new LsmError("SNAPSHOT_CLOSED", "the snapshot was closed");
  }
}
