import { nodeFileSystem } from "../../fs/node-file-system.ts";
import { readManifestHistory } from "../../tools/live/manifest-history.ts";
import type { LiveSource } from "../../tools/live/source.ts";
import type { ExitCode } from "../exit-code.ts";
import { servePage } from "../page/serve-page.ts";
import type { HistoryArguments } from "./history-command.ts";
import { runTool, type ToolSurface } from "./run-tool.ts";

/** Shows what a database's manifest tells, until a signal ends it. Resolves with what the process is to end with. */
export function history({ directory, port }: HistoryArguments, surface: ToolSurface): Promise<ExitCode> {
  return runTool({ name: "history" }, surface, () => {
    return servePage({ source: sourceOf(directory), directory, port }, surface);
  });
}

function sourceOf(directory: string): LiveSource {
  const { history: told, format, warning } = readManifestHistory(nodeFileSystem, directory);
  return {
    subject: {
      kind: "history",
      name: directory,
      format,
      compaction: undefined,
      memtable: undefined,
      takesCommands: false,
      hasFiles: true,
      notes: warning === undefined ? [] : [warning],
    },
    history: told,
    points: [],
    figures: undefined,
  };
}
