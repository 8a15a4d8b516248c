import { type ErrorCode, LsmError } from "../../errors.ts";

/** Codes for which `level` has a name of its own; all others get `LEVEL_` before theirs. */
const CODES: { readonly [code in ErrorCode]?: string } = {
  DATABASE_CLOSED: "LEVEL_DATABASE_NOT_OPEN",
  FORMAT_MISMATCH: "LEVEL_NOT_SUPPORTED",
  KEY_EMPTY: "LEVEL_INVALID_KEY",
  KEY_TOO_LARGE: "LEVEL_INVALID_KEY",
  READ_ONLY: "LEVEL_READONLY",
  SNAPSHOT_CLOSED: "LEVEL_SNAPSHOT_NOT_OPEN",
  UNSUPPORTED: "LEVEL_NOT_SUPPORTED",
  VALUE_EMPTY: "LEVEL_INVALID_VALUE",
  VALUE_TOO_LARGE: "LEVEL_INVALID_VALUE",
};

/** An error with a code, as those of abstract-level are. */
export class LevelError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** What abstract-level rejects with when a signal was aborted; it does not export its own. */
export class AbortError extends LevelError {
  override readonly name = "AbortError";

  constructor(signal: AbortSignal) {
    super("LEVEL_ABORTED", "Operation has been aborted", { cause: signal.reason });
  }
}

/** The engine's error as users of `level` know it, with the engine's own as its cause. Anything else stays as it is. */
export function levelError(error: unknown): unknown {
  if (!(error instanceof LsmError)) return error;
  return new LevelError(CODES[error.code] ?? `LEVEL_${error.code}`, error.message, { cause: error });
}
