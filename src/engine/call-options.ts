import { LsmError } from "../errors.ts";

/** Throws INVALID_ARGUMENT for options that are no object, or have a name that the call does not know: a mistyped one must not be passed over. */
export function refuseUnknownOptions(options: object, names: readonly string[]): void {
  if (typeof options !== "object" || options === null) {
    throw new LsmError("INVALID_ARGUMENT", `options are ${String(options)}, expected { ${names.join(", ")} }`);
  }
  for (const name in options) {
    if (names.includes(name)) continue;
    throw new LsmError("INVALID_ARGUMENT", `there is no option ${name} here, only ${names.join(", ")}`);
  }
}
