import { existsSync } from "node:fs";
import { join } from "node:path";
import { LsmError } from "../../errors.ts";
import { LevelError, levelError } from "./errors.ts";

/** Throws when the directory holds a database of LevelDB, beside which one of ours would stand empty. */
export function refuseLevelDb(location: string): void {
  if (!existsSync(join(location, "CURRENT")) || existsSync(join(location, "MANIFEST"))) return;
  throw new LevelError(
    "LEVEL_NOT_SUPPORTED",
    `${location} holds a database of LevelDB, whose files are others: run npx mini-lsm-cli import NEW --from classic-level ${location}, and open the directory NEW`,
  );
}

/** What opening failed with, as users of `level` know it, and with the remedy where a program of ours offers one. */
export function openingError(location: string, error: unknown): unknown {
  if (!(error instanceof LsmError)) return error;
  const { code } = error;
  if (code === "DATABASE_EXISTS") {
    return new LevelError("LEVEL_DATABASE_EXISTS", `${location} holds a database that exists already`, {
      cause: error,
    });
  }
  if (code !== "FORMAT_MISMATCH") return levelError(error);
  const command = `npx mini-lsm-cli convert ${location} NEW --format native`;
  return new LevelError(
    "LEVEL_NOT_SUPPORTED",
    `${location} holds a database that is not of the format native: run ${command}, and open the directory NEW`,
    { cause: error },
  );
}
