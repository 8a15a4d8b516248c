import { CorruptionError, IoError } from "../../errors.ts";

/** Something that is wrong with a file of a database. */
export type Fault = {
  /** Name of the file in its directory. */
  readonly file: string;
  /** Byte offset in the file; undefined where the file as a whole is at fault. */
  readonly offset: number | undefined;
  /** Of what the file consists of. */
  readonly part: FaultPart;
  /** What is wrong, without file and offset. */
  readonly problem: string;
};

export type FaultPart =
  | "file"
  | "header"
  | "block"
  | "range deletes"
  | "index"
  | "filter"
  | "footer"
  | "record"
  | "tree"
  | "database";

/** Takes a fault: where it is, and what it is. */
export type FaultSink = (part: FaultPart, offset: number | undefined, problem: string) => void;

/** What a decoder said of bytes, without the file's name, which stands elsewhere. */
export function problemOf(error: CorruptionError): string {
  const place = `${error.file} at byte ${error.offset}: `;
  return error.message.startsWith(place) ? error.message.slice(place.length) : error.message;
}

/**
 * Runs a decoder. What it says about the bytes, or the system about the file, goes to the sink; then the answer is
 * undefined. Other errors pass, such as LsmError UNSUPPORTED for the file of a newer program.
 */
export function attempt<Result>(sink: FaultSink, part: FaultPart, decode: () => Result): Result | undefined {
  try {
    return decode();
  } catch (error) {
    if (error instanceof CorruptionError) sink(part, error.offset, problemOf(error));
    else if (error instanceof IoError) sink("file", undefined, error.message);
    else throw error;
    return undefined;
  }
}
