import { beforeEach, describe, expect, test } from "vitest";
import type { File } from "../../src/fs/file-system.ts";
import { CrashSignal, type Injection, type Operation } from "../../src/fs/memory-calls.ts";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import { randomOf } from "../support/random.ts";

let fs: MemoryFileSystem;
beforeEach(() => {
  fs = new MemoryFileSystem();
});

function append(file: File, text: string): void {
  file.append(Buffer.from(text), 0, text.length);
}

function textOf(of: MemoryFileSystem, path: string): string {
  const file = of.open(path, "read");
  const bytes = Buffer.alloc(file.sizeBytes);
  file.read(bytes, 0, bytes.length, 0);
  file.close();
  return bytes.toString("latin1");
}

/** Refuses every call of one kind in one way. */
function inject(operation: Operation, injection: Injection): void {
  fs.beforeCall = (call) => (call.operation === operation ? injection : undefined);
}

/** One call of every kind, in this order. */
const CALLS: readonly Operation[] = [
  "makeDirectory",
  "syncDirectory",
  "create",
  "append",
  "truncate",
  "sync",
  "rename",
  "link",
  "syncDirectory",
  "open",
  "read",
  "stat",
  "list",
  "remove",
  "removeDirectory",
];

function callEverything(): void {
  fs.makeDirectory("/d");
  const file = fs.open("/d/x", "createNew");
  append(file, "abcd");
  file.truncate(2);
  file.sync();
  file.close();
  fs.rename("/d/x", "/d/y");
  fs.link("/d/y", "/z");
  fs.syncDirectory("/d");
  const again = fs.open("/d/y", "read");
  again.read(Buffer.alloc(1), 0, 1, 0);
  again.close();
  fs.stat("/d/y");
  fs.list("/d");
  fs.remove("/d/y");
  fs.removeDirectory("/d");
}

describe("the hook", () => {
  test("is asked before every call, with its number, kind and path", () => {
    const seen: string[] = [];
    fs.beforeCall = ({ number, operation, path }) => {
      seen.push(`${number} ${operation} ${path}`);
      return undefined;
    };
    callEverything();
    expect(seen.map((line) => line.split(" ")[1])).toEqual(CALLS);
    expect(seen.slice(0, 4)).toEqual(["1 makeDirectory /d", "2 syncDirectory /", "3 create /d/x", "4 append /d/x"]);
    expect(fs.effectCount).toBe(CALLS.length);
  });

  test.each(CALLS.map((operation, index) => [index + 1, operation] as const))(
    "can refuse call %i, %s, which then changes nothing",
    (number) => {
      fs.beforeCall = (call) => (call.number === number ? "EIO" : undefined);
      expect(callEverything).toThrow(expect.objectContaining({ code: "IO_ERROR", systemCode: "EIO" }));

      const stopped = new MemoryFileSystem();
      fs.beforeCall = undefined;
      const untouched = fs;
      fs = stopped;
      fs.beforeCall = (call) => {
        if (call.number === number) throw new CrashSignal();
        return undefined;
      };
      expect(callEverything).toThrow(CrashSignal);
      expect(tree(untouched)).toEqual(tree(stopped.killed()));
    },
  );

  test("ends the program with a crash signal: no later call has an effect", () => {
    const file = fs.open("/x", "createNew");
    fs.beforeCall = (call) => {
      if (call.operation === "append") throw new CrashSignal("stop");
      return undefined;
    };
    expect(() => append(file, "a")).toThrow(CrashSignal);
    expect(() => fs.remove("/x")).toThrow(CrashSignal);
    expect(() => file.sync()).toThrow(CrashSignal);
    file.close();
    expect(fs.openFiles).toBe(0);
    expect(fs.effectCount).toBe(2);
    expect(fs.killed().list("/")).toEqual(["x"]);
  });

  test("can cut an append short; the file counts what got there", () => {
    const file = fs.open("/x", "createNew");
    inject("append", { shortWriteBytes: 2 });
    expect(() => append(file, "abcd")).toThrow(expect.objectContaining({ systemCode: "ENOSPC" }));
    expect(file.sizeBytes).toBe(2);
    expect(textOf(fs, "/x")).toBe("ab");
  });
});

/** All that is visible below a directory, as one value. */
function tree(of: MemoryFileSystem, directory = "/"): unknown {
  return of
    .list(directory)
    .sort()
    .map((name) => {
      const path = directory === "/" ? `/${name}` : `${directory}/${name}`;
      return [name, of.stat(path)?.kind === "directory" ? tree(of, path) : textOf(of, path)];
    });
}

describe("a failed sync", () => {
  test("loses what was not synced: readers see it, and no later sync brings it to the disk", () => {
    const file = fs.open("/x", "createNew");
    fs.syncDirectory("/");
    append(file, "ab");
    inject("sync", "EIO");
    expect(() => file.sync()).toThrow(expect.objectContaining({ systemCode: "EIO" }));

    fs.beforeCall = undefined;
    append(file, "cd");
    file.sync();
    expect(textOf(fs, "/x")).toBe("abcd");
    expect(textOf(fs.killed(), "/x")).toBe("abcd");
    expect(textOf(fs.killed().crash("all"), "/x")).toBe("\0\0cd");
    expect(textOf(fs.crash("none"), "/x")).toBe("\0\0cd");
  });

  test("takes nothing from a clone made before it", () => {
    const file = fs.open("/x", "createNew");
    append(file, "ab");
    const before = fs.killed();
    inject("sync", "EIO");
    expect(() => file.sync()).toThrow();
    expect(textOf(before.crash("all"), "/x")).toBe("ab");
  });
});

test("a lying sync answers and makes nothing durable", () => {
  fs.lyingSync = true;
  const file = fs.open("/x", "createNew");
  append(file, "ab");
  file.sync();
  fs.syncDirectory("/");
  expect(fs.crash("none").list("/")).toEqual([]);
  expect(textOf(fs.crash("all"), "/x")).toBe("ab");
});

describe("a full disk", () => {
  test("takes what fits and then says ENOSPC", () => {
    fs.capacityBytes = 5;
    const file = fs.open("/x", "createNew");
    append(file, "abc");
    expect(() => append(file, "defg")).toThrow(expect.objectContaining({ systemCode: "ENOSPC", path: "/x" }));
    expect(file.sizeBytes).toBe(5);
    expect(textOf(fs, "/x")).toBe("abcde");
  });

  test("has space again for what was cut, emptied, replaced or removed", () => {
    fs.capacityBytes = 4;
    const x = fs.open("/x", "createNew");
    append(x, "abcd");
    x.truncate(1);
    expect(fs.usedBytes).toBe(1);
    const y = fs.open("/y", "createNew");
    append(y, "abc");
    x.close();
    y.close();
    fs.rename("/y", "/x");
    expect(fs.usedBytes).toBe(3);
    fs.open("/x", "create").close();
    expect(fs.usedBytes).toBe(0);
  });

  test("has no space for a removed file until its last reader has closed", () => {
    const file = fs.open("/x", "createNew");
    append(file, "abc");
    fs.remove("/x");
    expect(fs.usedBytes).toBe(3);
    file.close();
    expect(fs.usedBytes).toBe(0);
  });

  test("is measured anew after a crash and a kill", () => {
    append(fs.open("/x", "createNew"), "abc");
    expect(fs.killed().usedBytes).toBe(3);
    expect(fs.crash("none").usedBytes).toBe(0);
  });
});

test("open files are counted, and one too many makes nothing", () => {
  fs.openFilesMax = 2;
  const first = fs.open("/x", "createNew");
  const second = fs.open("/x", "read");
  expect(fs.openFiles).toBe(2);
  expect(() => fs.open("/y", "create")).toThrow(expect.objectContaining({ systemCode: "EMFILE" }));
  expect(fs.list("/")).toEqual(["x"]);
  first.close();
  second.close();
  second.close();
  expect(fs.openFiles).toBe(0);
  fs.open("/y", "create").close();
});

test("a second writing handle is found out", () => {
  const first = fs.open("/x", "createNew");
  const second = fs.open("/x", "append");
  append(first, "a");
  expect(() => append(second, "b")).toThrow("one file has one writing handle");
});

test("what a writer does to its buffer afterwards does not reach the disk", () => {
  const file = fs.open("/x", "createNew");
  const bytes = Buffer.from("ab");
  file.append(bytes, 0, 2);
  bytes.fill("z");
  file.sync();
  fs.syncDirectory("/");
  expect(textOf(fs.crash("none"), "/x")).toBe("ab");
});

test("a rename leaves its directory never", () => {
  fs.makeDirectory("/d");
  fs.open("/x", "createNew").close();
  expect(() => fs.rename("/x", "/d/x")).toThrow(expect.objectContaining({ systemCode: "EXDEV" }));
});

test("a file with two names takes its space once, and is one file after a kill and after a crash", () => {
  append(fs.open("/x", "createNew"), "abc");
  fs.makeDirectory("/d");
  fs.link("/x", "/d/y");
  for (const later of [fs, fs.killed(), fs.crash("all")]) {
    expect(later.usedBytes).toBe(3);
    expect(later.stat("/d/y")).toEqual(later.stat("/x"));
  }
  const crashed = fs.crash("all");
  crashed.remove("/x");
  expect(crashed.usedBytes).toBe(3);
  crashed.remove("/d/y");
  expect(crashed.usedBytes).toBe(0);
});

test("the same unsynced bytes of a file survive under both of its names", () => {
  fs.open("/x", "createNew").close();
  fs.link("/x", "/y");
  fs.syncDirectory("/");
  append(fs.open("/x", "append"), "abcdefgh".repeat(500));
  const seen = new Set<string>();
  for (let seed = 0; seed < 50; seed++) {
    const crashed = fs.crash(randomOf(seed));
    seen.add(textOf(crashed, "/x"));
    expect(textOf(crashed, "/y")).toBe(textOf(crashed, "/x"));
  }
  expect(seen.size).toBeGreaterThan(5);
});
