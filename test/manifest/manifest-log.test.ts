import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { File, FileSystem } from "../../src/fs/file-system.ts";
import { nodeFileSystem } from "../../src/fs/node-file-system.ts";
import type { Edit } from "../../src/manifest/edit.ts";
import { Manifest, readManifest } from "../../src/manifest/manifest-log.ts";

const FIRST: Edit = { kind: "newMemtable", id: 0 };
const SECOND: Edit = { kind: "flush", id: 0 };

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "manifest-"));
  path = join(directory, "MANIFEST");
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

function write(...edits: Edit[]): void {
  const manifest = Manifest.create(nodeFileSystem, path);
  for (const edit of edits) manifest.append(edit);
  manifest.close();
}

const editsIn = (): Edit[] => readManifest(nodeFileSystem, path).records.map((record) => record.edit);

/** The node file system, with a file that calls `before` ahead of every effect and may be made to fail there. */
function watched(before: (effect: "append" | "truncate" | "sync", file: File) => void): FileSystem {
  const watch = (file: File): File => ({
    path: file.path,
    get sizeBytes(): number {
      return file.sizeBytes;
    },
    read: file.read.bind(file),
    readInBackground: file.readInBackground.bind(file),
    append(bytes, start, end): void {
      before("append", file);
      file.append(bytes, start, end);
    },
    truncate(sizeBytes): void {
      before("truncate", file);
      file.truncate(sizeBytes);
    },
    sync(): void {
      before("sync", file);
      file.sync();
    },
    syncInBackground: file.syncInBackground.bind(file),
    close: file.close.bind(file),
  });
  return { ...nodeFileSystem, open: (name, mode) => watch(nodeFileSystem.open(name, mode)) };
}

describe("the manifest", () => {
  test("gives back what was appended, over several openings", () => {
    write(FIRST);
    const { manifest, contents } = Manifest.open(nodeFileSystem, path);
    manifest.append(SECOND);
    manifest.close();

    expect(contents).toEqual({ records: [{ offset: 0, edit: FIRST }], tornBytes: 0, warning: undefined });
    expect(editsIn()).toEqual([FIRST, SECOND]);
  });

  test("is not created over an existing one", () => {
    write(FIRST);
    expect(() => Manifest.create(nodeFileSystem, path)).toThrow(expect.objectContaining({ systemCode: "EEXIST" }));
    expect(editsIn()).toEqual([FIRST]);
  });

  test("syncs every record", () => {
    const effects: string[] = [];
    const manifest = Manifest.create(
      watched((effect) => effects.push(effect)),
      path,
    );
    manifest.append(FIRST);
    manifest.append(SECOND);
    manifest.close();
    expect(effects).toEqual(["append", "sync", "append", "sync"]);
  });
});

describe("a torn manifest", () => {
  beforeEach(() => {
    write(FIRST, SECOND);
    writeFileSync(path, readFileSync(path).subarray(0, 40));
  });

  test("is cut to its whole records and synced before anything is appended", () => {
    const effects: string[] = [];
    const { manifest, contents } = Manifest.open(
      watched((effect) => effects.push(effect)),
      path,
    );
    expect(effects).toEqual(["truncate", "sync"]);
    expect(statSync(path).size).toBe(29);
    expect(contents.tornBytes).toBe(11);
    expect(contents.warning).toContain("ignoring incomplete manifest frame at byte offset 29");
    expect(contents.warning).toContain(path);

    manifest.append(SECOND);
    manifest.close();
    expect(editsIn()).toEqual([FIRST, SECOND]);
  });

  test("is left as it is when it is only read", () => {
    const contents = readManifest(nodeFileSystem, path);
    expect(contents.tornBytes).toBe(11);
    expect(contents.records.length).toBe(1);
    expect(statSync(path).size).toBe(40);
  });
});

test("a damaged manifest is not opened and not changed", () => {
  write(FIRST, SECOND);
  const bytes = readFileSync(path);
  bytes[10]! ^= 1;
  writeFileSync(path, bytes);

  expect(() => Manifest.open(nodeFileSystem, path)).toThrow(
    expect.objectContaining({ code: "CORRUPTION", file: path, offset: 0 }),
  );
  expect(readFileSync(path)).toEqual(bytes);
});

test("a record that did not fit is cut off again and the manifest goes on", () => {
  let failures = 0;
  const fs = watched((effect) => {
    if (effect === "append" && failures++ === 0) throw new Error("no space left");
  });
  const manifest = Manifest.create(fs, path);
  expect(() => manifest.append(FIRST)).toThrow("no space left");
  expect(statSync(path).size).toBe(0);
  expect(manifest.failure).toBeUndefined();

  manifest.append(SECOND);
  manifest.close();
  expect(editsIn()).toEqual([SECOND]);
});

describe.each(["sync", "append truncate"])("after a failed %s", (calls) => {
  test("every later append throws the first error and writes nothing", () => {
    let failing = calls.split(" ");
    const fs = watched((effect) => {
      if (failing.includes(effect)) throw new Error("no space left");
    });
    const manifest = Manifest.create(fs, path);
    expect(() => manifest.append(FIRST)).toThrow("no space left");
    const sizeBytes = statSync(path).size;

    failing = [];
    expect(() => manifest.append(SECOND)).toThrow("no space left");
    expect(manifest.failure?.message).toBe("no space left");
    manifest.close();
    expect(statSync(path).size).toBe(sizeBytes);
  });
});
