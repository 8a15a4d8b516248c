import { EventEmitter } from "node:events";
import { parseArguments } from "../../src/cli/arguments.ts";
import type { ToolSurface } from "../../src/cli/tools/run-tool.ts";
import type { ToolCall } from "../../src/cli/tools/tool-commands.ts";

export type ToolAnswer = { readonly stdout: string; readonly stderr: string; readonly exitCode: number };

/** What the command line asks of a tool. Throws what it says when it refuses. */
export function toolCall<Name extends ToolCall["name"]>(name: Name, argv: readonly string[]) {
  const parsed = parseArguments([name, ...argv], "1.2.3");
  if (parsed.kind !== "tool" || parsed.call.name !== name) throw new Error(JSON.stringify(parsed));
  return parsed.call.given as Extract<ToolCall, { name: Name }>["given"];
}

/** How the command line is refused: exit code and the first line. */
export function refusalOf(...argv: readonly string[]): string {
  const parsed = parseArguments(argv, "1.2.3");
  return parsed.kind === "leave" ? `${parsed.exitCode}: ${parsed.stderr.split("\n")[0]}` : "accepted";
}

/** What `--help` of a command says. */
export function helpOf(name: string): string {
  const parsed = parseArguments([name, "--help"], "1.2.3");
  return parsed.kind === "leave" && parsed.exitCode === 0 ? parsed.stdout : "";
}

/** Runs a tool on streams that are strings; `shown` is applied to what it says. */
export async function answerOf(
  work: (surface: ToolSurface) => Promise<number>,
  shown: (text: string) => string = (text) => text,
  changes: Partial<ToolSurface> = {},
): Promise<ToolAnswer> {
  let [stdout, stderr] = ["", ""];
  const exitCode = await work({
    out: (text) => {
      stdout += text;
      return true;
    },
    err: (text) => {
      stderr += text;
    },
    progress: { begin() {}, update() {}, end() {}, clear() {}, restore() {} },
    signals: new EventEmitter(),
    ...changes,
  });
  return { stdout: shown(stdout), stderr: shown(stderr), exitCode };
}

/** Progress of which somebody is told when the work begins, such as one who then interrupts it. */
export function progressThat(begins: (label: string, total: bigint | undefined) => void): ToolSurface["progress"] {
  return { begin: begins, update() {}, end() {}, clear() {}, restore() {} };
}
