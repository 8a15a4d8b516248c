import type { ExitCode } from "../exit-code.ts";
import { NO_PROGRESS } from "../terminal/progress-bar.ts";
import type { ExportArguments } from "./export-command.ts";
import { processSurface, type ToolSurface } from "./run-tool.ts";
import type { ToolCall } from "./tool-commands.ts";

/** Runs a tool for this process. Each is loaded only when it is asked for. */
export async function startTool(call: ToolCall): Promise<ExitCode> {
  const surface = processSurface();
  switch (call.name) {
    case "backup":
      return (await import("../commands/backup.ts")).backup(call.given, surface);
    case "bench":
      return (await import("./bench.ts")).bench(call.given, surface);
    case "export":
      return (await import("./export.ts")).exportEntries(call.given, surfaceFor(call.given, surface));
    case "import":
      return (await import("./import.ts")).importEntries(call.given, surface, process.stdin);
    case "inspect":
      return (await import("./inspect.ts")).inspect(call.given, surface);
    case "repair":
      return (await import("./repair.ts")).repair(call.given, surface);
    case "verify":
      return (await import("./verify.ts")).verify(call.given, surface);
    case "history":
      return (await import("./history.ts")).history(call.given, surface);
  }
}

/** A bar would be drawn into what is written to the same terminal. */
function surfaceFor({ output }: ExportArguments, surface: ToolSurface): ToolSurface {
  return output === undefined && process.stdout.isTTY ? { ...surface, progress: NO_PROGRESS } : surface;
}
