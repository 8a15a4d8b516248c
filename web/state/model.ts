import { arranged } from "../../src/tools/live/arranged.ts";
import type { ShownTable } from "../../src/tools/live/change.ts";
import type { Point } from "../../src/tools/live/figures.ts";
import { History, tablesIn } from "../../src/tools/live/history.ts";
import type { Scene } from "../../src/tools/live/scene.ts";
import type { Figures, Subject } from "../../src/tools/live/source.ts";
import type { Message } from "../../src/tools/live/wire.ts";
import { KeySpace } from "../tree/key-space.ts";

const POINTS_MAX = 600;

/** All that the page was told. Changes in place; `revision` says that it did. */
export class Model {
  subject: Subject | undefined;
  history: History = new History();
  points: Point[] = [];
  figures: Figures | undefined;
  /** Of all keys of all tables that were ever told, so that nothing moves when the history is walked through. */
  keySpace: KeySpace = new KeySpace();
  /** Moments that are still to come of what there was when the page was opened. */
  newestToCome = 0;
  revision = 0;

  take(messages: readonly Message[]): void {
    for (const message of messages) this.#takeOne(message);
    if (messages.length > 0) this.revision++;
  }

  /** Whether the whole history that there was is here. */
  get isComplete(): boolean {
    return this.subject !== undefined && this.history.newestNumber >= this.newestToCome;
  }

  /** Memtables that take writes: a simulation has none. */
  get memtables(): number {
    return this.subject?.kind === "simulation" ? 0 : 1;
  }

  /** The scene after a moment, its tree in the form of the strategy. */
  sceneAfter(number: number): Scene {
    const scene = this.history.sceneAfter(number);
    return { ...scene, tree: arranged(scene.tree, this.history.tables, this.subject?.compaction) };
  }

  #takeOne(message: Message): void {
    switch (message.type) {
      case "beginning":
        this.subject = message.subject;
        this.history = new History(message.beginning);
        this.points = [...message.points];
        this.figures = undefined;
        this.keySpace = new KeySpace();
        this.newestToCome = message.newestNumber;
        for (const table of message.beginning.tables) this.#addKeys(table);
        return;
      case "moments":
        for (const { change, atMs } of message.moments) {
          this.history.add(change, atMs);
          for (const table of tablesIn(change)) this.#addKeys(table);
        }
        return;
      case "figures":
        this.figures = message.figures;
        this.points.push(...message.points);
        this.points.splice(0, Math.max(0, this.points.length - POINTS_MAX));
        return;
      case "end":
    }
  }

  #addKeys({ keys }: ShownTable): void {
    if (keys === undefined) return;
    this.keySpace.add(keys.first);
    this.keySpace.add(keys.last);
  }
}
