import { toIoError } from "../../fs/system-error.ts";
import { safeJson } from "../../tools/bytes-json.ts";
import { refuseOtherThanDatabase } from "../../tools/source.ts";
import { refuseOverlap, targetPlace } from "../../tools/target/target-place.ts";
import { type Exported, exportDatabase, type TextSink } from "../../tools/transfer/export.ts";
import { OutputFile } from "../../tools/transfer/output-file.ts";
import { countOf } from "../answers/count.ts";
import { visibleText } from "../answers/text.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import type { ExportArguments } from "./export-command.ts";
import { runTool, type ToolRun, type ToolSurface } from "./run-tool.ts";

/** Exports a database and says how much. Resolves with what the process is to end with. */
export function exportEntries(given: ExportArguments, surface: ToolSurface): Promise<ExitCode> {
  const { output } = given;
  const undone = output === undefined ? "the output is not whole" : `${visibleText(output)} was not made`;
  return runTool({ name: "export", undone }, surface, async ({ watch, out, say }) => {
    if (output !== undefined) {
      out(answerText(given, await exportToFile(given, output, watch)));
      return EXIT.success;
    }
    const exported = await exportDatabase(given.request, stdoutSink(surface), watch);
    // Who reads no more, such as `head`, has what it wants.
    if (exported.isWhole) say(answerText(given, exported).trimEnd());
    return EXIT.success;
  });
}

function stdoutSink({ out }: ToolSurface): TextSink {
  return (text) => {
    try {
      return out(text);
    } catch (error) {
      throw toIoError("write", "to stdout", error);
    }
  };
}

async function exportToFile({ request }: ExportArguments, output: string, watch: ToolRun["watch"]): Promise<Exported> {
  refuseOtherThanDatabase(request.from);
  const target = targetPlace(output, "export");
  refuseOverlap(request.from, target);
  using file = OutputFile.create(target);
  const write: TextSink = (text) => {
    file.write(text);
    return true;
  };
  const exported = await exportDatabase(request, write, watch);
  watch.signal.throwIfAborted();
  file.publish();
  return exported;
}

function answerText({ request, output, isJson }: ExportArguments, exported: Exported): string {
  const { format, entries, keyBytes, valueBytes } = exported;
  if (isJson) {
    const to = output ?? null;
    return `${safeJson({ from: request.from, to, databaseFormat: format, format: request.format, entries, keyBytes, valueBytes })}\n`;
  }
  const target = output === undefined ? "" : ` to ${visibleText(output)}`;
  const sizes = `${countOf(keyBytes, "byte")} of keys, ${countOf(valueBytes, "byte")} of values`;
  return `exported ${visibleText(request.from)} (${format})${target}: ${countOf(entries, "entry", "entries")}, ${sizes}\n`;
}
