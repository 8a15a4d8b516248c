import { AsyncCursor } from "../../src/engine/async-cursor.ts";
import { Cursor } from "../../src/engine/cursor.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { type Range, resolveRange } from "../../src/engine/range.ts";
import { Reads } from "../../src/engine/reads.ts";
import type { LookupResult } from "../../src/iterator/storage-iterator.ts";
import { TIMESTAMP_MAX } from "../../src/key.ts";

/** The reads of the library's handle, on an engine over any file system. */
export class LiveReads extends Reads {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    super(engine);
    this.#engine = engine;
  }

  override cursor(range: Range = {}): Cursor {
    return new Cursor(this.#engine, resolveRange(range), this.#engine.writer.lastTimestamp);
  }

  override cursorAsync(range: Range = {}): AsyncCursor {
    return new AsyncCursor(this.#engine, resolveRange(range), this.#engine.writer.lastTimestamp);
  }

  protected override get readTimestamp(): number {
    return this.#engine.writer.lastTimestamp;
  }

  protected override find(key: Uint8Array, result: LookupResult): boolean {
    return this.#engine.get(key, 0, key.length, TIMESTAMP_MAX, result);
  }
}
