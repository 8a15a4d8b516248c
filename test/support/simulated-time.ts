import { syncBuiltinESMExports } from "node:module";
import promised, { setImmediate as realTurn } from "node:timers/promises";
import type { Random } from "../../src/fs/crash-states.ts";

type Task = () => void;

/** What `setTimeout`, `setInterval` and `setImmediate` answer here. */
class Due {
  readonly run: Task;
  readonly everyMs: number | undefined;
  atMs: number;

  constructor(run: Task, atMs: number, everyMs?: number) {
    this.run = run;
    this.atMs = atMs;
    this.everyMs = everyMs;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}

/** Advanced by each look at it, so that whoever works until its time is over stops somewhere. */
const LOOK_US_MAX = 200;
const SETTLED_TURNS_MAX = 10_000;

/** One turn in so many finds that a while has passed. */
const PAUSE_EVERY = 30;
const PAUSE_MS_MAX = 60;

/**
 * Stands in for the clock and the event loop of a process, from `install` on until `uninstall`.
 *
 * With a generator it decides the whole order of events: what ends in the background, which timer is due, how long
 * anything takes. The same seed gives the same order. Without one only intervals stand still: the background loops of
 * databases move when `pass` says so, and everything else goes on in real time.
 */
export class SimulatedTime {
  static #installed: SimulatedTime | undefined;

  readonly #random: Random | undefined;
  readonly #realImmediate = setImmediate;
  #nowMs = 0;
  #immediates: Due[] = [];
  #ended: Task[] = [];
  readonly #timers = new Set<Due>();
  #isPumping = false;
  #restore: Task[] = [];

  constructor(random?: Random) {
    this.#random = random;
  }

  /** The one that is installed. */
  static get current(): SimulatedTime {
    if (SimulatedTime.#installed === undefined) throw new Error("no simulated time is installed");
    return SimulatedTime.#installed;
  }

  install(): this {
    if (SimulatedTime.#installed !== undefined) throw new Error("one simulated time is installed already");
    SimulatedTime.#installed = this;
    this.#replace(globalThis, "setInterval", (run: Task, ms: number) => this.#timer(run, ms, ms));
    this.#replace(globalThis, "clearInterval", (due: unknown) => this.#clear(due));
    if (this.#random === undefined) return this;

    this.#replace(globalThis, "setTimeout", (run: Task, ms: number) => this.#timer(run, ms));
    this.#replace(globalThis, "clearTimeout", (due: unknown) => this.#clear(due));
    this.#replace(globalThis, "setImmediate", (run: Task) => this.#immediate(run));
    this.#replace(globalThis, "clearImmediate", (due: unknown) => this.#clear(due));
    this.#replace(performance, "now", () => this.#look());
    this.#replace(promised, "setTimeout", (ms: number) => new Promise<void>((resolve) => this.#timer(resolve, ms)));
    this.#replace(promised, "setImmediate", () => new Promise<void>((resolve) => this.#immediate(resolve)));
    syncBuiltinESMExports();
    return this;
  }

  uninstall(): void {
    for (const restore of this.#restore.splice(0)) restore();
    syncBuiltinESMExports();
    this.forget();
    SimulatedTime.#installed = undefined;
  }

  /** Whoever waited does so for ever: their process has ended. */
  forget(): void {
    this.#immediates = [];
    this.#ended = [];
    this.#timers.clear();
  }

  /** So much time passes; what was due meanwhile is done before this returns, each as often as it was. */
  pass(milliseconds: number): void {
    const untilMs = this.#nowMs + milliseconds;
    for (let next = this.#nextTimer(untilMs); next !== undefined; next = this.#nextTimer(untilMs)) this.#ring(next);
    this.#nowMs = untilMs;
  }

  /** Resolves in a later turn of the event loop. */
  async turn(): Promise<void> {
    if (this.#random === undefined) await realTurn();
    else await new Promise<void>((resolve) => this.#immediate(resolve));
  }

  /** Resolves when nothing is under way in the background any more. */
  async settled(): Promise<void> {
    for (let turns = 0; this.#ended.length > 0; turns++) {
      if (turns > SETTLED_TURNS_MAX) throw new Error("the background never comes to an end");
      await this.turn();
    }
  }

  /** What the system does in the background ends at some time, not in the order of its beginnings. */
  inBackground(end: Task): void {
    this.#ended.push(end);
    this.#pump();
  }

  /** Half of the times true: what is decided by chance outside of the program. */
  isHeads(): boolean {
    return this.#random?.(2) === 0;
  }

  #timer(run: Task, ms = 1, everyMs?: number): Due {
    const due = new Due(run, this.#nowMs + Math.max(ms, 1), everyMs);
    this.#timers.add(due);
    this.#pump();
    return due;
  }

  #immediate(run: Task): Due {
    const due = new Due(run, this.#nowMs);
    this.#immediates.push(due);
    this.#pump();
    return due;
  }

  #clear(due: unknown): void {
    if (!(due instanceof Due)) return;
    this.#timers.delete(due);
    this.#immediates = this.#immediates.filter((each) => each !== due);
  }

  #look(): number {
    this.#nowMs += (this.#random?.(LOOK_US_MAX) ?? 0) / 1000;
    return this.#nowMs;
  }

  /** One event per real turn, so that promises settle in between, as they do. */
  #pump(): void {
    if (this.#random === undefined || this.#isPumping) return;
    this.#isPumping = true;
    this.#realImmediate(() => {
      this.#isPumping = false;
      if (this.#doOne()) this.#pump();
    });
  }

  /** False when nothing is to be done but what intervals do again and again. */
  #doOne(): boolean {
    const random = this.#random as Random;
    if (random(PAUSE_EVERY) === 0) this.#nowMs += random(PAUSE_MS_MAX);
    const timer = this.#nextTimer(this.#nowMs);
    const choices: Task[] = [];
    if (timer !== undefined) choices.push(() => this.#ring(timer));
    const [immediate] = this.#immediates;
    // Immediates keep their order, as Node.js promises.
    if (immediate !== undefined) choices.push(() => this.#takeImmediate(immediate));
    if (this.#ended.length > 0) choices.push(() => this.#ended.splice(random(this.#ended.length), 1)[0]?.());
    if (choices.length === 0) return this.#skipToTimeout();
    choices[random(choices.length)]?.();
    return true;
  }

  #takeImmediate(due: Due): void {
    this.#immediates.shift();
    due.run();
  }

  /** Nothing happens before the next timeout. */
  #skipToTimeout(): boolean {
    const timeouts = [...this.#timers].filter(({ everyMs }) => everyMs === undefined);
    if (timeouts.length === 0) return false;
    this.#nowMs = Math.max(this.#nowMs, Math.min(...timeouts.map(({ atMs }) => atMs)));
    return true;
  }

  /** The first that is due by then. */
  #nextTimer(byMs: number): Due | undefined {
    let first: Due | undefined;
    for (const due of this.#timers) if (due.atMs <= byMs && (first === undefined || due.atMs < first.atMs)) first = due;
    return first;
  }

  #ring(due: Due): void {
    this.#nowMs = Math.max(this.#nowMs, due.atMs);
    if (due.everyMs === undefined) this.#timers.delete(due);
    else due.atMs += due.everyMs;
    due.run();
  }

  #replace<Target extends object>(target: Target, name: keyof Target, replacement: unknown): void {
    const original = Object.getOwnPropertyDescriptor(target, name);
    Object.defineProperty(target, name, { value: replacement, configurable: true, writable: true, enumerable: true });
    this.#restore.push(() => {
      if (original === undefined) delete target[name];
      else Object.defineProperty(target, name, original);
    });
  }
}

/** The background loop's timer stands still, so that the same steps make the same calls; `pass` moves it. */
export function stopBackgroundTimer(): void {
  new SimulatedTime().install();
}

/** Undoes `stopBackgroundTimer`. */
export function startBackgroundTimer(): void {
  SimulatedTime.current.uninstall();
}
