import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { refuseOccupied, refuseOverlap, targetPlace } from "../../../src/tools/target/target-place.ts";
import { Workspace } from "../../support/conversions.ts";

let space: Workspace;
beforeEach(() => {
  space = new Workspace();
  for (const name of ["a", "a/inner", "b"]) mkdirSync(space.at(name));
  symlinkSync(space.at("a"), space.at("link"));
  symlinkSync("nowhere", space.at("dangling"));
});
afterEach(() => space[Symbol.dispose]());

/** What is said of a conversion from one name in the workspace to another, without the workspace's path. */
function refusal(check: () => void): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    return (error as Error).message.replaceAll(`${space.path}/`, "");
  }
}

describe("directories that lie in one another", () => {
  test.each([
    ["the same name", "a", "a", "a and a are the same directory"],
    ["a name with a detour", "a", "b/../a/", "a and b/../a/ are the same directory"],
    ["a link to it", "a", "link", "a and link are the same directory"],
    ["the new one inside", "a", "a/new", "a/new lies inside a"],
    ["the new one deeper inside", "a", "a/inner/new", "a/inner/new lies inside a"],
    ["the new one inside, by a link", "a", "link/new", "link/new lies inside a"],
    ["the old one inside", "a/inner", "a", "a/inner lies inside a"],
    ["the old one inside, by a link", "link/inner", "a", "link/inner lies inside a"],
  ])("are refused: %s", (_, from, to, expected) => {
    expect(refusal(() => refuseOverlap(space.at(from), targetPlace(`${space.path}/${to}`, "conversion")))).toBe(
      expected,
    );
  });

  test("are refused by a relative path", () => {
    const from = relative(process.cwd(), space.at("a"));
    expect(refusal(() => refuseOverlap(from, targetPlace(space.at("a"), "conversion")))).toContain(
      "are the same directory",
    );
  });

  test("are refused where the conversion itself works", () => {
    mkdirSync(join(space.at("new.unfinished"), "database"), { recursive: true });
    expect(
      refusal(() => refuseOverlap(space.at("new.unfinished/database"), targetPlace(space.at("new"), "conversion"))),
    ).toBe("new.unfinished/database lies in new.unfinished, where a conversion to new works: move it elsewhere first");
  });

  test.each([
    ["a", "b"],
    ["a", "aa"],
    ["a/inner", "a/other"],
    ["a", "link2"],
  ])("are not %s and %s", (from, to) => {
    expect(refusal(() => refuseOverlap(space.at(from), targetPlace(space.at(to), "conversion")))).toBeUndefined();
  });
});

describe("a place for a new database", () => {
  test.each([
    ["nothing", "new"],
    ["an empty directory", "b"],
  ])("may hold %s", (_, name) => {
    expect(refusal(() => refuseOccupied(targetPlace(space.at(name), "conversion")))).toBeUndefined();
  });

  test.each([
    ["a directory that holds something", "a", "a is not empty, it holds inner: a conversion replaces nothing"],
    ["a file", "file", "file is there already: a file, and a conversion replaces nothing"],
    ["a link", "link", "link is there already: a symbolic link, and a conversion replaces nothing"],
    ["a link to nowhere", "dangling", "dangling is there already: a symbolic link, and a conversion replaces nothing"],
  ])("may not hold %s", (_, name, expected) => {
    writeFileSync(space.at("file"), "");
    expect(refusal(() => refuseOccupied(targetPlace(space.at(name), "conversion")))).toBe(expected);
  });

  test.each(["missing/new", "dangling/new", "file/new"])("is not %s: the directory around it must be there", (name) => {
    writeFileSync(space.at("file"), "");
    expect(refusal(() => targetPlace(space.at(name), "conversion"))).toBe(
      `cannot make ${name}: there is no directory ${name.replace("/new", "")}`,
    );
  });
});
