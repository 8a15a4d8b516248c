import type { Writable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { ReadStream, WriteStream } from "node:tty";
import type { Isolation } from "../mvcc/conflict.ts";
import { InputError } from "./command.ts";
import type { Database, DatabaseOpener } from "./database.ts";
import { listenToEngine } from "./engine-text.ts";
import type { Progress } from "./execution.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { codeOf, isDamage } from "./failure.ts";
import { Interruption } from "./interruption.ts";
import type { LineSource } from "./line-source.ts";
import { ScriptInput } from "./script-input.ts";
import { Session } from "./session.ts";
import type { ShellArguments } from "./shell-options.ts";
import { type Drawing, isReaderGone, Output } from "./terminal/output.ts";
import { loadPainter, type Painter } from "./terminal/painter.ts";
import { PipeInput } from "./terminal/pipe-input.ts";
import { NO_PROGRESS, ProgressBar } from "./terminal/progress-bar.ts";
import { PromptInput } from "./terminal/prompt-input.ts";
import { loadQuestion } from "./terminal/question.ts";
import { handleSignals, type SignalSource } from "./terminal/signals.ts";
import { visibleText } from "./text.ts";

const BANNER = "Welcome to mini-lsm-cli!\nA CLI for mini-lsm\n\n";

/** Everything outside the program that the shell touches. */
export type Environment = {
  readonly stdin: ReadStream;
  readonly stdout: Writable & Partial<Pick<WriteStream, "isTTY">>;
  readonly stderr: Writable & Partial<Pick<WriteStream, "isTTY">>;
  readonly signals: SignalSource;
  readonly variables: NodeJS.ProcessEnv;
  readonly opener: DatabaseOpener;
};

/** Opens the database, runs one session on it and closes it. Resolves with what the process is to end with. */
export async function runShell(given: ShellArguments, environment: Environment): Promise<ExitCode> {
  const { stdout, stderr, variables } = environment;
  const painter = await loadPainter({
    isStdoutTerminal: stdout.isTTY === true,
    isStderrTerminal: stderr.isTTY === true,
    variables,
  });
  const interruption = new Interruption();
  const output = new Output({
    stdout,
    stderr,
    painter,
    showsStacks: (variables.DEBUG ?? "") !== "",
    whenClosed: (error) => interruption.stop(isReaderGone(error) ? EXIT.success : EXIT.commandFailed),
  });
  const shell = new Shell(given, environment, { painter, interruption, output });
  const unhandle = handleSignals(environment.signals, {
    interrupt: () => shell.interrupt(),
    stop: (exitCode) => interruption.stop(exitCode),
  });
  try {
    const exitCode = await shell.run();
    // After a signal nobody waits for a reader that does not read.
    if (interruption.exitCode === undefined) await output.finish();
    return exitCode;
  } finally {
    unhandle();
  }
}

type Surface = { readonly painter: Painter; readonly interruption: Interruption; readonly output: Output };

/** The parts of one run, joined: the database, where lines come from, the session between them. */
class Shell {
  readonly #given: ShellArguments;
  readonly #environment: Environment;
  readonly #surface: Surface;
  #session: Session | undefined;

  constructor(given: ShellArguments, environment: Environment, surface: Surface) {
    this.#given = given;
    this.#environment = environment;
    this.#surface = surface;
  }

  interrupt(): void {
    if (this.#session === undefined) this.#surface.interruption.stop(EXIT.interrupted);
    else this.#session.interrupt();
  }

  async run(): Promise<ExitCode> {
    const { output } = this.#surface;
    let database: Database;
    try {
      database = await this.#open();
    } catch (error) {
      const { path, isSerializable } = this.#given;
      // Whoever gave no format is told what asks for one.
      const asked = isSerializable && codeOf(error) === "FORMAT_MISMATCH" ? " with --serializable" : "";
      output.failure(`error: cannot open ${visibleText(path)}${asked}: `, error);
      return openingFailure(error);
    }
    if (this.#given.script === undefined) output.text.text(BANNER);
    const session = this.#newSession(database);
    this.#session = session;
    await session.run();
    await session.close();
    return session.exitCode();
  }

  #open(): Promise<Database> {
    const { output, painter } = this.#surface;
    const news = (lines: string): void => {
      const painted = painter.news(lines);
      if (this.#session === undefined) output.text.text(painted);
      else this.#session.news(painted);
    };
    return this.#environment.opener.open(this.#given.path, this.#given.options, (events) => {
      listenToEngine(events, {
        news,
        trouble: (lines) => output.error(lines),
        failure: (error) => this.#session?.noteFailure(error),
      });
    });
  }

  #newSession(database: Database): Session {
    const { output, interruption } = this.#surface;
    const { path, isSerializable, keepsGoing } = this.#given;
    const input = this.#newInput();
    const watcher = this.#newProgress();
    output.keepApart(watcher);
    if (input instanceof PromptInput) output.keepApart(input);
    return new Session({
      database,
      path,
      input,
      output,
      progress: watcher,
      interruption,
      isSerializable,
      keepsGoing,
      confirm: (question) => this.#confirm(input, question),
      deleteFiles: () => this.#environment.opener.destroy(path),
    });
  }

  #newInput(): LineSource {
    const { painter, output, interruption } = this.#surface;
    const { stdin } = this.#environment;
    if (this.#given.script !== undefined) return new ScriptInput(this.#given.script);

    const screen = this.#screen();
    if (screen !== undefined) {
      const whenInterrupted = (): void => this.interrupt();
      const prompt = (): string => painter.prompt(promptText(this.#session?.store.isolation));
      return new PromptInput({ stdin, screen, prompt, whenInterrupted });
    }
    return new PipeInput(stdin, (error) => {
      output.failure("error: cannot read stdin: ", error);
      interruption.stop(EXIT.commandFailed);
    });
  }

  #newProgress(): Progress & Drawing {
    const { stdin, stderr } = this.#environment;
    return stdin.isTTY === true && stderr.isTTY === true ? new ProgressBar(stderr) : NO_PROGRESS;
  }

  /** The terminal to talk to somebody at; undefined when nobody sits there. */
  #screen(): WriteStream | undefined {
    const { stdin, stdout, stderr } = this.#environment;
    if (stdin.isTTY !== true) return undefined;
    return [stdout, stderr].find((stream): stream is WriteStream => stream.isTTY === true);
  }

  async #confirm(input: LineSource, question: string): Promise<boolean> {
    if (this.#given.saysYes) return true;
    if (this.#screen() === undefined) {
      throw new InputError(1, "destroy cannot ask without a terminal, expected the option --yes");
    }
    this.#surface.output.flush();
    const ask = await loadQuestion();
    const isAgreed = input instanceof PromptInput ? input.lendTerminal(() => ask(question)) : ask(question);
    // A signal that came while the question blocked is heard now, at the latest in the second turn: no consent either.
    await nextTurn();
    await nextTurn();
    return isAgreed && !this.#surface.interruption.signal.aborted;
  }
}

/** Shows whether a transaction is open. */
function promptText(isolation: Isolation | undefined): string {
  if (isolation === undefined) return "mini-lsm-cli> ";
  return isolation === "serializable" ? "mini-lsm-cli (serializable)> " : "mini-lsm-cli (transaction)> ";
}

function openingFailure(error: unknown): ExitCode {
  if (isDamage(error)) return EXIT.damaged;
  return codeOf(error) === "INVALID_OPTION" ? EXIT.usage : EXIT.cannotOpen;
}
