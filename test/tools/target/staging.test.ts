import { mkdirSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Staging } from "../../../src/tools/target/staging.ts";
import { targetPlace } from "../../../src/tools/target/target-place.ts";
import { Workspace } from "../../support/conversions.ts";

let space: Workspace;
beforeEach(() => {
  space = new Workspace();
});
afterEach(() => space[Symbol.dispose]());

const begin = (): Promise<Staging> => Staging.begin(targetPlace(space.at("new"), "conversion"));

/** A database is whatever lies in the directory. */
function fill(staging: Staging): void {
  mkdirSync(staging.database);
  writeFileSync(`${staging.database}/MANIFEST`, "content");
}

describe("a conversion's working directory", () => {
  test("becomes the target, and nothing stays beside it", async () => {
    const staging = await begin();
    fill(staging);
    expect(space.names()).toEqual(["new.unfinished"]);
    staging.publish();
    await staging.end();
    expect(space.names()).toEqual(["new"]);
    expect(space.files("new")).toEqual({ MANIFEST: "content" });
  });

  test("takes the place of an empty directory", async () => {
    mkdirSync(space.at("new"));
    const staging = await begin();
    fill(staging);
    staging.publish();
    await staging.end();
    expect(space.names()).toEqual(["new"]);
    expect(space.names("new")).toEqual(["MANIFEST"]);
  });

  test("goes when it comes to nothing, and an empty target stays", async () => {
    mkdirSync(space.at("new"));
    const staging = await begin();
    fill(staging);
    await staging.end();
    expect(space.names()).toEqual(["new"]);
    expect(space.names("new")).toEqual([]);
  });

  test.each([
    ["a file", () => writeFileSync(space.at("new"), "mine")],
    ["a directory that is not empty", () => mkdirSync(space.at("new/mine"), { recursive: true })],
  ])("replaces nothing that came meanwhile: %s", async (_, come) => {
    const staging = await begin();
    fill(staging);
    come();
    expect(() => staging.publish()).toThrow("a conversion replaces nothing");
    await staging.end();
    expect(space.names()).toEqual(["new"]);
  });

  test("belongs to one conversion at a time", async () => {
    const first = await begin();
    await expect(begin()).rejects.toMatchObject({ code: "LOCKED" });
    fill(first);
    first.publish();
    await first.end();
    expect(space.names()).toEqual(["new"]);
  });

  test("that a killed conversion left is used again, without what was in it", async () => {
    mkdirSync(space.at("new.unfinished/database"), { recursive: true });
    writeFileSync(space.at("new.unfinished/database/MANIFEST"), "half");
    writeFileSync(space.at("new.unfinished/database/00001.sst"), "half");
    const staging = await begin();
    expect(space.names("new.unfinished")).toEqual(["LOCK"]);
    await staging.end();
    expect(space.names()).toEqual([]);
  });

  test.each([
    ["beside the database", "new.unfinished", "mine"],
    ["in the database", "new.unfinished/database", "mine"],
  ])("keeps what no conversion made: %s", async (_, directory, name) => {
    mkdirSync(space.at("new.unfinished/database"), { recursive: true });
    writeFileSync(space.at(`${directory}/${name}`), "");
    await expect(begin()).rejects.toMatchObject({
      code: "DATABASE_EXISTS",
      message: expect.stringContaining(`new.unfinished is in the way: it holds ${name}, which no conversion made`),
    });
    expect(space.names(directory)).toContain(name);
    expect(space.names("new.unfinished")).not.toContain("LOCK");
  });

  test("is not made where the target is taken", async () => {
    mkdirSync(space.at("new/mine"), { recursive: true });
    await expect(begin()).rejects.toMatchObject({ code: "DATABASE_EXISTS" });
    expect(space.names()).toEqual(["new"]);
  });
});
