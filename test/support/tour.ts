import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { screenOf } from "../../scripts/terminal-screen.js";

const PROGRAM = fileURLToPath(new URL("../../bin/mini-lsm-cli.js", import.meta.url));
/** A transaction shows in it. */
const PROMPT = /^mini-lsm-cli(?: \([a-z]+\))?> /;
const ROWS = 60;
const COLUMNS = 120;
/** Ends what hangs, and no more. */
const PATIENCE_MS = 60_000;

/** One fenced block of a tour: what is typed at a shell or at the program's prompt, and what is seen then. */
export type Block = { readonly line: number; readonly text: string };

/** The blocks that are marked as `console`, in their order. */
export function blocksOf(markdown: string): Block[] {
  return [...markdown.matchAll(/^```console\n(.*?)^```$/gms)].map((match) => ({
    line: markdown.slice(0, match.index).split("\n").length + 1,
    text: match[1] ?? "",
  }));
}

/**
 * Whether what was seen is what a block says. A word in angle brackets stands for something that differs each time, a
 * line of `…` for any lines.
 */
export function matches(seen: string, told: string): boolean {
  return new RegExp(`^${patternOf(told)}$`, "u").test(seen);
}

function patternOf(told: string): string {
  const lines = told.trimEnd().split("\n");
  return lines.map((line) => (line === "…" ? "[^]*?" : literal(line))).join("\n");
}

function literal(line: string): string {
  const escaped = line.trimEnd().replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  return escaped.replace(/<[a-z]+>/g, "\\S+");
}

/** Two terminals in an empty directory: one that may run the program's shell, and one for commands beside it. */
export class Walk {
  readonly directory: string = mkdtempSync(join(tmpdir(), "mini-lsm-tour-"));
  readonly #variables: NodeJS.ProcessEnv;
  #session: Session | undefined;

  constructor() {
    const bin = join(this.directory, "bin");
    mkdirSync(bin);
    symlinkSync(PROGRAM, join(bin, "mini-lsm-cli"));
    const { FORCE_COLOR, ...variables } = process.env;
    const path = [bin, process.env.PATH ?? ""].join(delimiter);
    this.#variables = {
      ...variables,
      PATH: path,
      NO_COLOR: "1",
      TERM: "xterm",
      LC_ALL: "C.UTF-8",
      MINI_LSM_HISTORY: "",
    };
  }

  /** Types what the block types and answers what is seen then, once that is what the block says or nothing more comes. */
  async take({ text }: Block): Promise<string> {
    const told = text.trimEnd();
    if (told.startsWith("$ mini-lsm-cli") && told.includes("\nmini-lsm-cli> ")) {
      // It has left, or was killed, unless a step before went wrong.
      this.#session?.kill();
      await this.#session?.ended;
      this.#session = new Session(told.slice(2, told.indexOf("\n")), this.directory, this.#variables);
      return `${told.slice(0, told.indexOf("\n"))}\n${await this.#session.type(told.slice(told.indexOf("\n") + 1))}`;
    }
    if (PROMPT.test(told)) return this.#session?.type(told) ?? "there is no session";
    return commandsOf(told)
      .map((command) => `$ ${command}\n${this.#run(command)}`)
      .join("")
      .trimEnd();
  }

  async end(): Promise<void> {
    this.#session?.kill();
    await this.#session?.ended;
    rmSync(this.directory, { recursive: true, force: true });
  }

  #run(command: string): string {
    const { stdout } = spawnSync("bash", ["-c", `exec 2>&1\n${command}`], {
      cwd: this.directory,
      env: { ...this.#variables, COLUMNS: `${COLUMNS}` },
      encoding: "utf8",
    });
    return stdout;
  }
}

function commandsOf(told: string): string[] {
  return told.split("\n").flatMap((line) => (line.startsWith("$ ") ? [line.slice(2)] : []));
}

/** The program's shell at a terminal of its own. */
class Session {
  readonly ended: Promise<void>;
  readonly #kill: () => void;
  readonly #write: (keys: string) => void;
  #written = "";
  /** How much of the screen blocks have shown. */
  #shown = 0;
  #hasEnded = false;
  #wake: (() => void) | undefined;

  constructor(command: string, cwd: string, env: NodeJS.ProcessEnv) {
    const sized = `stty cols ${COLUMNS} rows ${ROWS}; exec ${command}`;
    const terminal = spawn("script", ["-qfec", sized, "/dev/null"], { cwd, env });
    this.#kill = () => void terminal.kill("SIGKILL");
    this.#write = (keys) => void terminal.stdin.write(keys);
    terminal.stdin.on("error", () => {});
    terminal.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.#written += text;
      this.#wake?.();
    });
    this.ended = new Promise((resolve) => {
      terminal.on("close", () => {
        this.#hasEnded = true;
        this.#wake?.();
        resolve();
      });
    });
  }

  kill(): void {
    this.#kill();
  }

  /** Types each command once all that was told before it is seen. Answers what is seen of the block. */
  async type(told: string): Promise<string> {
    const from = this.#shown;
    let before = "";
    for (const line of told.split("\n")) {
      const [prompt] = PROMPT.exec(line) ?? [];
      if (prompt !== undefined) {
        const isThere = await this.#sees(from, `${before}${literal(prompt)}`);
        if (!isThere) return this.#screen().slice(from);
        this.#write(`${line.slice(prompt.length)}\r`);
      }
      before += `${patternOf(line)}\n`;
    }
    const isLeaving = /> (?:quit|close)$/m.test(told);
    if (isLeaving) await this.ended;
    else await this.#sees(from, `${before}${PROMPT.source.slice(1).trimEnd()}`);
    const seen = this.#screen().slice(from);
    const end = isLeaving ? seen.length : seen.lastIndexOf("\n");
    this.#shown = from + end + 1;
    return seen.slice(0, end);
  }

  /** Waits until the screen, but for what blocks before have shown, is so; false when it will not be. */
  async #sees(from: number, pattern: string): Promise<boolean> {
    const expected = new RegExp(`^${pattern}$`, "u");
    const giveUpMs = performance.now() + PATIENCE_MS;
    while (!expected.test(this.#screen().slice(from))) {
      if (this.#hasEnded || performance.now() > giveUpMs) return false;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 1000);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return true;
  }

  #screen(): string {
    const rows = screenOf(this.#written).map((cells) => cells.map(({ character }) => character).join(""));
    return rows.map((row) => row.trimEnd()).join("\n");
  }
}
