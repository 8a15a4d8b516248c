import { InputError, RefusedError } from "../language/command.ts";

/** The code of what was thrown. Not by its class, because a twin of this package may have thrown it. */
export function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

/** A code for programs to switch on, whatever was thrown. */
export function failureCode(error: unknown): string {
  if (error instanceof InputError) return "INVALID_INPUT";
  if (error instanceof RefusedError) return "REFUSED";
  const code = codeOf(error);
  if (typeof code === "string") return code;
  return error instanceof Error && error.cause !== undefined ? failureCode(error.cause) : "FAILED";
}

/** Whether bytes on disk are damaged, be it behind another error. */
export function isDamage(error: unknown): boolean {
  return codeOf(error) === "CORRUPTION" || (error instanceof Error && isDamage(error.cause));
}
