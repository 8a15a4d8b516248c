import { DATABASE_TARGETS } from "./database-targets.ts";
import type { FuzzTarget } from "./fuzz-target.ts";
import { LOG_TARGETS } from "./log-targets.ts";
import { MANIFEST_TARGETS } from "./manifest-targets.ts";
import { TABLE_TARGETS } from "./table-targets.ts";
import { TEXT_TARGETS } from "./text-targets.ts";
import { TRANSFER_TARGETS } from "./transfer-targets.ts";

/** Every decoder of the program, from the blocks of a table to the arguments of the command line. */
export const FUZZ_TARGETS: readonly FuzzTarget[] = [
  ...TABLE_TARGETS,
  ...LOG_TARGETS,
  ...MANIFEST_TARGETS,
  ...DATABASE_TARGETS,
  ...TEXT_TARGETS,
  ...TRANSFER_TARGETS,
];
