import { IoError, LsmError } from "../errors.ts";

/**
 * The `IoError` for what a `node:fs` call threw. `operation` is a verb phrase: "read", "make the directory".
 * A path that Node itself refuses (a NUL byte in it) carries Node's code; what has no code at all is a bug and comes back as it is.
 */
export function toIoError(operation: string, path: string, error: unknown): unknown {
  const code = systemCodeOf(error);
  return code === undefined ? error : new IoError(operation, path, code, error);
}

/** The code of a system error, such as "ENOENT"; undefined for anything else, our own errors included. */
export function systemCodeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || error instanceof LsmError || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
