import type { Outcome } from "../answers/outcome.ts";
import type { Command } from "../language/command.ts";
import type { Execution } from "./execution.ts";
import { NumberedEntry } from "./numbered-entry.ts";

/** Entries between two looks at the clock: about 0.1 ms. */
const STRIDE = 256;

/** Puts an entry under every number of the command; none when its end is before its start. */
export async function fill(execution: Execution, command: Extract<Command, { kind: "fill" }>): Promise<Outcome> {
  const { store, epoch, progress, signal } = execution;
  const total = command.last < command.first ? 0n : command.last - command.first + 1n;
  const entry = new NumberedEntry(command.first, epoch);
  let remaining = total;
  progress.begin("fill", total);
  try {
    while (remaining > 0n) {
      const stride = remaining < STRIDE ? Number(remaining) : STRIDE;
      for (let count = 0; count < stride; count += 1) {
        store.put(entry.key, entry.value);
        entry.increment();
      }
      remaining -= BigInt(stride);
      if (!execution.isBreathDue()) continue;

      progress.update(total - remaining);
      await execution.breathe();
      if (signal.aborted && remaining > 0n) {
        const done = `${total - remaining} values filled with epoch ${epoch}`;
        return { kind: "interrupted", command: "fill", progress: done };
      }
    }
  } finally {
    progress.end();
  }
  return { kind: "filled", count: total, epoch };
}
