import { LsmError } from "../../errors.ts";

/** An entry on its way into a database. */
export type TransferEntry = {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  /** Where it stands in its source, such as `line 3`. */
  readonly place: string;
};

/** What is wrong with a source, and where. */
export class SourceError extends LsmError {
  override readonly name = "SourceError";

  constructor(place: string, problem: string, cause?: unknown) {
    super("INVALID_ARGUMENT", `${place}: ${problem}`, { cause });
  }
}

/** A record of text holds at most so much, since it becomes a string: a key and a value of `TEXT_BYTES_MAX`, as base64. */
export const RECORD_BYTES_MAX: number = 384 * 1024 * 1024;
/** What is longer is not written as text. */
export const TEXT_BYTES_MAX: number = 256 * 1024 * 1024;
/** What is longer is written as base64, whatever it is: of text, every byte may take six. */
export const PLAIN_TEXT_BYTES_MAX: number = 16 * 1024 * 1024;
