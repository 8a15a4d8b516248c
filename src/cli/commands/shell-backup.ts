import { isUtf8 } from "node:buffer";
import { CorruptionError } from "../../errors.ts";
import type { Outcome } from "../answers/outcome.ts";
import { RefusedError } from "../language/command.ts";
import type { Execution } from "./execution.ts";

/** Copies the open database to a new directory, with all that is in memory, and reads the copy. */
export async function shellBackup(execution: Execution, directory: Uint8Array): Promise<Outcome> {
  if (!isUtf8(directory)) throw new RefusedError("the name of the copy is not UTF-8: give it another one");
  const to = Buffer.from(directory).toString();
  const { database, progress, signal, path } = execution;
  const { backUpOpenDatabase } = await import("../../tools/backup/back-up-open.ts");
  const watch = {
    signal,
    begin: (total: number | undefined) => progress.begin("backup", total === undefined ? undefined : BigInt(total)),
    isBreathDue: () => execution.isBreathDue(),
    breathe: (done: number) => {
      progress.update(done);
      return execution.breathe();
    },
  };
  try {
    const { sizeBytes, verification } = await backUpOpenDatabase(
      { path, checkpoint: (into, stop) => database.checkpoint(into, stop) },
      to,
      watch,
    );
    const [fault] = verification.faults;
    if (fault !== undefined)
      throw new CorruptionError(fault.file, fault.offset ?? 0, `${fault.problem}; ${to} was not made`);
    return { kind: "backedUp", to, tables: verification.tables, entries: verification.entries, sizeBytes };
  } catch (error) {
    if (!signal.aborted) throw error;
    return { kind: "interrupted", command: "backup", progress: "the copy was not made" };
  } finally {
    progress.end();
  }
}
