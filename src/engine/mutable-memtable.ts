import type { Memtable } from "../memtable/memtable.ts";
import { withMemtables } from "../state/lsm-state.ts";
import type { Wal } from "../wal/wal.ts";
import { asError } from "./as-error.ts";
import type { Background } from "./background.ts";
import { type Core, record } from "./core.ts";
import { newMemtable } from "./new-memtable.ts";

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

  /** The memtable to write to. When it is full an earlier freeze has failed, whose cause must be gone before more memory is taken. */
  withRoom(): Memtable {
    const { states, logs } = this.#core;
    if (!this.#isAnnounced) {
      logs.switchTo(this.#announce(states.current.memtable.id));
      this.#isAnnounced = true;
    }
    if (this.#isFull) this.freeze();
    return states.current.memtable;
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
    const { states, format, emitter, counters, ids, logs } = this.#core;
    this.#background.waitForRoom();
    // Whoever was told of the wait may have written, and filled it.
    if (states.current.memtable.isEmpty) return;
    const id = ids.take();
    const log = this.#announce(id);
    const before = states.current;
    before.memtable.freeze();
    const next = newMemtable(id, format, before.memtable);
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
      record(this.#core, { kind: "newMemtable", id });
    } catch (error) {
      // A manifest whose state is unknown may hold the record, and then the log must be there.
      if (manifest?.failure === undefined) logs.takeBack(id, log);
      else log?.close();
      throw error;
    }
    return log;
  }
}
