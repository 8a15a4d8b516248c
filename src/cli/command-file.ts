import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { RefusedError } from "./command.ts";
import type { LineSource } from "./line-source.ts";
import { PipeInput } from "./terminal/pipe-input.ts";
import { visible } from "./text.ts";

/** Opens a file of commands, one per line. Rejects when it cannot be read; `fail` is told when it cannot any more. */
export async function openCommandFile(path: Uint8Array, fail: (error: unknown) => void): Promise<LineSource> {
  // Without waiting: a named pipe that nobody writes to would hold up the end of the process.
  const file = await open(Buffer.from(path), constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  const stats = await file.stat();
  if (!stats.isFile()) {
    await file.close();
    throw new RefusedError(`${visible(path)} is no regular file, expected one with a command on each line`);
  }
  return new PipeInput(file.createReadStream(), fail, visible(path));
}
