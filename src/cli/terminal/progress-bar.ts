import type { SingleBar } from "cli-progress";
import type { Progress } from "../commands/execution.ts";
import type { Drawing } from "./output.ts";

/** Shorter work shows no bar. */
const SHOWN_AFTER_MS = 500;
const REDRAWN_EVERY_MS = 100;

/** For a stderr that nobody watches. */
export const NO_PROGRESS: Progress & Drawing = { begin() {}, update() {}, end() {}, clear() {}, restore() {} };

/** A bar on a terminal for a command that takes long; it is gone when the command ends. */
export class ProgressBar implements Progress, Drawing {
  readonly #stream: NodeJS.WritableStream;
  #label = "";
  #total: bigint | undefined;
  #done = 0;
  #startedMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #bar: SingleBar | undefined;
  #drawing = 0;

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream;
  }

  begin(label: string, total: bigint | undefined): void {
    this.#label = label;
    this.#total = total;
    this.#done = 0;
    this.#startedMs = performance.now();
    this.#drawing += 1;
    this.#timer = setTimeout(() => void this.#show(this.#drawing), SHOWN_AFTER_MS);
  }

  update(done: number | bigint): void {
    this.#done = Number(done);
  }

  end(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#drawing += 1;
    this.clear();
  }

  clear(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }

  restore(): void {
    // The next tick draws it again.
  }

  async #show(drawing: number): Promise<void> {
    const { default: progress } = await import("cli-progress");
    // The command may have ended while the module was loading.
    if (drawing !== this.#drawing) return;
    const draw = (): void => {
      const payload = { seconds: Math.round((performance.now() - this.#startedMs) / 1000) };
      if (this.#bar === undefined) this.#bar = this.#start(progress.SingleBar, payload);
      else this.#bar.update(this.#done, payload);
    };
    draw();
    this.#timer = setInterval(draw, REDRAWN_EVERY_MS);
  }

  #start(Bar: typeof SingleBar, payload: { readonly seconds: number }): SingleBar {
    const counted = this.#total === undefined ? "{value}" : "[{bar}] {percentage}% {value}/{total}";
    const bar = new Bar({
      format: `${this.#label} ${this.#label === "full_compaction" ? "" : `${counted} `}{seconds}s`,
      stream: this.#stream,
      clearOnComplete: true,
      hideCursor: true,
      // Signals are the session's; autopadding and the bar's own timer stay off.
      gracefulExit: false,
      fps: 1000 / REDRAWN_EVERY_MS,
    });
    bar.start(Number(this.#total ?? 0n), this.#done, payload);
    return bar;
  }
}
