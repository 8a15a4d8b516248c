import type { ExitCode } from "./exit-code.ts";
import { processSurface } from "./run-tool.ts";
import type { ToolCall } from "./tool-commands.ts";

/** Runs a tool for this process. Each is loaded only when it is asked for. */
export async function startTool({ given }: ToolCall): Promise<ExitCode> {
  const { verify } = await import("./verify.ts");
  return verify(given, processSurface());
}
