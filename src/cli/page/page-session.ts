import type { CommandAnswer, CommandRunner } from "../../tools/live/live-server.ts";
import type { Screen } from "../answers/screen.ts";
import { TextPresentation } from "../answers/text-presentation.ts";
import { EXIT } from "../exit-code.ts";
import { Interruption } from "../input/interruption.ts";
import { type Command, InputError } from "../language/command.ts";
import { parse } from "../language/parse.ts";
import type { Session, SessionParts } from "../session.ts";
import { Output } from "../terminal/output.ts";
import { loadPainter, type Painter } from "../terminal/painter.ts";
import { NO_PROGRESS } from "../terminal/progress-bar.ts";
import { PageInput } from "./page-input.ts";
import { PageOutput } from "./page-output.ts";

/** What would end the shell, ask somebody at its terminal, read files there, or go on until somebody presses Ctrl-C. */
const FOR_THE_TERMINAL: ReadonlySet<Command["kind"]> = new Set<Command["kind"]>(["quit", "destroy", "source", "watch"]);

/** The parts of a session that are the page's own. */
export type PageSessionParts = Omit<
  SessionParts,
  "database" | "path" | "isSerializable" | "live" | "openFile" | "deleteFiles"
>;

/** How wide the page's answers are drawn. */
const SCREEN: Screen = { columns: 100, hasUnicode: true, redraw: undefined };

/**
 * The shell on the page: a session of its own on the open database, with its own transaction and snapshots. What is typed
 * is parsed, carried out and answered as at the terminal, one line after another, in whichever tab it was typed.
 */
export class PageSession implements CommandRunner {
  readonly #input = new PageInput();
  readonly #interruption = new Interruption();
  readonly #output: PageOutput;
  readonly #session: Session;
  readonly #ended: Promise<void>;
  /** Settles when the last line so far is answered. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(painter: Painter, newSession: (parts: PageSessionParts) => Session) {
    this.#output = new PageOutput(() => this.interrupt());
    const { stdout, stderr } = this.#output;
    const output = new Output({ stdout, stderr, painter, showsStacks: false, whenClosed: () => {} });
    this.#session = newSession({
      input: this.#input,
      output,
      presentation: new TextPresentation({ output, painter, screen: SCREEN, banner: "" }),
      screen: SCREEN,
      progress: NO_PROGRESS,
      interruption: this.#interruption,
      keepsGoing: true,
      confirm: () => Promise.resolve(false),
    });
    this.#ended = this.#session.run();
  }

  /** `newSession` makes a session on the open database of the given parts. */
  static async begin(newSession: (parts: PageSessionParts) => Session): Promise<PageSession> {
    const painter = await loadPainter({ isStdoutTerminal: false, isStderrTerminal: false, variables: {} });
    return new PageSession(painter, newSession);
  }

  run(line: string): Promise<CommandAnswer> {
    const answer = this.#last.then(() => this.#perform(line));
    this.#last = answer;
    return answer;
  }

  interrupt(): void {
    this.#interruption.interrupt();
  }

  /** Stops what is under way and undoes what is not committed. The database is still open. */
  async end(): Promise<void> {
    this.#interruption.stop(EXIT.success);
    await this.#ended;
    if (this.#session.store.isolation !== undefined) this.#session.store.rollback();
  }

  async #perform(line: string): Promise<CommandAnswer> {
    const refusal = refusalOf(line);
    if (refusal !== undefined) return { parts: [{ text: `error: ${refusal}\n`, isTrouble: true }], isCut: false };
    await this.#input.perform(line);
    return this.#output.take();
  }
}

/** Why a line is not carried out here; what is no command is for the session to say. */
function refusalOf(line: string): string | undefined {
  try {
    const kind = parse(Buffer.from(line))?.kind;
    if (kind === undefined || !FOR_THE_TERMINAL.has(kind)) return undefined;
    return `${kind} is for the terminal: on the page the shell goes on`;
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}
