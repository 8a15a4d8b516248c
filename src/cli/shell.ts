import type { Writable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { ReadStream, WriteStream } from "node:tty";
import type { MessageSinks } from "./answers/engine-text.ts";
import { codeOf, isDamage } from "./answers/failure.ts";
import { JsonPresentation } from "./answers/json-presentation.ts";
import type { Presentation } from "./answers/presentation.ts";
import type { Screen } from "./answers/screen.ts";
import { visibleText } from "./answers/text.ts";
import { TextPresentation } from "./answers/text-presentation.ts";
import type { Progress } from "./commands/execution.ts";
import type { Database, DatabaseOpener } from "./database.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { openCommandFile } from "./input/command-file.ts";
import { Interruption } from "./input/interruption.ts";
import type { LineSource } from "./input/line-source.ts";
import { ScriptInput } from "./input/script-input.ts";
import { InputError } from "./language/command.ts";
import type { LiveShell } from "./page/live-shell.ts";
import type { PageSessionParts } from "./page/page-session.ts";
import { Session, type SessionParts } from "./session.ts";
import type { ShellArguments } from "./shell-options.ts";
import { type Drawing, isReaderGone, Output } from "./terminal/output.ts";
import { loadPainter, type Painter } from "./terminal/painter.ts";
import { PipeInput } from "./terminal/pipe-input.ts";
import { NO_PROGRESS, ProgressBar } from "./terminal/progress-bar.ts";
import type { PromptInput } from "./terminal/prompt-input.ts";
import { loadQuestion } from "./terminal/question.ts";
import { handleSignals, type SignalSource } from "./terminal/signals.ts";
import { TerminalScreen } from "./terminal/terminal-screen.ts";

const BANNER = "Welcome to mini-lsm-cli!\nA CLI for mini-lsm\n\n";

/** Everything outside the program that the shell touches. */
export type Environment = {
  readonly stdin: ReadStream;
  readonly stdout: Writable & Partial<Pick<WriteStream, "isTTY" | "columns" | "rows">>;
  readonly stderr: Writable & Partial<Pick<WriteStream, "isTTY">>;
  readonly signals: SignalSource;
  readonly variables: NodeJS.ProcessEnv;
  readonly opener: DatabaseOpener;
};

/** Opens the database, runs one session on it and closes it. Resolves with what the process is to end with. */
export async function runShell(given: ShellArguments, environment: Environment): Promise<ExitCode> {
  const { stdout, stderr, variables } = environment;
  const wishes = { isStdoutTerminal: stdout.isTTY === true, isStderrTerminal: stderr.isTTY === true, variables };
  // What programs read has no colours; the prompt has, for whoever tries it out.
  const painter = await loadPainter(given.isJson ? { ...wishes, isStderrTerminal: false } : wishes);
  const interruption = new Interruption();
  const output = new Output({
    stdout,
    stderr,
    painter,
    showsStacks: (variables.DEBUG ?? "") !== "",
    whenClosed: (error) => interruption.stop(isReaderGone(error) ? EXIT.success : EXIT.commandFailed),
  });
  const screen = new TerminalScreen(output, environment, { isRedrawn: !given.isJson });
  const presentation = given.isJson
    ? new JsonPresentation(output)
    : new TextPresentation({ output, painter, screen, banner: BANNER });
  const shell = new Shell(given, environment, { painter, interruption, output, screen, presentation });
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

type Surface = {
  readonly painter: Painter;
  readonly interruption: Interruption;
  readonly output: Output;
  readonly screen: Screen;
  readonly presentation: Presentation;
};

/** The parts of one run, joined: the database, where lines come from, the session between them. */
class Shell {
  readonly #given: ShellArguments;
  readonly #environment: Environment;
  readonly #surface: Surface;
  #session: Session | undefined;
  #live: LiveShell | undefined;

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
    const { output, presentation } = this.#surface;
    const terminal = this.#given.script === undefined ? this.#terminal() : undefined;
    // While the database is being opened.
    const loading = terminal && import("./input/prompt.ts");
    let database: Database;
    try {
      database = await this.#open();
    } catch (error) {
      const { path, isSerializable } = this.#given;
      // Whoever gave no format is told what asks for one.
      const asked = isSerializable && codeOf(error) === "FORMAT_MISMATCH" ? " with --serializable" : "";
      presentation.failure({ error, attempt: `cannot open ${visibleText(path)}${asked}` });
      return openingFailure(error);
    }
    if (this.#given.script === undefined) output.text.text(presentation.banner);
    const prompt = terminal && loading && this.#promptAt(terminal, await loading);
    const session = this.#newSession(database, prompt);
    this.#session = session;
    const refusal = this.#given.livePort === undefined ? undefined : await this.#announceLive(database);
    if (refusal === undefined) await session.run();
    await this.#live?.close();
    await session.close();
    return refusal ?? session.exitCode();
  }

  /** What to end with when there can be no page, though it was asked for. */
  async #announceLive(database: Database): Promise<ExitCode | undefined> {
    const { presentation } = this.#surface;
    try {
      const url = await this.#startLive(database);
      presentation.answer({ command: "live", outcome: { kind: "live", url }, elapsedMs: undefined });
      return undefined;
    } catch (error) {
      presentation.failure({ error, attempt: "cannot serve the live page" });
      return EXIT.commandFailed;
    }
  }

  /** Serves the live page, unless it is served already. Answers its address. */
  async #startLive(database: Database): Promise<string> {
    // Most sessions have no page: nothing of it is loaded before it is asked for.
    const { LiveShell: Live } = await import("./page/live-shell.ts");
    const common = this.#commonParts(database);
    const newSession = (parts: PageSessionParts): Session => new Session({ ...common, ...parts });
    const port = this.#given.livePort ?? 0;
    this.#live ??= await Live.start({ database, newSession, port });
    return this.#live.url;
  }

  #open(): Promise<Database> {
    const { output, presentation } = this.#surface;
    const sinks: MessageSinks = {
      news: (lines) => (this.#session === undefined ? void output.text.text(lines) : this.#session.news(lines)),
      trouble: (lines) => (this.#session === undefined ? output.error(lines) : this.#session.trouble(lines)),
      failure: (error) => this.#session?.noteFailure(error),
    };
    return this.#environment.opener.open(this.#given.path, this.#given.options, (events) => {
      presentation.listen(events, sinks);
    });
  }

  #newSession(database: Database, prompt: PromptInput | undefined): Session {
    const { output, interruption, screen, presentation } = this.#surface;
    const progress = this.#newProgress();
    output.keepApart(progress);
    if (prompt !== undefined) output.keepApart(prompt);
    return new Session({
      ...this.#commonParts(database),
      input: prompt ?? this.#newInput(),
      output,
      presentation,
      screen,
      progress,
      interruption,
      keepsGoing: this.#given.keepsGoing,
      confirm: (question) => this.#confirm(prompt, question),
    });
  }

  /** Of every session on the database, at the terminal and on the page. */
  #commonParts(
    database: Database,
  ): Pick<SessionParts, "database" | "path" | "isSerializable" | "live" | "openFile" | "deleteFiles"> {
    const { path, isSerializable } = this.#given;
    return {
      database,
      path,
      isSerializable,
      live: () => this.#startLive(database),
      openFile: openCommandFile,
      deleteFiles: () => this.#environment.opener.destroy(path),
    };
  }

  #newInput(): LineSource {
    const { presentation, interruption } = this.#surface;
    if (this.#given.script !== undefined) return new ScriptInput(this.#given.script);
    return new PipeInput(this.#environment.stdin, (error) => {
      presentation.failure({ error, attempt: "cannot read stdin" });
      interruption.stop(EXIT.commandFailed);
    });
  }

  #promptAt(terminal: WriteStream, { newPrompt }: typeof import("./input/prompt.ts")): PromptInput {
    return newPrompt({
      ...this.#environment,
      terminal,
      painter: this.#surface.painter,
      session: () => this.#session,
      warn: (lines) => this.#surface.output.error(lines),
      interrupt: () => this.interrupt(),
    });
  }

  #newProgress(): Progress & Drawing {
    const { stdin, stderr } = this.#environment;
    return stdin.isTTY === true && stderr.isTTY === true ? new ProgressBar(stderr) : NO_PROGRESS;
  }

  /** The terminal to talk to somebody at; undefined when nobody sits there. */
  #terminal(): WriteStream | undefined {
    const { stdin, stdout, stderr } = this.#environment;
    if (stdin.isTTY !== true) return undefined;
    return [stdout, stderr].find((stream): stream is WriteStream => stream.isTTY === true);
  }

  async #confirm(prompt: PromptInput | undefined, question: string): Promise<boolean> {
    if (this.#given.saysYes) return true;
    if (this.#terminal() === undefined) {
      throw new InputError(1, "destroy cannot ask without a terminal, expected the option --yes");
    }
    this.#surface.output.flush();
    const ask = await loadQuestion();
    const isAgreed = prompt === undefined ? ask(question) : prompt.lendTerminal(() => ask(question));
    // A signal that came while the question blocked is heard now, at the latest in the second turn: no consent either.
    await nextTurn();
    await nextTurn();
    return isAgreed && !this.#surface.interruption.signal.aborted;
  }
}

function openingFailure(error: unknown): ExitCode {
  if (isDamage(error)) return EXIT.damaged;
  return codeOf(error) === "INVALID_OPTION" ? EXIT.usage : EXIT.cannotOpen;
}
