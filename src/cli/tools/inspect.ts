import { IoError, type LsmError } from "../../errors.ts";
import { nodeFileSystem } from "../../fs/node-file-system.ts";
import type { Fault } from "../../tools/anatomy/fault.ts";
import { FileBytes } from "../../tools/anatomy/file-bytes.ts";
import { bytesToJson, safeJson } from "../../tools/bytes-json.ts";
import { inspectDatabase } from "../../tools/inspect/inspect-database.ts";
import { logSpans } from "../../tools/inspect/log-spans.ts";
import { manifestSpans } from "../../tools/inspect/manifest-spans.ts";
import type { Span, SpanValue } from "../../tools/inspect/span.ts";
import { tableSpans } from "../../tools/inspect/table-spans.ts";
import { refuseOtherThanDatabase } from "../../tools/source.ts";
import { messageOf, visibleText } from "../answers/text.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import type { InspectArguments } from "./inspect-command.ts";
import { databaseJson, databaseText } from "./inspected-database.ts";
import { runTool, type ToolRun, type ToolSurface } from "./run-tool.ts";
import { spanText } from "./span-text.ts";

/** Each a write, and each may be all that a reader such as `head` waits for. */
const PIECE_LENGTH = 64 * 1024;
/** A longer value is only told by its length: it would be most of what JSON can be. */
const JSON_BYTES_MAX = 16 * 1024 * 1024;

/** Shows a file of a database, or a database. Resolves with what the process is to end with. */
export function inspect(given: InspectArguments, surface: ToolSurface): Promise<ExitCode> {
  const failureText = (error: LsmError): string => visibleText(unopenedText(error, given) ?? messageOf(error));
  return runTool({ name: "inspect", failureText }, surface, (run) => {
    return given.what === "db" ? inspectWhole(given, run) : inspectFile(given, run);
  });
}

/** The mistakes that people make with names of files, in words; undefined for any other failure. */
function unopenedText(error: LsmError, { what, path }: InspectArguments): string | undefined {
  if (what === "db" || !(error instanceof IoError) || error.path !== path) return undefined;
  const expected = `expected the file of a ${KINDS[what]}`;
  if (error.systemCode === "EISDIR") return `${path} is a directory, ${expected}; inspect db shows a database`;
  const isMissing = error.systemCode === "ENOENT" || error.systemCode === "ENOTDIR";
  return isMissing ? `${path} does not exist, ${expected}` : undefined;
}

const KINDS = { sst: "table", wal: "log", manifest: "manifest" };

async function inspectWhole({ path, isJson }: InspectArguments, { out }: ToolRun): Promise<ExitCode> {
  refuseOtherThanDatabase(path);
  const found = inspectDatabase(nodeFileSystem, path);
  out(isJson ? databaseJson(path, found) : databaseText(path, found));
  return found.faults.length === 0 ? EXIT.success : EXIT.damaged;
}

async function inspectFile(given: InspectArguments, run: ToolRun): Promise<ExitCode> {
  const { path, what, isJson } = given;
  using file = FileBytes.open(nodeFileSystem, path);
  const faults: Omit<Fault, "file">[] = [];
  const spans = spansOf(file, given, (part, offset, problem) => void faults.push({ part, offset, problem }));
  run.watch.begin(undefined);
  const writer = new PieceWriter(run);
  const width = String(file.sizeBytes).length;
  let count = 0;
  await writer.write(
    isJson ? `{"path":${safeJson(path)},"type":"${what}","sizeBytes":${file.sizeBytes},"spans":[` : "",
  );
  let step = spans.next();
  for (; step.done !== true && !writer.isOver; step = spans.next()) {
    const text = isJson
      ? `${count > 0 ? "," : ""}${safeJson(spanJson(step.value))}`
      : spanText(step.value, width, (start, end) => file.read(start, end));
    await writer.write(text);
    count++;
  }
  const format = step.done === true ? step.value : undefined;
  if (isJson) {
    const listed = faults.map(({ offset, ...fault }) => ({ offset: offset ?? null, ...fault }));
    await writer.write(`],"format":${safeJson(format ?? null)},"faults":${safeJson(listed)}}\n`);
  } else {
    for (const { offset, problem } of faults) {
      await writer.write(`${visibleText(offset === undefined ? problem : `at byte ${offset}: ${problem}`)}\n`);
    }
    const named = format === undefined ? "" : `, ${format}`;
    await writer.write(`${visibleText(path)}: ${file.sizeBytes} bytes${named}\n`);
  }
  writer.flush();
  return faults.length === 0 ? EXIT.success : EXIT.damaged;
}

type Sink = (part: Fault["part"], offset: number | undefined, problem: string) => void;

/** Answers the format of the file, where it has one. */
function* spansOf(
  file: FileBytes,
  { what, detail, format }: InspectArguments,
  sink: Sink,
): Generator<Span, string | undefined> {
  if (what === "sst") return yield* tableSpans(file, format, detail, sink);
  if (what === "wal") return yield* logSpans(file, format, detail, sink);
  const isNative = yield* manifestSpans(file, detail, sink);
  return isNative ? "native" : undefined;
}

/** Collects text into pieces, and stops when nobody reads any more. */
class PieceWriter {
  isOver = false;
  readonly #run: ToolRun;
  #piece = "";

  constructor(run: ToolRun) {
    this.#run = run;
  }

  /** Lets the event loop run when it has waited long enough. Rejects when the work was interrupted. */
  async write(text: string): Promise<void> {
    this.#piece += text;
    if (this.#piece.length >= PIECE_LENGTH) this.flush();
    if (!this.#run.watch.isBreathDue()) return;
    await this.#run.watch.breathe(0);
    this.#run.watch.signal.throwIfAborted();
  }

  flush(): void {
    const piece = this.#piece;
    this.#piece = "";
    if (piece !== "" && !this.isOver) this.isOver = !this.#run.out(piece);
  }
}

function spanJson({ what, offset, sizeBytes, depth, facts, fields }: Span): unknown {
  return {
    what,
    offset,
    sizeBytes,
    depth,
    ...(valueJson(facts) as object),
    ...(fields === undefined ? {} : { fields: fields.map((field) => ({ ...field, value: valueJson(field.value) })) }),
  };
}

/** Bytes as text or base64. */
export function valueJson(value: SpanValue): unknown {
  if (value instanceof Uint8Array) {
    return value.length > JSON_BYTES_MAX ? { sizeBytes: value.length } : bytesToJson(value);
  }
  if (Array.isArray(value)) return value.map(valueJson);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, valueJson(each)]));
}
