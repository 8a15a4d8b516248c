import type { Command } from "./command.ts";
import { InputError } from "./command.ts";
import type { Database, Destroyed } from "./database.ts";
import { execute } from "./execute.ts";
import type { Execution, Progress } from "./execution.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { isDamage } from "./failure.ts";
import { formatOutcome } from "./format.ts";
import type { Interruption } from "./interruption.ts";
import type { Line, LineSource } from "./line-source.ts";
import type { Outcome } from "./outcome.ts";
import { Pace } from "./pace.ts";
import { parse } from "./parse.ts";
import { Snapshots } from "./snapshots.ts";
import { Store } from "./store.ts";
import type { Output } from "./terminal/output.ts";
import { visibleText } from "./text.ts";
import type { TextBuffer } from "./text-buffer.ts";

export type SessionParts = {
  readonly database: Database;
  readonly path: string;
  readonly input: LineSource;
  readonly output: Output;
  readonly progress: Progress;
  readonly interruption: Interruption;
  /** Every write is a serializable transaction. */
  readonly isSerializable: boolean;
  /** Go on after an error although nobody sits at the input. */
  readonly keepsGoing: boolean;
  readonly confirm: (question: string) => Promise<boolean>;
  /** Deletes the files of the closed database. */
  readonly deleteFiles: () => Promise<Destroyed>;
};

/** Takes line after line, carries it out and answers. Commands run one at a time, in order. */
export class Session implements Execution {
  readonly database: Database;
  readonly store: Store;
  readonly snapshots: Snapshots;
  readonly path: string;
  readonly progress: Progress;
  readonly confirm: (question: string) => Promise<boolean>;
  epoch = 0;
  readonly #parts: SessionParts;
  readonly #pace = new Pace();
  #heldNews: string[] | undefined;
  #isOver = false;
  #isClosed = false;
  #hasFailed = false;
  #hasEndedBadly = false;
  #isDamaged = false;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.database = parts.database;
    this.store = new Store(parts.database, {
      isSerializable: parts.isSerializable,
      tell: (lines) => void this.text.text(lines),
    });
    this.snapshots = new Snapshots(parts.database);
    this.path = parts.path;
    this.progress = parts.progress;
    this.confirm = parts.confirm;
    parts.interruption.onStop(() => parts.input.close());
  }

  get signal(): AbortSignal {
    return this.#parts.interruption.signal;
  }

  get text(): TextBuffer {
    return this.#parts.output.text;
  }

  /** Until the end of input, a command that leaves, a signal, or an error that ends the session. Never rejects. */
  async run(): Promise<void> {
    const { input, output, interruption } = this.#parts;
    while (!this.#isOver && interruption.exitCode === undefined) {
      const line = input.poll() ?? (await this.#waitForLine());
      if (line === undefined) break;
      const pending = this.#perform(line);
      if (pending !== undefined) await pending;
      if (this.isBreathDue() || output.isCongested) await this.breathe();
    }
    input.close();
    output.flush();
  }

  /** Rolls back what is open and says so, and closes the database, unless the session did. Reports a failure. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.store.isolation !== undefined) {
      this.store.rollback();
      formatOutcome(this.text, { kind: "rolledBack" });
    }
    try {
      await this.database.close();
    } catch (error) {
      this.#hasEndedBadly = true;
      this.#report(`error: cannot close ${visibleText(this.path)}: `, error);
    }
    this.#parts.output.flush();
  }

  /** What the process ends with, once the session is closed. */
  exitCode(): ExitCode {
    const { interruption, input, keepsGoing } = this.#parts;
    if (interruption.exitCode !== undefined && interruption.exitCode !== EXIT.success) return interruption.exitCode;
    if (this.#isDamaged) return EXIT.damaged;
    if (this.#hasEndedBadly) return EXIT.commandFailed;
    const isForgiven = input.isInteractive && !keepsGoing;
    return this.#hasFailed && !isForgiven ? EXIT.commandFailed : EXIT.success;
  }

  /** Ctrl-C, or SIGINT. */
  interrupt(): void {
    this.#parts.interruption.interrupt();
    if (this.#parts.input.interrupt()) this.#parts.interruption.stop(EXIT.interrupted);
  }

  /** Lines from the engine for stdout: at once, or at the end of a command that is printing. */
  news(lines: string): void {
    if (this.#heldNews !== undefined) {
      this.#heldNews.push(lines);
      return;
    }
    this.text.text(lines);
    this.#parts.output.flush();
  }

  holdNews(): void {
    this.#heldNews = [];
  }

  /** Something failed in the background. Damage shows in the exit code; the rest is tried again. */
  noteFailure(error: unknown): void {
    if (isDamage(error)) this.#isDamaged = true;
  }

  isBreathDue(): boolean {
    return this.#pace.isDue();
  }

  async breathe(): Promise<void> {
    const { output } = this.#parts;
    output.flush();
    if (output.isCongested) await output.drained(this.signal);
    await this.#pace.rest();
  }

  async destroy(): Promise<Destroyed> {
    this.#isOver = true;
    this.#isClosed = true;
    if (this.store.isolation !== undefined) this.store.rollback();
    await this.database.close();
    return this.#parts.deleteFiles();
  }

  #waitForLine(): Promise<Line | undefined> {
    this.#parts.output.flush();
    return this.#parts.input.wait();
  }

  #perform(line: Line): Promise<void> | undefined {
    try {
      const command = parse(line.bytes);
      if (command === undefined) return undefined;
      this.#parts.interruption.renew();
      const outcome = execute(this, command);
      if (outcome instanceof Promise) return this.#settleLater(line, command, outcome);
      this.#settle(command, outcome);
    } catch (error) {
      this.#fail(line, error);
    }
    return undefined;
  }

  async #settleLater(line: Line, command: Command, pending: Promise<Outcome>): Promise<void> {
    try {
      this.#settle(command, await pending);
    } catch (error) {
      this.#fail(line, error);
    }
  }

  #settle(command: Command, outcome: Outcome): void {
    formatOutcome(this.text, outcome);
    this.#releaseNews();
    if (outcome.kind === "left") this.#isOver = true;
    if (outcome.kind === "interrupted") {
      this.#parts.output.error(`${outcome.command} interrupted: ${outcome.progress}\n`);
    } else if (command.kind !== "help") {
      this.epoch += 1;
    }
  }

  #fail(line: Line, error: unknown): void {
    const { input, keepsGoing } = this.#parts;
    this.#releaseNews();
    // A command that was to end the session and failed: somebody at a prompt gets no other chance.
    if (this.#isOver) this.#hasEndedBadly = true;
    const places = line.number === undefined ? [] : [`line ${line.number}`];
    if (error instanceof InputError) places.push(`column ${error.column + line.columnsBefore}`);
    this.#report(places.length === 0 ? "error: " : `error: ${places.join(", ")}: `, error);
    if (!input.isInteractive && !keepsGoing) this.#isOver = true;
  }

  #report(prefix: string, error: unknown): void {
    this.#hasFailed = true;
    this.noteFailure(error);
    this.#parts.output.failure(prefix, error);
  }

  #releaseNews(): void {
    for (const lines of this.#heldNews ?? []) this.text.text(lines);
    this.#heldNews = undefined;
  }
}
