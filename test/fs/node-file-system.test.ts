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

test("new files are 0600 and new directories 0700", () => {
  const directory = join(root, "a", "b");
  nodeFileSystem.makeDirectory(directory);
  nodeFileSystem.open(join(directory, "x"), "create").close();

  expect(fs.statSync(directory).mode & 0o777).toBe(0o700);
  expect(fs.statSync(join(root, "a")).mode & 0o777).toBe(0o700);
  expect(fs.statSync(join(directory, "x")).mode & 0o777).toBe(0o600);
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
