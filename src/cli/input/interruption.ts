import type { ExitCode } from "../exit-code.ts";

/** Who asked what to stop: the running command, or the whole session. */
export class Interruption {
  #controller = new AbortController();
  #exitCode: ExitCode | undefined;
  readonly #whenStopped: (() => void)[] = [];

  /** For the command under way. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Why the session is to end; undefined while nobody asked for it. */
  get exitCode(): ExitCode | undefined {
    return this.#exitCode;
  }

  /** A new command begins: what was asked of the one before does not concern it. */
  renew(): void {
    if (this.signal.aborted && this.#exitCode === undefined) this.#controller = new AbortController();
  }

  /** Stops the command under way. */
  interrupt(): void {
    this.#controller.abort();
  }

  /** Stops the command and ends the session. The first reason counts. */
  stop(exitCode: ExitCode): void {
    const isFirst = this.#exitCode === undefined;
    this.#exitCode ??= exitCode;
    this.#controller.abort();
    if (isFirst) for (const listener of this.#whenStopped) listener();
  }

  onStop(listener: () => void): void {
    this.#whenStopped.push(listener);
  }
}
