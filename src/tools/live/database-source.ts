import type { DatabaseFormat, Options } from "../../options.ts";
import type { Point } from "./figures.ts";
import type { History } from "./history.ts";
import { Recorder, type WatchedDatabase } from "./recorder.ts";
import type { Figures, LiveSource, Subject } from "./source.ts";

/** Figures are looked at this often, and at once when something happened. */
const LOOK_EVERY_MS = 200;

/** What the page needs of an open database. The engine's own class satisfies it without being imported here. */
export interface ShownDatabase extends WatchedDatabase {
  readonly path: string;
  readonly format: DatabaseFormat;
  readonly options: Pick<Options, "compaction" | "memtableSizeBytes" | "memtableLimit" | "memtableStop">;
}

/** An open database as the page shows it, from now on. */
export class DatabaseSource implements LiveSource {
  readonly subject: Subject;
  figures: Figures | undefined = undefined;
  readonly #recorder: Recorder;
  readonly #now: () => number;
  #lookedMs = Number.NEGATIVE_INFINITY;
  #lookedNumber = -1;
  #isStopped = false;

  /** `now`: milliseconds since 1970. */
  constructor(database: ShownDatabase, now: () => number) {
    const { compaction, memtableSizeBytes, memtableLimit, memtableStop } = database.options;
    this.subject = {
      kind: "live",
      name: database.path,
      format: database.format,
      compaction,
      memtable: { sizeBytes: memtableSizeBytes, limit: memtableLimit, stop: memtableStop },
      takesCommands: true,
      hasFiles: true,
      notes: [],
    };
    this.#now = now;
    this.#recorder = new Recorder(database, now);
  }

  get history(): History {
    return this.#recorder.history;
  }

  get points(): readonly Point[] {
    return this.#recorder.points;
  }

  /** Brings everything up to date, unless it was just now. The database must be open, unless `stop` was called. */
  look(): void {
    if (this.#isStopped) return;
    const atMs = this.#now();
    const isNews = this.history.newestNumber !== this.#lookedNumber;
    if (!isNews && atMs - this.#lookedMs < LOOK_EVERY_MS) return;
    const stats = this.#recorder.look();
    this.#lookedMs = atMs;
    this.#lookedNumber = this.history.newestNumber;
    this.figures = { atMs, stats, writtenBytes: this.#recorder.writtenBytes(stats) };
  }

  /** Listens no more and looks no more: the database is about to be closed. */
  stop(): void {
    this.#isStopped = true;
    this.#recorder.stop();
  }
}
