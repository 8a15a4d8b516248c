import { isDamage } from "./answers/failure.ts";
import type { Outcome } from "./answers/outcome.ts";
import { Pace } from "./answers/pace.ts";
import type { EntryWriter, Failure, Presentation } from "./answers/presentation.ts";
import type { Screen } from "./answers/screen.ts";
import { visible, visibleText } from "./answers/text.ts";
import type { TextBuffer } from "./answers/text-buffer.ts";
import { Censuses } from "./commands/censuses.ts";
import { execute } from "./commands/execute.ts";
import type { Execution, Progress } from "./commands/execution.ts";
import { Latencies } from "./commands/latencies.ts";
import { Snapshots } from "./commands/snapshots.ts";
import { Store } from "./commands/store.ts";
import type { Database, Destroyed } from "./database.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { HeldMessages } from "./held-messages.ts";
import { InputStack } from "./input/input-stack.ts";
import type { Interruption } from "./input/interruption.ts";
import type { Line, LineSource } from "./input/line-source.ts";
import { type Command, type EntryForm, InputError } from "./language/command.ts";
import { parse } from "./language/parse.ts";
import type { Output } from "./terminal/output.ts";

export type SessionParts = {
  readonly database: Database;
  readonly path: string;
  readonly input: LineSource;
  readonly output: Output;
  readonly presentation: Presentation;
  readonly screen: Screen;
  readonly progress: Progress;
  readonly interruption: Interruption;
  /** Every write is a serializable transaction. */
  readonly isSerializable: boolean;
  /** Go on after an error although nobody sits at the input. */
  readonly keepsGoing: boolean;
  readonly confirm: (question: string) => Promise<boolean>;
  /** The address of the live page. */
  readonly live: () => Promise<string>;
  /** Opens a file of commands; `fail` is told when it cannot be read to its end. */
  readonly openFile: (path: Uint8Array, fail: (error: unknown) => void) => Promise<LineSource>;
  /** Deletes the files of the closed database. */
  readonly deleteFiles: () => Promise<Destroyed>;
};

/** Takes line after line, carries it out and answers. Commands run one at a time, in order. */
export class Session implements Execution {
  readonly database: Database;
  readonly store: Store;
  readonly snapshots: Snapshots;
  readonly censuses: Censuses = new Censuses();
  readonly latencies: Latencies = new Latencies();
  readonly path: string;
  readonly progress: Progress;
  readonly screen: Screen;
  readonly confirm: (question: string) => Promise<boolean>;
  readonly live: () => Promise<string>;
  epoch = 0;
  isTimed = false;
  readonly #parts: SessionParts;
  readonly #input: InputStack;
  readonly #pace = new Pace();
  readonly #messages = new HeldMessages();
  #isOver = false;
  #isClosed = false;
  #hasFailed = false;
  #hasEndedBadly = false;
  #isDamaged = false;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#input = new InputStack(parts.input);
    this.database = parts.database;
    this.store = new Store(parts.database, {
      isSerializable: parts.isSerializable,
      tell: (lines) => parts.presentation.told(lines),
    });
    this.snapshots = new Snapshots(parts.database);
    this.path = parts.path;
    this.progress = parts.progress;
    this.screen = parts.screen;
    this.confirm = parts.confirm;
    this.live = parts.live;
    parts.interruption.onStop(() => this.#input.close());
  }

  get signal(): AbortSignal {
    return this.#parts.interruption.signal;
  }

  get text(): TextBuffer {
    return this.#parts.output.text;
  }

  /** Until the end of input, a command that leaves, a signal, or an error that ends the session. Never rejects. */
  async run(): Promise<void> {
    const { output, interruption } = this.#parts;
    while (!this.#isOver && interruption.exitCode === undefined) {
      const line = this.#input.poll() ?? (await this.#waitForLine());
      if (line === undefined) break;
      const pending = this.#answer(line);
      if (pending !== undefined) await pending;
      if (this.isBreathDue() || output.isCongested) await this.breathe();
    }
    this.#input.close();
    output.flush();
  }

  /** Rolls back what is open and says so, and closes the database, unless the session did. Reports a failure. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.store.isolation !== undefined) {
      this.store.rollback();
      this.#parts.presentation.answer({ command: "rollback", outcome: { kind: "rolledBack" }, elapsedMs: undefined });
    }
    try {
      await this.database.close();
    } catch (error) {
      this.#hasEndedBadly = true;
      this.#report({ error, attempt: `cannot close ${visibleText(this.path)}` });
    }
    this.#parts.output.flush();
  }

  /** What the process ends with, once the session is closed. */
  exitCode(): ExitCode {
    const { interruption, keepsGoing } = this.#parts;
    if (interruption.exitCode !== undefined && interruption.exitCode !== EXIT.success) return interruption.exitCode;
    if (this.#isDamaged) return EXIT.damaged;
    if (this.#hasEndedBadly) return EXIT.commandFailed;
    const isForgiven = this.#input.isInteractive && !keepsGoing;
    return this.#hasFailed && !isForgiven ? EXIT.commandFailed : EXIT.success;
  }

  /** Ctrl-C, or SIGINT. */
  interrupt(): void {
    this.#parts.interruption.interrupt();
    if (this.#input.interrupt()) this.#parts.interruption.stop(EXIT.interrupted);
  }

  /** Lines from the engine: at once, or at the end of a command that is printing. */
  news(lines: string): void {
    this.#messages.say(() => {
      this.text.text(lines);
      this.#parts.output.flush();
    });
  }

  /** The same for stderr. */
  trouble(lines: string): void {
    this.#messages.say(() => this.#parts.output.error(lines));
  }

  holdNews(): void {
    this.#messages.hold();
  }

  /** Something failed in the background. Damage shows in the exit code; the rest is tried again. */
  noteFailure(error: unknown): void {
    if (isDamage(error)) this.#isDamaged = true;
  }

  entryWriter(form: EntryForm): EntryWriter {
    return this.#parts.presentation.entryWriter(form);
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

  async perform(command: Command): Promise<void> {
    const startedMs = performance.now();
    this.#settle(command, await execute(this, command), startedMs);
  }

  async source(path: Uint8Array): Promise<void> {
    this.#input.refuseIfFull();
    const file = await this.#parts.openFile(path, (error) => {
      this.#messages.say(() => this.#fail({ error, attempt: `cannot read ${visible(path)}` }));
    });
    this.#input.push(file);
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
    return this.#input.wait();
  }

  #answer(line: Line): Promise<void> | undefined {
    try {
      const command = parse(line.bytes);
      if (command === undefined) return undefined;
      this.#parts.interruption.renew();
      const startedMs = performance.now();
      const outcome = execute(this, command);
      if (outcome instanceof Promise) return this.#answerLater(line, command, outcome, startedMs);
      this.#finish(command, outcome, startedMs);
    } catch (error) {
      this.#fail(failureAt(line, error));
    }
    return undefined;
  }

  async #answerLater(line: Line, command: Command, pending: Promise<Outcome>, startedMs: number): Promise<void> {
    try {
      this.#finish(command, await pending, startedMs);
    } catch (error) {
      this.#fail(failureAt(line, error));
    }
  }

  /** A command of a line has succeeded, or was stopped. */
  #finish(command: Command, outcome: Outcome, startedMs: number): void {
    this.#settle(command, outcome, startedMs);
    if (outcome.kind === "left") this.#isOver = true;
    const isCounted = outcome.kind !== "interrupted" && !UNCOUNTED.has(command.kind);
    if (isCounted) this.epoch += 1;
  }

  #settle(command: Command, outcome: Outcome, startedMs: number): void {
    const elapsedMs = performance.now() - startedMs;
    this.latencies.record(command.kind, elapsedMs);
    const isTimed = this.isTimed && command.kind !== "timing";
    this.#parts.presentation.answer({ command: command.kind, outcome, elapsedMs: isTimed ? elapsedMs : undefined });
    this.#messages.release();
  }

  #fail(failure: Failure): void {
    const { keepsGoing } = this.#parts;
    this.#messages.release();
    // A command that was to end the session and failed: somebody at a prompt gets no other chance.
    if (this.#isOver) this.#hasEndedBadly = true;
    this.#report(failure);
    if (keepsGoing) return;
    this.#input.dropFiles();
    if (!this.#input.isInteractive) this.#isOver = true;
  }

  #report(failure: Failure): void {
    this.#hasFailed = true;
    this.noteFailure(failure.error);
    this.#parts.presentation.failure(failure);
  }
}

/** Commands about the session itself, which leave the epoch as it is. */
const UNCOUNTED: ReadonlySet<Command["kind"]> = new Set(["help", "timing", "source"]);

function failureAt({ file, number, columnsBefore }: Line, error: unknown): Failure {
  const column = error instanceof InputError ? error.column + columnsBefore : undefined;
  return { error, file, line: number, column };
}
