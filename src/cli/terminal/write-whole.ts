import { writeSync } from "node:fs";

/** How long to leave a reader alone that takes nothing at the moment. */
const PAUSE_MS = 5;
const NEVER = new Int32Array(new SharedArrayBuffer(4));

/**
 * Writes all of the text to a descriptor, waiting for a slow reader. Answers false when there is no reader any more.
 * For programs that only print: it holds up everything else.
 */
export function writeWhole(descriptor: number, text: string): boolean {
  const bytes = Buffer.from(text);
  let written = 0;
  while (written < bytes.length) {
    try {
      written += writeSync(descriptor, bytes, written);
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (code === "EPIPE") return false;
      // The descriptor does not block, because somebody who shares it wants it so.
      if (code !== "EAGAIN") throw error;
      Atomics.wait(NEVER, 0, 0, PAUSE_MS);
    }
  }
  return true;
}
