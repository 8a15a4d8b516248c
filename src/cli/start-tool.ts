import type { ExitCode } from "./exit-code.ts";
import { processSurface } from "./run-tool.ts";
import type { ToolCall } from "./tool-commands.ts";

/** Runs a tool for this process. Each is loaded only when it is asked for. */
export async function startTool(call: ToolCall): Promise<ExitCode> {
  const surface = processSurface();
  switch (call.name) {
    case "backup":
      return (await import("./backup.ts")).backup(call.given, surface);
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
