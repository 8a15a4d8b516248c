/** The code of what was thrown. Not by its class, because a twin of this package may have thrown it. */
export function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

/** Whether bytes on disk are damaged, be it behind another error. */
export function isDamage(error: unknown): boolean {
  return codeOf(error) === "CORRUPTION" || (error instanceof Error && isDamage(error.cause));
}
