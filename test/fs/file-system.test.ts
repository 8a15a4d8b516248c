import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import { nodeFileSystem } from "../../src/fs/node-file-system.ts";
import { describeFileSystem } from "./file-system-contract.ts";

const scratch = mkdtempSync(join(tmpdir(), "mini-lsm-fs-"));
afterAll(() => {
  rmSync(scratch, { recursive: true });
});

describeFileSystem("files of this machine", () => ({ fs: nodeFileSystem, root: mkdtempSync(join(scratch, "root-")) }));

describeFileSystem("files in memory", () => {
  const fs = new MemoryFileSystem();
  fs.makeDirectory("/root");
  return { fs, root: "/root" };
});
