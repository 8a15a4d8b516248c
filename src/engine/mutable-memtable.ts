import { LsmError } from "../errors.ts";
import type { Memtable } from "../memtable/memtable.ts";
import { withMemtables } from "../state/lsm-state.ts";
import type { Wal } from "../wal/wal.ts";
import { asError } from "./as-error.ts";
import type { Background } from "./background.ts";
import { type Core, record } from "./core.ts";
import { newMemtable } from "./new-memtable.ts";

/** From here on memory is taken before anything is logged: the system may refuse it. */
const LARGE_WRITE_BYTES: number = 1024 * 1024;
/** What fits into any memtable, counting so many bytes for each write beside its own. */
const CERTAINLY_HELD_BYTES: number = 512 * 1024 * 1024;
const ENTRY_BYTES_MIN = 64;

/** The memtable that takes the writes: it is frozen when it is full, and another one takes its place. */
export class MutableMemtable {
  readonly #core: Core;
  readonly #background: Background;
  /** Whether the manifest knows the memtable, which must be so before anything is written to it. */
  #isAnnounced = true;

  constructor(core: Core, background: Background) {
    this.#core = core;
    this.#background = background;
  }

  /** Whether a memtable that is empty takes so many writes of so many bytes. */
  canHold(writes: number, bytes: number): boolean {
    if (bytes + writes * ENTRY_BYTES_MIN < CERTAINLY_HELD_BYTES) return true;
    return newMemtable(0, this.#core.format).hasRoomFor(writes, bytes);
  }

  /**
   * The memtable to write to, with room for so many writes of so many bytes, which an empty one can hold. When it is full
   * an earlier freeze has failed, whose cause must be gone before more memory is taken. Throws LsmError UNSUPPORTED where
   * the system has not enough memory.
   */
  withRoom(writes = 0, bytes = 0): Memtable {
    const { states, logs } = this.#core;
    if (!this.#isAnnounced) {
      logs.switchTo(this.#announce(states.current.memtable.id));
      this.#isAnnounced = true;
    }
    if (this.#isFull) this.freeze();
    while (!states.current.memtable.hasRoomFor(writes, bytes)) this.freeze();
    if (bytes > LARGE_WRITE_BYTES) reserve(states.current.memtable, writes, bytes);
    return states.current.memtable;
  }

  /** Whether writes that are one unit, so many of so many bytes, go into another memtable than this one. */
  mustFreezeFor(writes: number, bytes: number): boolean {
    return this.#isFull || !this.#core.states.current.memtable.hasRoomFor(writes, bytes);
  }

  /** The write that filled it is done and stays done; a freeze that fails is reported and tried again before the next write. */
  freezeIfFull(): void {
    if (!this.#isFull) return;
    try {
      this.freeze();
    } catch (error) {
      this.#core.emitter.emit("backgroundError", { activity: "flush", error: asError(error) });
    }
  }

  /** Makes the memtable, unless it is empty, immutable and begins a new one; the record is durable before anything is written to that one. */
  freeze(): void {
    const { states, format, spares, emitter, counters, ids, logs } = this.#core;
    this.#background.room.waitNow();
    // Whoever was told of the wait may have written, and filled it.
    if (states.current.memtable.isEmpty) return;
    const id = ids.take();
    const log = this.#announce(id);
    const before = states.current;
    before.memtable.freeze();
    const next = newMemtable(id, format, before.memtable, spares);
    states.install(withMemtables(before, next, [before.memtable, ...before.immutableMemtables]));
    logs.switchTo(log);
    counters.freezes++;
    emitter.emit("freeze", { id: before.memtable.id, sizeBytes: before.memtable.approximateSizeBytes });
    this.#background.pump();
  }

  /**
   * Makes the memtable immutable when the database closes. The one that takes its place is not announced, as nothing is
   * written to it unless the close fails; then its first write announces it.
   */
  freezeForClose(): void {
    const { states, format, ids } = this.#core;
    const before = states.current;
    before.memtable.freeze();
    const next = newMemtable(ids.take(), format);
    states.install(withMemtables(before, next, [before.memtable, ...before.immutableMemtables]));
    this.#isAnnounced = false;
  }

  get #isFull(): boolean {
    const { states, options } = this.#core;
    return states.current.memtable.approximateSizeBytes >= options.memtableSizeBytes;
  }

  /** Makes the log of a new memtable and tells the manifest of it. */
  #announce(id: number): Wal | undefined {
    const { manifest, logs } = this.#core;
    const log = logs.create(id);
    try {
      record(this.#core, { kind: "newMemtable", id, hasLog: logs.isNeeded });
    } catch (error) {
      // A manifest whose state is unknown may hold the record, and then the log must be there.
      if (manifest?.failure === undefined) logs.takeBack(id, log);
      else log?.close();
      throw error;
    }
    return log;
  }
}

function reserve(memtable: Memtable, writes: number, bytes: number): void {
  try {
    memtable.reserve(writes, bytes);
  } catch (error) {
    throw new LsmError("UNSUPPORTED", `this system has no memory for a write of ${bytes} bytes`, { cause: error });
  }
}
