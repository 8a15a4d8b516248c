import { LsmError } from "../errors.ts";
import type { Durability } from "../options.ts";
import { refuseUnknownOptions } from "./call-options.ts";

export type WriteOptions = {
  /** What this write survives once it is acknowledged; the database's own durability unless given. */
  readonly durability?: "process" | "power" | undefined;
};

/** Whether a write with these options waits for the disk in a database of this durability. Throws INVALID_ARGUMENT. */
export function mustSync(options: WriteOptions, ofDatabase: Durability): boolean {
  refuseUnknownOptions(options, ["durability"]);
  const durability = options.durability ?? ofDatabase;
  if (durability === "process" || durability === "power" || durability === "none") return durability === "power";
  throw new LsmError("INVALID_ARGUMENT", `durability is ${String(durability)}, expected process or power`);
}
