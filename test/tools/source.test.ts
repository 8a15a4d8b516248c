import * as fs from "node:fs";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { encodeHolder, thisHolder } from "../../src/fs/lock-holder.ts";
import { openSource } from "../../src/tools/source.ts";
import { Workspace } from "../support/conversions.ts";

/** Directories of this name are as on a read-only mount, also for root. */
const FROZEN = "frozen";

vi.mock("node:fs", async (original) => {
  const real = await original<typeof import("node:fs")>();
  const writeFileSync: typeof real.writeFileSync = (path, ...rest) => {
    if (String(path).includes(`/${FROZEN}/`)) throw Object.assign(new Error("read-only"), { code: "EROFS" });
    real.writeFileSync(path, ...rest);
  };
  return { ...real, writeFileSync };
});

let space: Workspace;
beforeEach(async () => {
  space = new Workspace();
  await space.make("made", [["a", "1"]]);
});
afterEach(() => space[Symbol.dispose]());

/** Leaves a LOCK as another machine would, last heard of so long ago, and makes the directory read-only. */
function freezeWithLock(silentSeconds: number): void {
  const self = thisHolder({ token: "00000000000000aa", socket: null, directoryInode: "1" });
  fs.writeFileSync(space.at("made/LOCK"), encodeHolder({ ...self, host: "elsewhere", boot: "another" }));
  const heard = Date.now() / 1000 - silentSeconds;
  fs.utimesSync(space.at("made/LOCK"), heard, heard);
  fs.renameSync(space.at("made"), space.at(FROZEN));
}

test("a database on a medium that takes no files is opened without a lock", async () => {
  fs.renameSync(space.at("made"), space.at(FROZEN));
  const before = space.names(FROZEN);
  const source = await openSource(space.at(FROZEN), () => {});
  expect(Buffer.from(source.database.get("a") ?? []).toString()).toBe("1");
  expect(space.names(FROZEN)).toEqual(before);
  await source.close();
});

test("such a medium that another machine writes to is refused", async () => {
  freezeWithLock(1);
  await expect(openSource(space.at(FROZEN), () => {})).rejects.toMatchObject({
    code: "LOCKED",
    message: expect.stringMatching(/frozen is in use by process \d+ on host elsewhere/),
  });
});

test("such a medium is not refused for a LOCK whose owner has been silent for long", async () => {
  freezeWithLock(100);
  const source = await openSource(space.at(FROZEN), () => {});
  await source.close();
});

test("an open source is locked, and free again when it is closed", async () => {
  const source = await openSource(space.at("made"), () => {});
  await expect(openSource(space.at("made"), () => {})).rejects.toMatchObject({ code: "LOCKED" });
  await source.close();
  await (await openSource(space.at("made"), () => {})).close();
  expect(space.names("made")).not.toContain("LOCK");
});
