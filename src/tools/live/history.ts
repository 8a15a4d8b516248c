import { taskInputs } from "../../manifest/task-inputs.ts";
import type { Tree } from "../../state/tree.ts";
import type { Change, Moment, ShownTable } from "./change.ts";
import { EMPTY_SCENE, type Scene, SceneEditor } from "./scene.ts";

/** How many moments are kept; with a compaction each they take some ten megabytes as text. */
export const MOMENTS_MAX = 10_000;
/** Forgotten at once, so that forgetting costs little per moment. */
const FORGOTTEN_SHARE = 10;
/** A scene is kept every so many moments: what lies between is made again from the one before. */
const SCENE_EVERY = 64;

/** Where a history begins: the scene before its first moment. */
export type Beginning = {
  readonly scene: Scene;
  readonly tables: readonly ShownTable[];
  /** Moments that came before and were forgotten. */
  readonly forgotten: number;
};

export const EMPTY_BEGINNING: Beginning = { scene: EMPTY_SCENE, tables: [], forgotten: 0 };

/**
 * What happened to a tree, change by change, and how it stood after each of them. The newest `momentsMax` moments are
 * kept; older ones are only seen in where the history begins.
 */
export class History {
  readonly #momentsMax: number;
  readonly #moments: Moment[] = [];
  /** Every table of a kept scene. */
  readonly #tables = new Map<number, ShownTable>();
  /** By moment number; the first is the beginning. Ascending. */
  readonly #scenes = new Map<number, Scene>();
  readonly #newest: SceneEditor;
  #forgotten: number;

  constructor({ scene, tables, forgotten }: Beginning = EMPTY_BEGINNING, momentsMax: number = MOMENTS_MAX) {
    this.#momentsMax = momentsMax;
    this.#forgotten = forgotten;
    this.#scenes.set(forgotten, scene);
    this.#newest = new SceneEditor(scene);
    for (const table of tables) this.#tables.set(table.id, table);
  }

  /** Number of the moment before the first that is kept. */
  get beginningNumber(): number {
    return this.#forgotten;
  }

  /** Number of the newest moment, or of the beginning where there is none. */
  get newestNumber(): number {
    return this.#forgotten + this.#moments.length;
  }

  get tables(): ReadonlyMap<number, ShownTable> {
    return this.#tables;
  }

  /** After the newest moment, without making its scene. */
  get newest(): Pick<SceneEditor, "frozenCount" | "isCompacting"> {
    return this.#newest;
  }

  get beginning(): Beginning {
    const scene = this.sceneAfter(this.#forgotten);
    return { scene, tables: tablesOf(scene.tree, this.#tables), forgotten: this.#forgotten };
  }

  /** The moment with this number; undefined when there is none, or none any more. */
  moment(number: number): Moment | undefined {
    return this.#moments[number - this.#forgotten - 1];
  }

  /** Moments after the one with this number, oldest first, at most so many. */
  momentsAfter(number: number, countMax: number = Number.POSITIVE_INFINITY): readonly Moment[] {
    const start = Math.max(0, number - this.#forgotten);
    return this.#moments.slice(start, start + countMax);
  }

  /** Throws EditMismatchError for a change that does not fit what there is; then only a `state` goes on. */
  add(change: Change, atMs: number | undefined): Moment {
    this.#newest.apply(change);
    for (const table of tablesIn(change)) this.#tables.set(table.id, table);
    const moment = { number: this.newestNumber + 1, atMs, change };
    this.#moments.push(moment);
    if (moment.number % SCENE_EVERY === 0) this.#scenes.set(moment.number, this.#newest.scene);
    if (this.#moments.length > this.#momentsMax) this.#forget(Math.ceil(this.#momentsMax / FORGOTTEN_SHARE));
    return moment;
  }

  /** The scene after the moment with this number, which is kept or the beginning's. */
  sceneAfter(number: number): Scene {
    if (number >= this.newestNumber) return this.#newest.scene;
    const wanted = Math.max(number, this.#forgotten);
    let near = wanted - (wanted % SCENE_EVERY);
    if (near < this.#forgotten) near = this.#forgotten;
    const editor = new SceneEditor(this.#scenes.get(near));
    for (let at = near + 1; at <= wanted; at++) editor.apply((this.moment(at) as Moment).change);
    return editor.scene;
  }

  #forget(count: number): void {
    const beginning = this.#forgotten + count;
    const scene = this.sceneAfter(beginning);
    const inTree = new Set(tableIds(scene.tree));
    for (const { change } of this.#moments.splice(0, count)) {
      for (const id of tablesOutOf(change)) if (!inTree.has(id)) this.#tables.delete(id);
    }
    for (const number of this.#scenes.keys()) if (number < beginning) this.#scenes.delete(number);
    this.#forgotten = beginning;
    this.#scenes.set(beginning, scene);
  }
}

/** Tables that a change brings. */
export function tablesIn(change: Change): readonly ShownTable[] {
  switch (change.kind) {
    case "flush":
      return [change.table];
    case "compactionEnd":
      return change.outputs;
    case "state":
      return change.tables;
    default:
      return [];
  }
}

/** Tables that nobody needs to know who does not go back before the change. */
function tablesOutOf(change: Change): readonly number[] {
  return change.kind === "compactionEnd" ? taskInputs(change.task) : [];
}

/** Every table of a tree, newest first. */
export function tableIds({ level0, levels }: Tree): readonly number[] {
  return [...level0, ...levels.flatMap((level) => level.tables)];
}

function tablesOf(tree: Tree, tables: ReadonlyMap<number, ShownTable>): readonly ShownTable[] {
  return tableIds(tree).flatMap((id) => tables.get(id) ?? []);
}
