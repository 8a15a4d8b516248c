import { useEffect, useRef, useState } from "preact/hooks";
import type { Layout, Mark } from "./layout.ts";

/** As long as the page's style lets marks fade, and arrive. */
const FADE_MS = 450;
const ARRIVE_MS = 520;
/** More at a time are no movement that anyone could follow. */
const MOVING_MAX = 80;

/** What moves between one layout and the next. */
export type Movement = {
  /** Marks that were there before, for as long as they fade. */
  readonly leaving: readonly Mark[];
  /** Tables that were not there a moment ago. */
  readonly arriving: ReadonlySet<number>;
};

type Remembered = {
  marks: readonly Mark[];
  present: ReadonlySet<number>;
  leaving: readonly Mark[];
  /** When each table came, in milliseconds of the page's clock. */
  arrivals: Map<number, number>;
};

/** Tables move one by one: marks that are joined anew of tables that stay do not. */
export function useMovement(layout: Layout, isStill: boolean): Movement {
  const memory = useRef<Remembered | undefined>(undefined);
  const [, redraw] = useState(0);
  const before = memory.current;
  const now = performance.now();
  const present = new Set(layout.marks.flatMap((mark) => mark.ids));
  const isAbsent = (mark: Mark): boolean => mark.ids.every((id) => !present.has(id));
  const gone = (before?.marks ?? []).filter(isAbsent);
  const come = before === undefined ? [] : [...present].filter((id) => !before.present.has(id));
  const isTooMuch = isStill || gone.length > MOVING_MAX || come.length > MOVING_MAX;
  const arrivals = new Map([...(before?.arrivals ?? [])].filter(([, atMs]) => now - atMs < ARRIVE_MS));
  if (!isTooMuch) for (const id of come) arrivals.set(id, now);
  const fading = gone.length > 0 ? gone : (before?.leaving ?? []).filter(isAbsent);
  const leaving = isTooMuch ? [] : fading;
  memory.current = { marks: layout.marks, present, leaving, arrivals };
  useEffect(() => {
    if (leaving.length === 0) return undefined;
    const timer = setTimeout(() => {
      if (memory.current !== undefined) memory.current.leaving = [];
      redraw((count) => count + 1);
    }, FADE_MS);
    return () => clearTimeout(timer);
  }, [leaving[0]]);
  return { leaving, arriving: new Set(arrivals.keys()) };
}
