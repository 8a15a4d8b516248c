import { History } from "../../tools/live/history.ts";
import { simulateHistory } from "../../tools/live/simulation-history.ts";
import type { SimulationOptions } from "../../tools/simulator/simulation-options.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { runTool, type ToolSurface } from "../tools/run-tool.ts";
import { type SimulationSinks, simulate } from "../tools/simulate.ts";
import { servePage } from "./serve-page.ts";

/** A simulation whose text is followed by a page that shows it step by step, until a signal ends it. */
export function simulateLive(options: SimulationOptions, port: number, surface: ToolSurface): Promise<ExitCode> {
  return runTool({ name: "simulate" }, surface, async () => {
    let history = new History();
    const sinks: SimulationSinks = { out: surface.out, err: surface.err };
    const exitCode = simulate(options, sinks, (given, write) => {
      history = simulateHistory(given, write);
    });
    if (exitCode !== EXIT.success) return exitCode;
    const subject = {
      kind: "simulation",
      name: "simulation",
      format: undefined,
      compaction: options.compaction,
      memtable: undefined,
      takesCommands: false,
      hasFiles: false,
      notes: [],
    } as const;
    const source = { subject, history, points: [], figures: undefined };
    return servePage({ source, directory: undefined, port }, surface);
  });
}
