import type { Cursor, EventSource } from "../database.ts";
import type { CommandName, EntryForm } from "../language/command.ts";
import { type CommandSpec, usage } from "../language/command-spec.ts";
import { COMMAND_BY_NAME, COMMANDS } from "../language/command-table.ts";
import type { Output } from "../terminal/output.ts";
import { listenInJson } from "./engine-json.ts";
import type { MessageSinks } from "./engine-text.ts";
import { failureCode } from "./failure.ts";
import { answerText, bytesProperty, jsonText } from "./json-text.ts";
import type { Outcome } from "./outcome.ts";
import type { Answer, EntryWriter, Failure, Presentation } from "./presentation.ts";
import { messageOf } from "./text.ts";
import type { TextBuffer } from "./text-buffer.ts";

type Json = { readonly [name: string]: unknown };

const COMMA = 0x2c;

/**
 * One JSON object per answer on stdout, failures among them, each on a line of its own; what the engine tells goes to
 * stderr, one object per line as well. The entries of a scan are written while they are read, within its one line.
 */
export class JsonPresentation implements Presentation {
  readonly banner: string = "";
  readonly #output: Output;
  /** Entries of the scan whose answer is begun; undefined when none is. */
  #entries: number | undefined;

  constructor(output: Output) {
    this.#output = output;
  }

  entryWriter({ isKeysOnly, isHex }: EntryForm): EntryWriter {
    const form = isHex ? "hex" : "text";
    this.#entries = undefined;
    return (text, cursor) => {
      this.#beginEntry(text);
      text.text(jsonText({ ...keyProperty(cursor, form), ...(isKeysOnly ? {} : valueProperty(cursor, form)) }));
    };
  }

  answer({ command, outcome, elapsedMs }: Answer): void {
    this.#end({ command, ...answerOf(outcome), ...(elapsedMs !== undefined && { ms: elapsedMs }) });
  }

  failure({ error, attempt, file, line, column }: Failure): void {
    const message = `${attempt === undefined ? "" : `${attempt}: `}${messageOf(error)}`;
    const stack = this.#output.showsStacks && error instanceof Error ? { stack: error.stack } : {};
    this.#end({ error: { code: failureCode(error), message, file, line, column, ...stack } });
    this.#output.flush();
  }

  listen(events: EventSource, sinks: MessageSinks): void {
    listenInJson(events, sinks);
  }

  told(lines: string): void {
    this.#output.error(`${jsonText({ event: "told", message: lines.trim() })}\n`);
  }

  #beginEntry(text: TextBuffer): void {
    if (this.#entries === undefined) text.text('{"command":"scan","entries":[');
    else text.ascii(COMMA);
    this.#entries = (this.#entries ?? 0) + 1;
  }

  /** Writes an object, or the rest of the one that a scan has begun. */
  #end(object: Json): void {
    const { text } = this.#output;
    if (this.#entries === undefined) {
      const isScan = object.command === "scan" && object.count !== undefined;
      text.text(`${answerText(isScan ? { command: "scan", entries: [], ...object } : object)}\n`);
      return;
    }
    const { command: _, ...rest } = object;
    text.text(`],${answerText(rest).slice(1)}\n`);
    this.#entries = undefined;
  }
}

function keyProperty(cursor: Cursor, form: "text" | "hex"): Json {
  return bytesProperty("key", cursor.keyBuffer.subarray(cursor.keyStart, cursor.keyEnd), form);
}

function valueProperty(cursor: Cursor, form: "text" | "hex"): Json {
  return bytesProperty("value", cursor.valueBuffer.subarray(cursor.valueStart, cursor.valueEnd), form);
}

/** What an answer says beside the command. */
function answerOf(outcome: Outcome): Json {
  switch (outcome.kind) {
    case "filled":
      return { count: Number(outcome.count), epoch: outcome.epoch };
    case "found":
      return { ...bytesProperty("key", outcome.key), found: true, ...bytesProperty("value", outcome.value) };
    case "missing":
      return { ...bytesProperty("key", outcome.key), found: false };
    case "stored":
    case "deleted":
      return bytesProperty("key", outcome.key);
    case "scanned":
      return { count: outcome.count };
    case "begun":
      return { isolation: outcome.isolation };
    case "snapshotTaken":
    case "snapshotReleased":
      return bytesProperty("name", outcome.name);
    case "structure":
      return outcome.tree;
    case "drawn":
      return outcome.facts;
    case "live":
      return { url: outcome.url };
    case "destroyed":
      return { path: outcome.path, isDestroyed: true, ...outcome.files };
    case "kept":
      return { path: outcome.path, isDestroyed: false };
    case "backedUp": {
      const { to, tables, entries, sizeBytes } = outcome;
      return { to, tables, entries, sizeBytes };
    }
    case "timing":
      return { isOn: outcome.isOn };
    case "watched":
      return { rounds: outcome.rounds };
    case "sourced":
      return { path: outcome.path };
    case "help":
      return helpJson(outcome.topic);
    case "interrupted":
      return { isInterrupted: true, progress: outcome.progress };
    case "committed":
    case "rolledBack":
    case "flushed":
    case "fullyCompacted":
    case "left":
      return {};
  }
}

function helpJson(topic: CommandName | undefined): Json {
  const specs = topic === undefined ? COMMANDS : [COMMAND_BY_NAME.get(topic)].filter((spec) => spec !== undefined);
  return { commands: specs.map(specJson) };
}

function specJson(spec: CommandSpec): Json {
  const { name, summary, example, options = [] } = spec;
  return { name, usage: usage(spec), summary, options, example };
}
