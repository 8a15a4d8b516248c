import { mkdirSync, readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { codeOf } from "../answers/failure.ts";
import { messageOf, visibleText } from "../answers/text.ts";

export const HISTORY_LINES_MAX = 1000;
/** Longer lines are data rather than commands. */
const LINE_LENGTH_MAX = 4096;
/** What a file of so many lines may take; a larger one is not ours. */
const FILE_BYTES_MAX: number = 4 * HISTORY_LINES_MAX * LINE_LENGTH_MAX;
const PRIVATE_FILE = 0o600;
const PRIVATE_DIRECTORY = 0o700;

/** Where the history lies: `MINI_LSM_HISTORY`, or the user's directory for state. undefined: there is to be none. */
export function historyPath(
  variables: NodeJS.ProcessEnv,
  platform: NodeJS.Platform = process.platform,
): string | undefined {
  const { MINI_LSM_HISTORY, XDG_STATE_HOME = "", LOCALAPPDATA = "" } = variables;
  if (MINI_LSM_HISTORY !== undefined) return MINI_LSM_HISTORY === "" ? undefined : MINI_LSM_HISTORY;
  if (platform === "win32" && LOCALAPPDATA !== "") return join(LOCALAPPDATA, "mini-lsm-cli", "history");
  const home = variables.HOME || homedir();
  // The specification of these directories has relative ones ignored.
  const state = XDG_STATE_HOME.startsWith("/") ? XDG_STATE_HOME : join(home, ".local", "state");
  return home === "" ? undefined : join(state, "mini-lsm-cli", "history");
}

/**
 * The lines of former sessions, one per line of a private file, the newest last, none twice.
 *
 * The file is read again for each line that is added and replaced whole, so that sessions side by side keep each other's
 * lines. Whatever cannot be done is told once, and from then on the file is left alone.
 */
export class HistoryFile {
  readonly #path: string;
  readonly #warn: (message: string) => void;
  #isUsable = true;

  constructor(path: string, warn: (message: string) => void) {
    this.#path = path;
    this.#warn = warn;
  }

  /** The newest first. Lines that could drive the terminal are left out. */
  load(): string[] {
    return this.#attempt(() => this.#read().reverse()) ?? [];
  }

  /** Puts a line at the end, unless it is one to forget: blank, begun with a blank, or too long. */
  add(line: string): void {
    if (line.trim() === "" || line.startsWith(" ") || line.length > LINE_LENGTH_MAX || !isSafe(line)) return;
    this.#attempt(() => {
      const others = this.#read().filter((other) => other !== line);
      this.#replace([...others, line].slice(-HISTORY_LINES_MAX));
    });
  }

  #read(): string[] {
    const stats = statSync(this.#path, { throwIfNoEntry: false });
    if (stats === undefined) return [];
    // `/dev/null` is one way to say that there is to be none, and nothing but a plain file is ever replaced.
    if (stats.isCharacterDevice()) throw new NoHistory();
    if (!stats.isFile()) throw new Error("it is no regular file");
    if (stats.size > FILE_BYTES_MAX) throw new Error(`it is larger than ${FILE_BYTES_MAX} bytes`);
    const lines = readFileSync(this.#path, "utf8").split("\n");
    const kept = lines.filter((line) => line !== "" && line.length <= LINE_LENGTH_MAX && isSafe(line));
    return [...new Set(kept.reverse())].slice(0, HISTORY_LINES_MAX).reverse();
  }

  #replace(lines: readonly string[]): void {
    mkdirSync(dirname(this.#path), { recursive: true, mode: PRIVATE_DIRECTORY });
    const target = resolved(this.#path);
    const temporary = `${target}.${process.pid}-${Date.now()}.tmp`;
    try {
      writeFileSync(temporary, lines.map((line) => `${line}\n`).join(""), { mode: PRIVATE_FILE, flag: "wx" });
      renameSync(temporary, target);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
  }

  #attempt<Result>(action: () => Result): Result | undefined {
    if (!this.#isUsable) return undefined;
    try {
      return action();
    } catch (error) {
      this.#isUsable = false;
      if (!(error instanceof NoHistory))
        this.#warn(`warning: no history in ${visibleText(this.#path)}: ${messageOf(error)}\n`);
      return undefined;
    }
  }
}

class NoHistory extends Error {}

/** The file that a symbolic link leads to, so that the link stays one. */
function resolved(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return path;
    throw error;
  }
}

function isSafe(line: string): boolean {
  return visibleText(line) === line;
}
