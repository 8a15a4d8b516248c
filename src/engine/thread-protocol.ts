import type { MessagePort } from "node:worker_threads";
import { CorruptionError, type ErrorCode, IoError, LsmError } from "../errors.ts";
import type { NewTable } from "../sstable/table-output.ts";
import type { JobRequest } from "./job.ts";

/** What the main thread sends: a job to do, or the number of one to give up. Numbers are unique per thread. */
export type ThreadRequest = { readonly job: number; readonly request: JobRequest } | { readonly cancel: number };

/** What the background thread answers, once per job; the one that was given up has failed. */
export type ThreadAnswer =
  | { readonly job: number; readonly tables: readonly NewTable[] }
  | { readonly job: number; readonly failure: PlainError };

/** What the background thread is started with. */
export type ThreadStart = {
  readonly port: MessagePort;
  /** One counter, incremented and notified after each slice and each answer. */
  readonly progress: Int32Array;
};

/** An error as plain data: a message keeps the fields of our own error classes only in this form. */
export type PlainError =
  | { readonly kind: "corruption"; readonly file: string; readonly offset: number; readonly message: string }
  | { readonly kind: "io"; readonly path: string; readonly systemCode: string; readonly message: string }
  | { readonly kind: "refused"; readonly code: ErrorCode; readonly message: string }
  | { readonly kind: "other"; readonly message: string; readonly stack: string | undefined };

export function toPlainError(error: unknown): PlainError {
  if (error instanceof CorruptionError) {
    return { kind: "corruption", file: error.file, offset: error.offset, message: error.message };
  }
  if (error instanceof IoError) {
    return { kind: "io", path: error.path, systemCode: error.systemCode, message: error.message };
  }
  if (error instanceof LsmError) return { kind: "refused", code: error.code, message: error.message };
  const other = error instanceof Error ? error : new Error(String(error));
  return { kind: "other", message: other.message, stack: other.stack };
}

export function fromPlainError(plain: PlainError): Error {
  switch (plain.kind) {
    case "corruption":
      return withMessage(new CorruptionError(plain.file, plain.offset, ""), plain.message);
    case "io":
      return withMessage(new IoError("use", plain.path, plain.systemCode), plain.message);
    case "refused":
      return new LsmError(plain.code, plain.message);
    case "other":
      return new Error(plain.message, { cause: plain.stack });
  }
}

function withMessage<Failure extends Error>(error: Failure, message: string): Failure {
  error.message = message;
  return error;
}
