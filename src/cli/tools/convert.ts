import type { LsmError } from "../../errors.ts";
import { type Conversion, type ConversionRequest, convertDatabase } from "../../tools/convert/convert.ts";
import { EntryRefusedError } from "../../tools/convert/copy-entries.ts";
import { messageOf, quoteForMessage, visibleText } from "../answers/text.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import type { ConvertArguments } from "./convert-command.ts";
import { processSurface, runTool, type ToolSurface } from "./run-tool.ts";

/** `convert` for this process. */
export function startConversion(given: ConvertArguments): Promise<ExitCode> {
  return convert(given, processSurface());
}

/** Converts a database and says what came of it. Resolves with what the process is to end with. */
export function convert({ request, isJson }: ConvertArguments, surface: ToolSurface): Promise<ExitCode> {
  const tool = { name: "convert", undone: `${visibleText(request.to)} was not made`, failureText };
  return runTool(tool, surface, async ({ watch, out }) => {
    const conversion = await convertDatabase(request, watch);
    out(isJson ? conversionJson(request, conversion) : conversionText(request, conversion));
    return EXIT.success;
  });
}

function conversionText({ from, to }: ConversionRequest, { entries, ...done }: Conversion): string {
  const source = `${visibleText(from)} (${done.from.format}, ${done.from.sizeBytes} bytes on disk)`;
  const target = `${visibleText(to)} (${done.to.format}, ${done.to.sizeBytes} bytes on disk)`;
  const sizes = `${done.keyBytes} bytes of keys, ${done.valueBytes} bytes of values`;
  return `converted ${source} to ${target}: ${entries} ${entries === 1 ? "entry" : "entries"}, ${sizes}\n`;
}

function conversionJson(request: ConversionRequest, { entries, keyBytes, valueBytes, from, to }: Conversion): string {
  return `${JSON.stringify({
    from: { path: request.from, ...from },
    to: { path: request.to, ...to },
    entries,
    keyBytes,
    valueBytes,
  })}\n`;
}

function failureText(error: LsmError): string {
  return error instanceof EntryRefusedError ? `${quoteForMessage(error.key)}: ${messageOf(error)}` : messageOf(error);
}
