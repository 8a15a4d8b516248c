import { orError } from "./or-error.ts";
import type { TableFile } from "./table-file.ts";
import type { TableParts } from "./table-parts.ts";

/** The bytes [start, end) of a file. */
export type ByteRange = readonly [start: number, end: number];

/**
 * How the parts of a native table are read: each step asks for bytes of the file, and is given them. So those who wait for the
 * disk and those who do not read by the same steps. Throws CorruptionError, LsmError UNSUPPORTED.
 */
export type TableReading = Generator<ByteRange, TableParts, Uint8Array>;

/** Throws what the steps throw, IoError. */
export function readNow(file: TableFile, reading: TableReading): TableParts {
  let step = reading.next();
  while (!step.done) step = reading.next(file.read(...step.value));
  return step.value;
}

/** `readNow` without waiting: `done` is called once, perhaps before this returns, with the parts or with what `readNow` would throw. */
export function readInBackground(
  file: TableFile,
  reading: TableReading,
  done: (parts: TableParts | Error) => void,
): void {
  const go = (given: Uint8Array | undefined): void => {
    const step = orError(() => (given === undefined ? reading.next() : reading.next(given)));
    if (step instanceof Error) done(step);
    else if (step.done === true) done(step.value);
    else file.readInBackground(...step.value, (bytes) => (bytes instanceof Error ? done(bytes) : go(bytes)));
  };
  go(undefined);
}
