import { taskInputs } from "../../manifest/task-inputs.ts";
import type { Change, Moment } from "./change.ts";
import { tablesIn } from "./history.ts";
import type { LiveSource } from "./source.ts";
import { encodeMessage, type Message } from "./wire.ts";

/** Moments in one message: some hundred kilobytes, and a few milliseconds of writing. */
export const MOMENTS_PER_MESSAGE = 500;
/** Tables that the moments of one message name, unless one names more: a compaction may be of all there are. */
export const TABLES_PER_MESSAGE = 5000;

/** One or several messages, each a line, and whether more is there to be told at once. */
export type Telling = { readonly text: string; readonly isBehind: boolean };

/** One reader of a source: knows what he has been told, and what to tell him next. */
export class Follower {
  readonly #source: LiveSource;
  #hasBegun = false;
  /** Of the newest moment he was told. */
  #number = 0;
  #toldFigures: LiveSource["figures"];
  #toldPointMs = Number.NEGATIVE_INFINITY;

  constructor(source: LiveSource) {
    this.#source = source;
  }

  /** What is new, as far as it fits one telling; undefined when nothing is. */
  next(): Telling | undefined {
    const { history } = this.#source;
    const messages: Message[] = [];
    if (!this.#hasBegun || this.#number < history.beginningNumber) messages.push(this.#begin());
    const moments = fitting(history.momentsAfter(this.#number, MOMENTS_PER_MESSAGE));
    this.#number += moments.length;
    if (moments.length > 0) messages.push({ type: "moments", moments });
    const isBehind = this.#number < history.newestNumber;
    if (!isBehind) messages.push(...this.#newFigures());
    return messages.length === 0 ? undefined : { text: messages.map(encodeMessage).join(""), isBehind };
  }

  #begin(): Message {
    const { subject, history } = this.#source;
    this.#hasBegun = true;
    this.#number = history.beginningNumber;
    this.#toldPointMs = Number.NEGATIVE_INFINITY;
    const { beginning, newestNumber } = history;
    return { type: "beginning", subject, beginning, points: this.#newPoints(), newestNumber };
  }

  #newFigures(): readonly Message[] {
    const { figures } = this.#source;
    if (figures === this.#toldFigures || figures === undefined) return [];
    this.#toldFigures = figures;
    return [{ type: "figures", figures, points: this.#newPoints() }];
  }

  #newPoints(): LiveSource["points"] {
    const points = this.#source.points.filter(({ atMs }) => atMs > this.#toldPointMs);
    this.#toldPointMs = points.at(-1)?.atMs ?? this.#toldPointMs;
    return points;
  }
}

/** As many of the first moments as one message holds, at least one. */
function fitting(moments: readonly Moment[]): readonly Moment[] {
  let tables = 0;
  const end = moments.findIndex(({ change }, index) => {
    tables += tablesNamed(change);
    return index > 0 && tables > TABLES_PER_MESSAGE;
  });
  return end < 0 ? moments : moments.slice(0, end);
}

function tablesNamed(change: Change): number {
  const isCompaction = change.kind === "compactionBegin" || change.kind === "compactionEnd";
  return tablesIn(change).length + (isCompaction ? taskInputs(change.task).length : 0);
}
