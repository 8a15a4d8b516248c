import type { Random } from "../../src/fs/crash-states.ts";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import { DATABASE_FORMATS, type DatabaseFormat } from "../../src/options.ts";
import { randomOf } from "../support/random.ts";
import { SimulatedTime } from "../support/simulated-time.ts";
import { withSlowDisk } from "../support/slow-disk.ts";
import { withSmallSlices } from "./small-slices.ts";

/** One of the three, each as often as the others. */
export function formatOf(seed: number): DatabaseFormat {
  return DATABASE_FORMATS[Math.abs(seed) % DATABASE_FORMATS.length] as DatabaseFormat;
}

/**
 * Runs something in a world of one seed: its clock, its event loop, how far background jobs come in a turn, and when
 * its disk is done. The same seed does the same.
 */
export async function simulated<Result>(
  seed: number,
  run: (fs: MemoryFileSystem, random: Random) => Promise<Result>,
): Promise<Result> {
  const time = new SimulatedTime(randomOf(seed ^ 0x5eed)).install();
  const restore = withSmallSlices(randomOf(seed ^ 0x51ce));
  try {
    return await run(withSlowDisk(new MemoryFileSystem(), time), randomOf(seed));
  } finally {
    restore();
    time.uninstall();
  }
}
