import { amplificationIn } from "../../src/tools/live/figures.ts";
import type { History } from "../../src/tools/live/history.ts";
import type { Model } from "../state/model.ts";

/** Points that are drawn at most. */
const POINTS_MAX = 300;

type HistorySeries = {
  readonly tables: readonly number[];
  readonly read: readonly number[];
  readonly write: readonly (number | undefined)[];
};

/** Of a history that does not change any more, for the history it was made of. */
let made: { readonly history: History; readonly newestNumber: number; readonly series: HistorySeries } | undefined;

/** How the tree grew over the moments of a history, at equal distances. */
export function historySeries({ history, memtables }: Pick<Model, "history" | "memtables">): HistorySeries {
  const { beginningNumber, newestNumber } = history;
  if (made?.history === history && made.newestNumber === newestNumber) return made.series;
  const count = newestNumber - beginningNumber;
  const every = Math.max(1, count / POINTS_MAX);
  const tables: number[] = [];
  const read: number[] = [];
  const write: (number | undefined)[] = [];
  for (let at = 0; at <= count; at += every) {
    const scene = history.sceneAfter(beginningNumber + Math.round(at));
    const { tree } = scene;
    const amplification = amplificationIn(scene, history.tables, memtables);
    tables.push(tree.level0.length + tree.levels.reduce((sum, level) => sum + level.tables.length, 0));
    read.push(amplification.read);
    write.push(amplification.write);
  }
  const series = { tables, read, write };
  made = { history, newestNumber, series };
  return series;
}
