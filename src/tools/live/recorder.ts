import type { EngineEvents } from "../../engine/events.ts";
import type { Layout } from "../../engine/inspector.ts";
import type { Stats } from "../../engine/stats.ts";
import type { TableSummary } from "../../engine/table-summary.ts";
import type { Options } from "../../options.ts";
import type { Tree } from "../../state/tree.ts";
import { arranged } from "./arranged.ts";
import { type Change, type FrozenMemtable, type ShownTable, shownKey, unknownTable } from "./change.ts";
import { type Point, pointOf } from "./figures.ts";
import { History, tableIds } from "./history.ts";
import { EMPTY_SCENE } from "./scene.ts";

/** What is watched. The engine's own class satisfies it without being imported here. */
export interface WatchedDatabase {
  readonly options: Pick<Options, "compaction">;
  structure(): Tree;
  describeTable(id: number): TableSummary | undefined;
  stats(): Stats;
  inspect(): { layout(): Pick<Layout, "memtables"> };
  on<Name extends keyof EngineEvents>(name: Name, listener: (event: EngineEvents[Name]) => void): void;
  off<Name extends keyof EngineEvents>(name: Name, listener: (event: EngineEvents[Name]) => void): void;
}

/** Ten minutes of points, one a second. */
export const POINTS_MAX = 600;
const POINT_EVERY_MS = 1000;

/**
 * Writes down what happens to an open database. Events are noted as they come, which costs no more than a look at the
 * tables that they name; everything else is looked at when `look` is called.
 */
export class Recorder {
  readonly history: History;
  /** Oldest first, at most `POINTS_MAX`. */
  readonly points: Point[] = [];
  readonly #database: WatchedDatabase;
  readonly #now: () => number;
  readonly #unlisten: () => void;
  /** Of memtables that were frozen since the beginning. */
  #frozenBytes = 0;
  readonly #memtableBytesAtFirst: number;
  /** An event did not fit, so that only another look tells how things are. */
  #isLost = false;
  /** What the last look found to agree. */
  #agreed: { readonly tree: Tree; readonly number: number } | undefined;

  /** `now`: milliseconds since 1970. */
  constructor(database: WatchedDatabase, now: () => number) {
    this.#database = database;
    this.#now = now;
    this.#memtableBytesAtFirst = database.stats().memtableBytes;
    const tree = database.structure();
    const scene = { ...EMPTY_SCENE, tree, frozen: this.#frozen() };
    this.history = new History({ scene, tables: this.#tablesOf(tree), forgotten: 0 });
    this.#unlisten = this.#listen();
  }

  /** Looks at the database, sets right what events did not tell, and answers the figures. Throws DATABASE_CLOSED. */
  look(): Stats {
    const stats = this.#database.stats();
    this.#reconcile(stats);
    this.#addPoint(stats);
    return stats;
  }

  stop(): void {
    this.#unlisten();
  }

  #listen(): () => void {
    const listeners: { readonly [Name in keyof EngineEvents]?: (event: EngineEvents[Name]) => void } = {
      freeze: ({ id, sizeBytes }) => {
        this.#frozenBytes += sizeBytes;
        this.#note({ kind: "freeze", memtable: { id, sizeBytes } });
      },
      flush: ({ id }) => this.#note({ kind: "flush", table: this.#table(id) }),
      compactionBegin: ({ task, reason }) => this.#note({ kind: "compactionBegin", task, reason }),
      compactionEnd: ({ task, outputs }) => {
        this.#note({ kind: "compactionEnd", task, outputs: outputs.map((id) => this.#table(id)) });
      },
      stall: ({ cause, waitedMs }) => this.#note({ kind: "stall", cause, waitedMs }),
      warning: ({ message }) => this.#note({ kind: "trouble", message }),
      backgroundError: ({ activity, error }) => {
        this.#note({ kind: "trouble", message: `${activity} failed: ${error.message}` });
      },
    };
    const names = Object.keys(listeners) as (keyof EngineEvents)[];
    for (const name of names) this.#database.on(name, listeners[name] as never);
    return () => {
      for (const name of names) this.#database.off(name, listeners[name] as never);
    };
  }

  #note(change: Change): void {
    if (this.#isLost || this.#isRepeated(change)) return;
    try {
      this.history.add(change, this.#now());
    } catch {
      this.#isLost = true;
    }
  }

  /** What cannot be done now, on a full disk for example, is tried and reported many times a second. */
  #isRepeated(change: Change): boolean {
    const newest = this.history.moment(this.history.newestNumber)?.change;
    return change.kind === "trouble" && newest?.kind === "trouble" && newest.message === change.message;
  }

  #reconcile({ immutableMemtables, underWay }: Stats): void {
    const { newest } = this.history;
    if (newest.isCompacting && !underWay.compaction && !this.#isLost) this.#note({ kind: "compactionGivenUp" });
    const tree = this.#database.structure();
    const isRight = !this.#isLost && newest.frozenCount === immutableMemtables && this.#agrees(tree);
    if (isRight) return;
    this.#isLost = false;
    this.history.add({ kind: "state", tree, tables: this.#tablesOf(tree), frozen: this.#frozen() }, this.#now());
  }

  #agrees(tree: Tree): boolean {
    const { history } = this;
    const { newestNumber, tables } = history;
    if (this.#agreed?.tree === tree && this.#agreed.number === newestNumber) return true;
    const known = arranged(history.sceneAfter(newestNumber).tree, tables, this.#database.options.compaction);
    const isSame = textOf(known) === textOf(tree);
    if (isSame) this.#agreed = { tree, number: newestNumber };
    return isSame;
  }

  #addPoint(stats: Stats): void {
    const atMs = this.#now();
    const newest = this.points.at(-1);
    if (newest !== undefined && atMs - newest.atMs < POINT_EVERY_MS) return;
    const writtenBytes = this.writtenBytes(stats);
    this.points.push(pointOf(stats, { atMs, writtenBytes }));
    if (this.points.length > POINTS_MAX) this.points.shift();
  }

  /** Keys and values that went into memtables since the beginning. */
  writtenBytes({ memtableBytes }: Stats): number {
    return this.#frozenBytes + memtableBytes - this.#memtableBytesAtFirst;
  }

  #frozen(): readonly FrozenMemtable[] {
    const frozen = this.#database
      .inspect()
      .layout()
      .memtables.filter(({ isFrozen }) => isFrozen);
    return frozen.map(({ id, sizeBytes }) => ({ id, sizeBytes }));
  }

  #tablesOf(tree: Tree): readonly ShownTable[] {
    return tableIds(tree).map((id) => this.#table(id));
  }

  #table(id: number): ShownTable {
    const summary = this.#database.describeTable(id);
    return summary === undefined ? unknownTable(id) : shownTable(summary);
  }
}

function shownTable({ id, sizeBytes, firstKey, lastKey, entries, deletes, rangeDeletes }: TableSummary): ShownTable {
  return {
    id,
    sizeBytes,
    keys: { first: shownKey(firstKey), last: shownKey(lastKey) },
    entries,
    deletes,
    rangeDeletes,
  };
}

function textOf({ level0, levels }: Tree): string {
  return [level0, ...levels.map(({ number, tables }) => [number, ...tables])].map((ids) => ids.join(" ")).join("|");
}
