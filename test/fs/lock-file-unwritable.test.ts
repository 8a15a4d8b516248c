import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { takeLockFile } from "../../src/fs/lock-file.ts";
import { thisHolder } from "../../src/fs/lock-holder.ts";

/** As on a read-only mount, also for root. */
function refuse(): never {
  throw Object.assign(new Error("read-only file system"), { code: "EROFS" });
}

vi.mock("node:fs", async (original) => ({
  ...(await original<typeof import("node:fs")>()),
  writeFileSync: refuse,
  unlinkSync: refuse,
}));

let directory: string;
beforeEach(() => {
  directory = fs.mkdtempSync(join(tmpdir(), "mini-lsm-lock-"));
});
afterEach(() => {
  fs.rmdirSync(directory);
});

test("a directory that takes no files is refused for the write, not for tidying up after it", () => {
  const { ino } = fs.statSync(directory);
  const self = thisHolder({ token: "00000000000000aa", socket: null, directoryInode: String(ino) });
  expect(() => takeLockFile(directory, self)).toThrow(
    expect.objectContaining({
      code: "IO_ERROR",
      systemCode: "EROFS",
      message: expect.stringMatching(/^cannot write /),
    }),
  );
});
