import { createReadStream, type Stats, statSync } from "node:fs";
import { toIoError } from "../../fs/system-error.ts";

/** How much is read at a time. */
const CHUNK_BYTES = 256 * 1024;

export type FileChunks = { readonly chunks: AsyncIterable<Uint8Array>; readonly sizeBytes: number | undefined };

/** The content of a file, or of a pipe that has a name. Throws IoError now when it cannot be looked at, and later when not read. */
export function fileChunks(path: string): FileChunks {
  let status: Stats;
  try {
    status = statSync(path);
  } catch (error) {
    throw toIoError("read", path, error);
  }
  return { chunks: read(path), sizeBytes: status.isFile() ? status.size : undefined };
}

async function* read(path: string): AsyncGenerator<Uint8Array> {
  const stream = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  try {
    yield* stream;
  } catch (error) {
    throw toIoError("read", path, error);
  }
}

/** The same chunks until the signal fires: then whoever waits for one gets its reason, and what gives them is told to stop. */
export async function* untilAborted<Chunk>(chunks: AsyncIterable<Chunk>, signal: AbortSignal): AsyncGenerator<Chunk> {
  const iterator = chunks[Symbol.asyncIterator]();
  let abort = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
  });
  // Somebody waits for it only while a chunk is waited for.
  aborted.catch(() => {});
  signal.addEventListener("abort", abort, { once: true });
  let isOver = false;
  try {
    signal.throwIfAborted();
    for (;;) {
      const next = await Promise.race([iterator.next(), aborted]);
      isOver = next.done === true;
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener("abort", abort);
    // Not awaited where it may wait for somebody to type.
    const returned = isOver ? undefined : Promise.resolve(iterator.return?.());
    if (signal.aborted) returned?.catch(() => {});
    else await returned;
  }
}
