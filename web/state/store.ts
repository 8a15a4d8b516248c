import { computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Scene } from "../../src/tools/live/scene.ts";
import type { Figures, Subject } from "../../src/tools/live/source.ts";
import type { Message } from "../../src/tools/live/wire.ts";
import { Connection, type Link } from "./connection.ts";
import { Model } from "./model.ts";

/** However fast news come, the page is drawn anew at most this often. */
const DRAW_EVERY_MS = 100;
/** While the history is played, a moment takes so long. */
const PLAY_EVERY_MS = 700;

export const model: Model = new Model();
export const connection: Connection = new Connection(tokenOf(location.hash));

export const link: Signal<Link> = signal("connecting");
/**
 * Follows the model's, at the pace of drawing. A component is drawn anew when a signal changes that it reads, so whoever
 * reads the model reads this.
 */
export const revision: Signal<number> = signal(0);
/** The moment that is looked at; undefined: always the newest. */
const position: Signal<number | undefined> = signal(undefined);
export const isPlaying: Signal<boolean> = signal(false);
/** The table that is looked into. */
export const selectedTable: Signal<number | undefined> = signal(undefined);

/** Whether the newest moment is looked at, whatever comes. */
export const isAtNewest: ReadonlySignal<boolean> = computed(() => position.value === undefined);

/** Number of the moment that is looked at; the first one's less one for the beginning. */
export const shownNumber: ReadonlySignal<number> = computed(() => {
  revision.value;
  const { beginningNumber, newestNumber } = model.history;
  return Math.max(beginningNumber, Math.min(position.value ?? newestNumber, newestNumber));
});

export const subject: ReadonlySignal<Subject | undefined> = computed(() => {
  revision.value;
  return model.subject;
});

/** As they are now, whatever moment is looked at. */
export const figures: ReadonlySignal<Figures | undefined> = computed(() => {
  revision.value;
  return model.figures;
});

export const scene: ReadonlySignal<Scene> = computed(() => {
  revision.value;
  return model.sceneAfter(shownNumber.value);
});

export const prefersStillness: ReadonlySignal<boolean> = matching("(prefers-reduced-motion: reduce)");

/** Begins to read what the program tells. */
export function start(): void {
  let drawnMs = Number.NEGATIVE_INFINITY;
  let timer: number | undefined;
  let hasBegun = false;
  const draw = (): void => {
    timer = undefined;
    drawnMs = performance.now();
    revision.value = model.revision;
    if (!hasBegun && model.isComplete) {
      hasBegun = true;
      begin();
    }
  };
  const take = (messages: readonly Message[]): void => {
    model.take(messages);
    if (timer === undefined) timer = window.setTimeout(draw, Math.max(0, drawnMs + DRAW_EVERY_MS - performance.now()));
  };
  void connection.follow(take, (state) => {
    link.value = state;
  });
  effect(play);
}

/** A simulation is over before anyone sees it, so it is shown from its beginning. */
function begin(): void {
  if (model.subject?.kind !== "simulation") return;
  goTo(model.history.beginningNumber);
  isPlaying.value = !prefersStillness.value;
}

/** Looks at the moment with this number, or the nearest there is. */
export function goTo(number: number): void {
  const { beginningNumber, newestNumber } = model.history;
  position.value = Math.max(beginningNumber, Math.min(number, newestNumber));
}

/** Goes so many moments on, or back. Going past the end is looking at the newest. */
export function step(count: number): void {
  const number = shownNumber.peek() + count;
  if (number > model.history.newestNumber) goToNewest();
  else goTo(number);
}

export function goToNewest(): void {
  isPlaying.value = false;
  position.value = undefined;
}

/** Plays on from what is looked at; from the beginning when that is the end. */
export function togglePlaying(): void {
  if (!isPlaying.value && shownNumber.value >= model.history.newestNumber) goTo(model.history.beginningNumber);
  isPlaying.value = !isPlaying.value;
}

function play(): (() => void) | undefined {
  if (!isPlaying.value) return undefined;
  const timer = setInterval(() => {
    step(1);
    if (shownNumber.peek() >= model.history.newestNumber) isPlaying.value = false;
  }, PLAY_EVERY_MS);
  return () => clearInterval(timer);
}

function tokenOf(fragment: string): string {
  return new URLSearchParams(fragment.slice(1)).get("token") ?? "";
}

function matching(query: string): ReadonlySignal<boolean> {
  const list = matchMedia(query);
  const matches = signal(list.matches);
  list.addEventListener("change", () => {
    matches.value = list.matches;
  });
  return matches;
}
