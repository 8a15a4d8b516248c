import { LsmError } from "../../errors.ts";
import { nodeFileSystem } from "../../fs/node-file-system.ts";
import { safeJson } from "../../tools/bytes-json.ts";
import { refuseOverlap, targetPlace } from "../../tools/target/target-place.ts";
import {
  classicLevelEntries,
  loadClassicLevel,
  refuseOtherThanLevelDatabase,
} from "../../tools/transfer/classic-level.ts";
import { fileChunks, untilAborted } from "../../tools/transfer/file-chunks.ts";
import {
  type Imported,
  type ImportSource,
  type ImportTarget,
  importEntries as putEntries,
} from "../../tools/transfer/import.ts";
import { type ReadCount, textEntries } from "../../tools/transfer/text-entries.ts";
import { countOf } from "../answers/count.ts";
import { visibleText } from "../answers/text.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import type { ImportArguments } from "./import-command.ts";
import { IN_MIB, runTool, type Tool, type ToolSurface } from "./run-tool.ts";

/** Imports entries and says how many. Resolves with what the process is to end with. */
export function importEntries(
  given: ImportArguments,
  surface: ToolSurface,
  stdin: AsyncIterable<Uint8Array>,
): Promise<ExitCode> {
  return runTool(toolOf(given), surface, async ({ watch, out }) => {
    const target = targetOf(given);
    const source = await sourceOf(given, target, stdin, watch.signal);
    const imported = await putEntries(target, source, watch);
    out(answerText(given, imported));
    return EXIT.success;
  });
}

function toolOf({ directory, from, format }: ImportArguments): Tool {
  const name = visibleText(directory);
  const undone = format === undefined ? `${name} holds what came before; import it again` : `${name} was not made`;
  return from === "classic-level" ? { name: "import", undone } : { name: "import", undone, unit: IN_MIB };
}

function targetOf({ directory, format }: ImportArguments): ImportTarget {
  if (format === undefined) return { kind: "existing", directory };
  return { kind: "new", place: targetPlace(directory, "import"), format };
}

async function sourceOf(
  { directory, from, source }: ImportArguments,
  target: ImportTarget,
  stdin: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<ImportSource> {
  if (from === "classic-level") {
    refuseOtherThanLevelDatabase(source);
    refuseOverlap(source, target.kind === "new" ? target.place : targetPlace(directory, "import"));
    const ClassicLevel = await loadClassicLevel(process.cwd());
    return {
      entries: untilAborted(classicLevelEntries(ClassicLevel, source), signal),
      position: (entries) => entries,
      total: undefined,
    };
  }
  const { chunks, sizeBytes } = source === "-" ? { chunks: stdin, sizeBytes: undefined } : fileChunks(source);
  if (source !== "-" && nodeFileSystem.stat(source)?.kind === "directory") {
    throw new LsmError("IO_ERROR", `${source} is a directory, expected a file of ${from}`);
  }
  const read: ReadCount = { bytes: 0 };
  return {
    entries: textEntries(untilAborted(chunks, signal), from, read),
    position: () => read.bytes,
    total: sizeBytes,
  };
}

function answerText({ directory, from, source, isJson }: ImportArguments, imported: Imported): string {
  const { format, entries, keyBytes, valueBytes } = imported;
  if (isJson)
    return `${safeJson({ from: source, kind: from, to: directory, format, entries, keyBytes, valueBytes })}\n`;
  const origin = source === "-" ? "stdin" : visibleText(source);
  const sizes = `${countOf(keyBytes, "byte")} of keys, ${countOf(valueBytes, "byte")} of values`;
  return `imported ${origin} to ${visibleText(directory)} (${format}): ${countOf(entries, "entry", "entries")}, ${sizes}\n`;
}
