import type { Outcome } from "../answers/outcome.ts";
import type { ScanCommand } from "../language/command.ts";
import type { Execution } from "./execution.ts";

/** Entries between two looks at the clock: about 0.1 ms. */
const STRIDE_MASK = 255;
/** Bytes put together before they are written: few enough to stay in the processor's cache, many enough per call. */
const CHUNK_BYTES = 64 * 1024;

/** Prints every entry of the range while reading it; memory does not grow with the range or with a slow reader. */
export async function scan(execution: Execution, command: ScanCommand): Promise<Outcome> {
  const { store, snapshots, progress, signal, text } = execution;
  const reader = command.snapshot === undefined ? store : snapshots.find(command.snapshot);
  const write = execution.entryWriter(command.form);
  const cursor = reader.cursor(command.range);
  let count = 0;
  execution.holdNews();
  progress.begin("scan", undefined);
  try {
    while (cursor.valid) {
      write(text, cursor);
      count += 1;
      cursor.next();
      const isStride = (count & STRIDE_MASK) === 0;
      if (text.length < CHUNK_BYTES && !(isStride && execution.isBreathDue())) continue;

      progress.update(count);
      await execution.breathe();
      if (signal.aborted && cursor.valid) {
        return { kind: "interrupted", command: "scan", progress: `${count} keys scanned` };
      }
    }
  } finally {
    progress.end();
    cursor.close();
  }
  return { kind: "scanned", count };
}
