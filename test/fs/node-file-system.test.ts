import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { nodeFileSystem } from "../../src/fs/node-file-system.ts";

let root: string;
beforeEach(() => {
  root = fs.mkdtempSync(join(tmpdir(), "mini-lsm-fs-"));
});
afterEach(() => {
  fs.rmSync(root, { recursive: true });
});

test("new files are 0600 and new directories 0700, both less the umask", () => {
  const directory = join(root, "a", "b");
  nodeFileSystem.makeDirectory(directory);
  nodeFileSystem.open(join(directory, "x"), "create").close();
  expect(modeOf(directory)).toBe(0o700);
  expect(modeOf(join(root, "a"))).toBe(0o700);
  expect(modeOf(join(directory, "x"))).toBe(0o600);

  const before = process.umask(0o277);
  try {
    nodeFileSystem.makeDirectory(join(root, "c"));
    nodeFileSystem.open(join(directory, "y"), "create").close();
  } finally {
    process.umask(before);
  }
  expect(modeOf(join(root, "c"))).toBe(0o500);
  expect(modeOf(join(directory, "y"))).toBe(0o400);
});

function modeOf(path: string): number {
  return fs.statSync(path).mode & 0o777;
}

test.skipIf(spawnSync("mkfifo", ["--version"]).status !== 0)("a pipe is refused and not waited for", () => {
  spawnSync("mkfifo", [join(root, "pipe")]);
  expect(nodeFileSystem.stat(join(root, "pipe"))?.kind).toBe("other");
  expect(() => nodeFileSystem.open(join(root, "pipe"), "read")).toThrow(
    expect.objectContaining({ systemCode: "EINVAL" }),
  );
});

test("a path that Node refuses is an IoError too", () => {
  expect(() => nodeFileSystem.open("a\0b", "read")).toThrow(expect.objectContaining({ code: "IO_ERROR" }));
});

test("what is appended is in the file that the system sees, and synced names stay", () => {
  const path = join(root, "x");
  const file = nodeFileSystem.open(path, "createNew");
  file.append(Buffer.from("-abcdef-"), 1, 7);
  file.sync();
  file.truncate(4);
  file.close();
  nodeFileSystem.rename(path, `${path}2`);
  nodeFileSystem.syncDirectory(root);

  expect(fs.readFileSync(`${path}2`, "latin1")).toBe("abcd");
  expect(nodeFileSystem.list(root)).toEqual(["x2"]);
});

test.each(["read", "append", "create"] as const)("a link is not followed by %s", (mode) => {
  fs.writeFileSync(join(root, "target"), "kept");
  fs.symlinkSync("target", join(root, "link"));

  expect(() => nodeFileSystem.open(join(root, "link"), mode)).toThrow(
    expect.objectContaining({ code: "IO_ERROR", systemCode: "ELOOP", path: join(root, "link") }),
  );
  expect(fs.readFileSync(join(root, "target"), "latin1")).toBe("kept");
});

test("a directory reached through a link is neither listed, nor synced, nor taken for a made one", () => {
  fs.mkdirSync(join(root, "real"));
  fs.symlinkSync("real", join(root, "link"));
  const notDirectory = expect.objectContaining({ systemCode: "ENOTDIR" });

  expect(() => nodeFileSystem.list(join(root, "link"))).toThrow(notDirectory);
  expect(() => nodeFileSystem.makeDirectory(join(root, "link"))).toThrow(notDirectory);
  expect(() => nodeFileSystem.syncDirectory(join(root, "link"))).toThrow(expect.objectContaining({ code: "IO_ERROR" }));
});

test("a link is copied by nobody", async () => {
  fs.writeFileSync(join(root, "target"), "secret");
  fs.symlinkSync("target", join(root, "link"));
  const error = await new Promise<Error | undefined>((resolve) =>
    nodeFileSystem.copyInBackground(join(root, "link"), join(root, "copy"), resolve),
  );
  expect(error).toMatchObject({ code: "IO_ERROR", systemCode: "EINVAL" });
  expect(nodeFileSystem.list(root).sort()).toEqual(["link", "target"]);
});
