import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { MiniLsm } from "../../src/index.ts";

const GOLDEN = fileURLToPath(new URL("../golden/", import.meta.url));
const names = readdirSync(GOLDEN).filter((name) => name.startsWith("native-"));
const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));

const shown = (db: MiniLsm) =>
  [...db.scan()].map(([key, value]) => [key, value].map((bytes) => Buffer.from(bytes).toString("base64")));
const contentOf = (directory: string) =>
  new Map(readdirSync(directory).map((name) => [name, readFileSync(join(directory, name), "hex")]));

test("there is a golden database of this version", () => {
  expect(names).toContain(`native-${version}`);
});

describe.each(names)("the golden database %s", (name) => {
  const entries = JSON.parse(readFileSync(join(GOLDEN, name, "entries.json"), "utf8"));
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "mini-lsm-golden-"));
    cpSync(join(GOLDEN, name, "database"), directory, { recursive: true });
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  test("is read without a byte being changed", async () => {
    const before = contentOf(directory);
    const warnings: string[] = [];
    const db = await MiniLsm.open(directory, { readOnly: true }, (events) =>
      events.on("warning", ({ message }) => warnings.push(message)),
    );
    expect(db.format).toBe("native");
    expect(shown(db)).toEqual(entries);
    await db.close();
    expect(warnings).toEqual([]);
    expect(contentOf(directory)).toEqual(before);
  });

  test("holds the same after it was opened, written to, compacted, closed and opened again", async () => {
    const db = await MiniLsm.open(directory);
    db.put("new", "1");
    await db.flush();
    await db.compact();
    db.delete("new");
    await db.close();
    await using again = await MiniLsm.open(directory);
    expect(shown(again)).toEqual(entries);
  });
});
