import { LsmError } from "../errors.ts";
import {
  type Conversion,
  type ConversionRequest,
  type ConversionWatch,
  convertDatabase,
} from "../tools/convert/convert.ts";
import { EntryRefusedError } from "../tools/convert/copy-entries.ts";
import type { ConvertArguments } from "./convert-command.ts";
import type { Progress } from "./execution.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { Interruption } from "./interruption.ts";
import { Pace } from "./pace.ts";
import type { Drawing } from "./terminal/output.ts";
import { NO_PROGRESS, ProgressBar } from "./terminal/progress-bar.ts";
import { handleSignals, type SignalSource } from "./terminal/signals.ts";
import { writeWhole } from "./terminal/write-whole.ts";
import { messageOf, quoteForMessage, visibleText } from "./text.ts";

/** Everything outside the program that a conversion touches, beside directories. */
export type ConversionSurface = {
  /** Where text goes, at once and whole. */
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly progress: Progress & Drawing;
  readonly signals: SignalSource;
};

/** The descriptors of every process. */
const STDOUT = 1;
const STDERR = 2;

/** `convert` for this process. */
export function startConversion(given: ConvertArguments): Promise<ExitCode> {
  const { stderr } = process;
  return convert(given, {
    // What was done is done, whether or not somebody is there to read of it.
    out: (text) => void writeWhole(STDOUT, text),
    err: (text) => void writeWhole(STDERR, text),
    progress: stderr.isTTY ? new ProgressBar(stderr) : NO_PROGRESS,
    signals: process,
  });
}

/** Converts a database and says what came of it. Resolves with what the process is to end with. */
export async function convert({ request, isJson }: ConvertArguments, surface: ConversionSurface): Promise<ExitCode> {
  const { progress } = surface;
  const interruption = new Interruption();
  const { signal } = interruption;
  const stop = (exitCode: ExitCode): void => interruption.stop(exitCode);
  const unhandle = handleSignals(surface.signals, { interrupt: () => stop(EXIT.interrupted), stop });
  const say = (line: string): void => {
    progress.clear();
    surface.err(`${line}\n`);
  };
  const pace = new Pace();
  let hasBegun = false;
  const watch: ConversionWatch = {
    signal,
    begin() {
      hasBegun = true;
      progress.begin("convert", undefined);
    },
    isBreathDue: () => pace.isDue(),
    breathe(entries) {
      progress.update(entries);
      return pace.rest();
    },
    warn: (message) => say(`warning: ${visibleText(message)}`),
  };
  try {
    const conversion = await convertDatabase(request, watch).finally(() => progress.end());
    surface.out(isJson ? conversionJson(request, conversion) : conversionText(request, conversion));
    return EXIT.success;
  } catch (error) {
    if (interruption.exitCode !== undefined && error === signal.reason) {
      say(`convert interrupted: ${visibleText(request.to)} was not made`);
      return interruption.exitCode;
    }
    if (!(error instanceof LsmError)) throw error;
    say(`error: ${failureText(error)}`);
    return exitCodeOf(error, hasBegun);
  } finally {
    unhandle();
  }
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

function exitCodeOf(error: LsmError, hasBegun: boolean): ExitCode {
  if (error.code === "CORRUPTION") return EXIT.damaged;
  if (error.code === "INVALID_ARGUMENT") return EXIT.usage;
  return hasBegun ? EXIT.commandFailed : EXIT.cannotOpen;
}
