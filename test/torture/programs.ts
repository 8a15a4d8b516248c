import { ANSWERS } from "./answers.ts";
import { FLIPS } from "./damage.ts";
import { DECODERS } from "./decoders.ts";
import { KILLS } from "./kills.ts";
import { LYING_DISK } from "./lying-disk.ts";
import { POWER_CUTS } from "./power-cuts.ts";
import type { TortureProgram } from "./program.ts";
import { REFUSALS } from "./refusals.ts";

/** All of them, in the order in which a round runs them. */
export const PROGRAMS: readonly TortureProgram[] = [POWER_CUTS, LYING_DISK, REFUSALS, ANSWERS, FLIPS, DECODERS, KILLS];
