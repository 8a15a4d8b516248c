import { readFileSync } from "node:fs";
import { isatty } from "node:tty";
import type { SimulationOptions } from "../tools/simulator/simulation-options.ts";
import { messageOf } from "./answers/text.ts";
import { parseArguments } from "./arguments.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";

/** The descriptors of every process. */
const STDOUT = 1;
const STDERR = 2;

/** The program `mini-lsm-cli`. Ends the process. */
export async function main(): Promise<void> {
  process.on("uncaughtException", reportFault);
  const parsed = parseArguments(process.argv.slice(2), packageVersion());
  if (parsed.kind === "leave") {
    process.stdout.write(parsed.stdout);
    process.stderr.write(parsed.stderr);
    process.exitCode = parsed.exitCode;
    return;
  }

  // The rest is loaded only when it is known what for: help and mistyped options need none of it.
  if (parsed.kind === "simulate") {
    if (parsed.livePort !== undefined) leave(await startLiveSimulation(parsed.simulation, parsed.livePort));
    process.exitCode = await startSimulation(parsed.simulation);
    return;
  }
  if (parsed.kind === "convert") {
    const { startConversion } = await import("./tools/convert.ts");
    leave(await startConversion(parsed.conversion));
  }
  if (parsed.kind === "tool") {
    const { startTool } = await import("./tools/start-tool.ts");
    leave(await startTool(parsed.call));
  }
  const [{ runShell }, { MiniLsm }] = await Promise.all([import("./shell.ts"), import("../engine/mini-lsm.ts")]);
  const { stdin, stdout, stderr } = process;
  const exitCode = await runShell(parsed.arguments, {
    stdin,
    stdout,
    stderr,
    signals: process,
    variables: process.env,
    opener: MiniLsm,
  });
  leave(exitCode);
}

async function startSimulation(options: SimulationOptions): Promise<ExitCode> {
  const [{ simulate }, { writeWhole }] = await Promise.all([
    import("./tools/simulate.ts"),
    import("./terminal/write-whole.ts"),
  ]);
  return simulate(options, {
    out: (text) => writeWhole(STDOUT, text),
    err: (text) => {
      writeWhole(STDERR, text);
    },
  });
}

async function startLiveSimulation(options: SimulationOptions, port: number): Promise<ExitCode> {
  const [{ simulateLive }, { processSurface }] = await Promise.all([
    import("./page/simulate-live.ts"),
    import("./tools/run-tool.ts"),
  ]);
  return simulateLive(options, port, processSurface());
}

/** Not by leaving the event loop empty: a stdin that never ends would keep it alive. */
function leave(exitCode: ExitCode): never {
  if (isTerminalGone()) endByHangUp();
  process.exit(exitCode);
}

/** A stream that was a terminal is none any more: the window was closed or the connection broke. */
function isTerminalGone(): boolean {
  const streams = [process.stdin, process.stdout, process.stderr];
  return streams.some((stream, descriptor) => stream.isTTY === true && !isatty(descriptor));
}

/** Node.js 20 aborts when it leaves with a terminal that is gone, because it cannot reset it. The signal leaves without. */
function endByHangUp(): void {
  process.removeAllListeners("SIGHUP");
  process.kill(process.pid, "SIGHUP");
}

function packageVersion(): string {
  const description: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  const isComplete = typeof description === "object" && description !== null && "version" in description;
  return isComplete ? String(description.version) : "unknown";
}

/** A fault of ours. One line, and a stack only for those who look for it. */
function reportFault(error: unknown): void {
  const stack = process.env.DEBUG && error instanceof Error ? `${error.stack}\n` : "";
  process.stderr.write(`error: internal fault: ${messageOf(error)}\n${stack}`);
  process.exit(EXIT.commandFailed);
}
