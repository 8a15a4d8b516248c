import { LsmError } from "../../errors.ts";
import type { Watch } from "../../tools/watch.ts";
import { Pace } from "../answers/pace.ts";
import { messageOf, visibleText } from "../answers/text.ts";
import type { Progress } from "../commands/execution.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { Interruption } from "../input/interruption.ts";
import type { Drawing } from "../terminal/output.ts";
import { NO_PROGRESS, ProgressBar } from "../terminal/progress-bar.ts";
import { handleSignals, type SignalSource } from "../terminal/signals.ts";
import { writeWhole } from "../terminal/write-whole.ts";

/** Everything outside the program that a tool touches, beside files. */
export type ToolSurface = {
  /** Where text goes, at once and whole. `out` answers false when nobody reads any more. */
  readonly out: (text: string) => boolean;
  readonly err: (text: string) => void;
  readonly progress: Progress & Drawing;
  readonly signals: SignalSource;
};

/** What a tool may use while it works. */
export type ToolRun = {
  readonly watch: Watch & { warn(message: string): void };
  readonly out: ToolSurface["out"];
  /** A line for people, beside the answer. */
  say(line: string): void;
};

/** How a tool presents itself. */
export type Tool = {
  readonly name: string;
  /** What the watch's numbers are divided by for the bar, and how that is called. */
  readonly unit?: { readonly name: string; readonly size: number };
  /** What an interruption has left undone. */
  readonly undone?: string;
  readonly failureText?: (error: LsmError) => string;
};

export const IN_MIB: { readonly name: string; readonly size: number } = { name: "MiB", size: 1024 * 1024 };

/** The descriptors of every process. */
const STDOUT = 1;
const STDERR = 2;

/** That of this process. */
export function processSurface(): ToolSurface {
  const { stderr } = process;
  return {
    // What was done is done, whether or not somebody is there to read of it.
    out: (text) => writeWhole(STDOUT, text),
    err: (text) => void writeWhole(STDERR, text),
    progress: stderr.isTTY ? new ProgressBar(stderr) : NO_PROGRESS,
    signals: process,
  };
}

/**
 * Lets a tool work, with progress for who watches, until it ends, fails or is interrupted. Resolves with what the process
 * is to end with; failures of the world are said in one line.
 */
export async function runTool(
  tool: Tool,
  surface: ToolSurface,
  work: (run: ToolRun) => Promise<ExitCode>,
): Promise<ExitCode> {
  const { progress } = surface;
  const interruption = new Interruption();
  const { signal } = interruption;
  const stop = (exitCode: ExitCode): void => interruption.stop(exitCode);
  const unhandle = handleSignals(surface.signals, { interrupt: () => stop(EXIT.interrupted), stop });
  const say = (line: string): void => {
    progress.clear();
    surface.err(`${line}\n`);
  };
  const pace = new Pace();
  let hasBegun = false;
  const scaled = (count: number): number => Math.floor(count / (tool.unit?.size ?? 1));
  const watch: ToolRun["watch"] = {
    signal,
    begin(total) {
      hasBegun = true;
      const label = tool.unit === undefined ? tool.name : `${tool.name} (${tool.unit.name})`;
      progress.begin(label, total === undefined ? undefined : BigInt(scaled(total)));
    },
    isBreathDue: () => pace.isDue(),
    breathe(done) {
      progress.update(scaled(done));
      return pace.rest();
    },
    warn: (message) => say(`warning: ${visibleText(message)}`),
  };
  const out = (text: string): boolean => {
    progress.end();
    return surface.out(text);
  };
  try {
    return await work({ watch, out, say });
  } catch (error) {
    if (interruption.exitCode !== undefined && error === signal.reason) {
      say(`${tool.name} interrupted${tool.undone === undefined ? "" : `: ${tool.undone}`}`);
      return interruption.exitCode;
    }
    if (!(error instanceof LsmError)) throw error;
    say(`error: ${tool.failureText?.(error) ?? messageOf(error)}`);
    return exitCodeOf(error, hasBegun);
  } finally {
    progress.end();
    unhandle();
  }
}

function exitCodeOf(error: LsmError, hasBegun: boolean): ExitCode {
  if (error.code === "CORRUPTION") return EXIT.damaged;
  if (error.code === "INVALID_ARGUMENT" && !hasBegun) return EXIT.usage;
  return hasBegun ? EXIT.commandFailed : EXIT.cannotOpen;
}
