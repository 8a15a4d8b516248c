/** Every code an error of this library can carry. Callers switch on `code`, never on the message; `docs/errors.md` lists cause and remedy. */
export type ErrorCode =
  | "CORRUPTION"
  | "DATABASE_CLOSED"
  | "DATABASE_EXISTS"
  | "DATABASE_MISSING"
  | "FORMAT_MISMATCH"
  | "INVALID_ARGUMENT"
  | "INVALID_OPTION"
  | "IO_ERROR"
  | "ITERATOR_TAINTED"
  | "KEY_EMPTY"
  | "KEY_TOO_LARGE"
  | "LOCKED"
  | "NOT_A_DATABASE"
  | "READ_ONLY"
  | "SNAPSHOT_CLOSED"
  | "TRANSACTION_CONFLICT"
  | "TRANSACTION_FINISHED"
  | "UNSUPPORTED"
  | "VALUE_EMPTY"
  | "VALUE_TOO_LARGE";

/** What goes wrong in the world (a file, an argument, another process), as opposed to a broken invariant of ours. */
export class LsmError extends Error {
  override readonly name: string = "LsmError";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** Bytes on disk do not decode. Names the file and the byte offset, so that `inspect` can go there. */
export class CorruptionError extends LsmError {
  override readonly name = "CorruptionError";
  /** Path as it was opened. */
  readonly file: string;
  /** Byte offset from the start of the file. */
  readonly offset: number;

  constructor(file: string, offset: number, detail: string) {
    super("CORRUPTION", `${file} at byte ${offset}: ${detail}`);
    this.file = file;
    this.offset = offset;
  }
}

/** The operating system refused a call on a file. `systemCode` is its own code, such as "ENOSPC". */
export class IoError extends LsmError {
  override readonly name = "IoError";
  readonly systemCode: string;
  readonly path: string;

  constructor(operation: string, path: string, systemCode: string, cause?: unknown) {
    super("IO_ERROR", `cannot ${operation} ${path}: ${systemCode}`, { cause });
    this.systemCode = systemCode;
    this.path = path;
  }
}

/** Checks an invariant of ours; a failure is a bug of this library, never the caller's or the disk's. */
export function assert(condition: boolean, invariant: string): asserts condition {
  if (!condition) throw new Error(`broken invariant: ${invariant}`);
}
