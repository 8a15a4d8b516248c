import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { takeLockFile } from "../../src/fs/lock-file.ts";
import { decodeHolder, encodeHolder, type LockHolder, thisHolder } from "../../src/fs/lock-holder.ts";

vi.mock("node:fs", async (original) => ({
  ...(await original<typeof import("node:fs")>()),
  linkSync() {
    throw Object.assign(new Error("no links on this file system"), { code: "EPERM", syscall: "link" });
  },
}));

let directory: string;
beforeEach(() => {
  directory = fs.mkdtempSync(join(tmpdir(), "mini-lsm-lock-"));
});
afterEach(() => {
  fs.rmSync(directory, { recursive: true });
});

function self(token: string): LockHolder {
  return thisHolder({ token, socket: null, directoryInode: String(fs.statSync(directory).ino) });
}

function tokenInLock(): string | undefined {
  return decodeHolder(fs.readFileSync(join(directory, "LOCK"), "utf8"))?.token;
}

test("without links a free LOCK is taken, kept against others, and given back", () => {
  const file = takeLockFile(directory, self("00000000000000aa"));
  expect(tokenInLock()).toBe("00000000000000aa");
  expect(() => takeLockFile(directory, self("00000000000000bb"))).toThrow(expect.objectContaining({ code: "LOCKED" }));
  expect(file.beat()).toBe(true);
  file.release();
  expect(fs.readdirSync(directory)).toEqual([]);
});

test("without links a left-over LOCK is taken over", () => {
  const gone = { ...self("00000000000000cc"), processStart: "another" };
  fs.writeFileSync(join(directory, "LOCK"), encodeHolder(gone));
  takeLockFile(directory, self("00000000000000aa")).release();
  expect(fs.readdirSync(directory)).toEqual([]);
});
