import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { MiniLevel } from "../../src/adapters/level/mini-level.ts";
import type { DatabaseOptions } from "../../src/adapters/level/options.ts";

/** A directory that is there until the test has finished. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "mini-level-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A new open database, closed when the test has finished. */
export async function levelDatabase<K = string, V = string>(
  options?: DatabaseOptions<K, V>,
  location: string = join(temporaryDirectory(), "db"),
): Promise<MiniLevel<K, V>> {
  const db = new MiniLevel<K, V>(location, options);
  await db.open();
  onTestFinished(() => db.close());
  return db;
}

/** All entries, in the notation `a=1 b=2`. */
export async function shown(db: { iterator(): { all(): Promise<[unknown, unknown][]> } }): Promise<string> {
  return (await db.iterator().all()).map(([key, value]) => `${key}=${value}`).join(" ");
}

/** `a=1 b=2` as operations of a batch. */
export function puts(text: string): { type: "put"; key: string; value: string }[] {
  return text.split(" ").map((entry) => {
    const [key = "", value = ""] = entry.split("=");
    return { type: "put", key, value };
  });
}
