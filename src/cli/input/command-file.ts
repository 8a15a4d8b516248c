import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { codeOf } from "../answers/failure.ts";
import { visible } from "../answers/text.ts";
import { RefusedError } from "../language/command.ts";
import { PipeInput } from "../terminal/pipe-input.ts";
import type { LineSource } from "./line-source.ts";

/** Opens a file of commands, one per line. Rejects when it cannot be read; `fail` is told when it cannot any more. */
export async function openCommandFile(path: Uint8Array, fail: (error: unknown) => void): Promise<LineSource> {
  const file = await opened(path);
  const stats = await file.stat();
  if (!stats.isFile()) {
    await file.close();
    throw new RefusedError(`${visible(path)} is no regular file, expected one with a command on each line`);
  }
  return new PipeInput(file.createReadStream(), fail, visible(path));
}

async function opened(path: Uint8Array): Promise<FileHandle> {
  try {
    // Without waiting: a named pipe that nobody writes to would hold up the end of the process.
    return await open(Buffer.from(path), constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    const why = REASONS.get(codeOf(error));
    if (why === undefined) throw error;
    throw new RefusedError(`${visible(path)} ${why}, expected a file with a command on each line`);
  }
}

/** The mistakes that people make with names of files. */
const REASONS: ReadonlyMap<unknown, string> = new Map([
  ["ENOENT", "is not there"],
  ["ENOTDIR", "is not there"],
  ["EACCES", "may not be read"],
]);
