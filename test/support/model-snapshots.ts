import type { Reads } from "../../src/engine/reads.ts";
import { Snapshot } from "../../src/engine/snapshot.ts";
import type { EngineDatabase } from "./engine-database.ts";
import { rangeOf } from "./engine-range.ts";
import { codeOf, expectSame, type ModelChoices, show } from "./model-choices.ts";
import { compareWhole, type ModelCursors } from "./model-cursors.ts";
import type { ModelMap } from "./model-map.ts";

const SNAPSHOTS_MAX = 5;

/** Snapshots that stay open while the database goes on, each with what was in it. */
export class ModelSnapshots {
  readonly #choices: ModelChoices;
  #open: { readonly snapshot: Snapshot; readonly map: ModelMap }[] = [];

  constructor(choices: ModelChoices) {
    this.#choices = choices;
  }

  take(db: EngineDatabase, map: ModelMap): void {
    this.#open.push({ snapshot: new Snapshot(db.engine), map: map.copy() });
    if (this.#open.length > SNAPSHOTS_MAX) this.dropOne();
  }

  /** Reads each in one way or the other; a cursor may stay open, also longer than its snapshot. */
  read(cursors: ModelCursors, tables: () => readonly string[]): void {
    for (const { snapshot, map } of this.#open) compareReads(snapshot, map, this.#choices, cursors, tables);
  }

  dropOne(): void {
    const [dropped] = this.#open.splice(this.#choices.random(this.#open.length), 1);
    if (dropped === undefined) return;
    compareWhole(dropped.snapshot.cursor(), dropped.map.entries("(, )", "ascending"));
    dropped.snapshot.close();
    dropped.snapshot.close();
    const code = codeOf(() => dropped.snapshot.get("a"));
    expectSame("reading a closed snapshot", code, "SNAPSHOT_CLOSED");
  }

  /** Closes some before the database is closed, and answers the others, to be given to `refuseReads`. */
  leave(): readonly Snapshot[] {
    const left = this.#open.splice(0).map(({ snapshot }) => snapshot);
    if (this.#choices.oneIn(2)) for (const snapshot of left.splice(0)) snapshot.close();
    return left;
  }

  /** They ended with the process. */
  forget(): void {
    this.#open = [];
  }
}

/** After the database was closed. */
export function refuseReads(snapshots: readonly Snapshot[]): void {
  for (const snapshot of snapshots) {
    const code = codeOf(() => snapshot.get("a"));
    expectSame("reading a snapshot after close", code, "DATABASE_CLOSED");
    snapshot.close();
  }
}

/** Compares one get, one scan, or opens a cursor. */
function compareReads(
  reads: Reads,
  map: ModelMap,
  choices: ModelChoices,
  cursors: ModelCursors,
  tables: () => readonly string[],
): void {
  const [range, direction] = [choices.range(), choices.direction()];
  const order = { ...rangeOf(range), reverse: direction === "descending" };
  const kind = choices.random(8);
  if (kind === 0) cursors.add(reads.cursor(order), direction, map.entries(range, direction), tables());
  else if (kind < 3) {
    const limit = choices.limit();
    compareWhole(reads.cursor({ ...order, limit }), map.entries(range, direction).slice(0, limit));
  } else compareGet(reads, map, choices.key());
}

export function compareGet(reads: Reads, map: ModelMap, key: string): void {
  const found = reads.get(Buffer.from(key, "latin1"));
  const text = found === undefined ? undefined : Buffer.from(found).toString("latin1");
  expectSame(`get ${show(key)}`, text, map.get(key));
}
