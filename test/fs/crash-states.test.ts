import { describe, expect, test } from "vitest";
import { NATIVE_MAGIC } from "../../src/codec/native-header.ts";
import type { CrashChoice } from "../../src/fs/crash-states.ts";
import type { OpenMode } from "../../src/fs/file-system.ts";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import { randomOf } from "../support/random.ts";

/** Enough for every state of the small histories below; a state is a string, so the sets can be compared whole. */
const SEEDS = 2000;

function fileWith(fs: MemoryFileSystem, path: string, text: string, mode: OpenMode = "create"): void {
  const file = fs.open(path, mode);
  file.append(Buffer.from(text, "latin1"), 0, text.length);
  file.close();
}

function syncFile(fs: MemoryFileSystem, path: string): void {
  const file = fs.open(path, "append");
  file.sync();
  file.close();
}

function textOf(fs: MemoryFileSystem, path: string): string {
  const file = fs.open(path, "read");
  const bytes = Buffer.alloc(file.sizeBytes);
  file.read(bytes, 0, bytes.length, 0);
  file.close();
  return bytes.toString("latin1");
}

/** `a=… b=…`: each name with its content, a run of equal bytes as `x*512`, zero bytes as `0`. */
function show(fs: MemoryFileSystem): string {
  const names = fs.list("/").sort();
  return names.map((name) => `${name}=${shorten(textOf(fs, `/${name}`))}`).join(" ");
}

function shorten(text: string): string {
  return text.replaceAll("\0", "0").replace(/(.)\1{9,}/g, (run, byte) => `${byte}*${run.length}`);
}

function statesOf(fs: MemoryFileSystem): string[] {
  const states = new Set<string>();
  for (let seed = 0; seed < SEEDS; seed++) states.add(show(fs.crash(randomOf(seed))));
  return [...states].sort();
}

/** A log with `ab` on the disk and its name too. */
function logWith(durable: string): MemoryFileSystem {
  const fs = new MemoryFileSystem();
  fileWith(fs, "/x.wal", durable);
  syncFile(fs, "/x.wal");
  fs.syncDirectory("/");
  return fs;
}

describe("bytes after a crash", () => {
  test.each<[CrashChoice, string]>([
    ["none", "x.wal=ab"],
    ["all", "x.wal=abcd"],
  ])("%s of the unsynced bytes are there", (choice, expected) => {
    const fs = logWith("ab");
    fileWith(fs, "/x.wal", "cd", "append");
    expect(show(fs.crash(choice))).toBe(expected);
    expect(show(fs)).toBe("x.wal=abcd");
  });

  test("synced bytes and names are there in every state", () => {
    expect(statesOf(logWith("ab"))).toEqual(["x.wal=ab"]);
  });

  test("a log loses any suffix, which may be left as zeros", () => {
    const fs = logWith("ab");
    fileWith(fs, "/x.wal", "cd", "append");
    expect(statesOf(fs)).toEqual(["x.wal=ab", "x.wal=ab0", "x.wal=ab00", "x.wal=abc", "x.wal=abc0", "x.wal=abcd"]);
  });

  test("a log cut back and written again is seen at one moment of its life", () => {
    const fs = logWith("ab");
    const file = fs.open("/x.wal", "append");
    file.append(Buffer.from("c"), 0, 1);
    file.truncate(1);
    file.append(Buffer.from("d"), 0, 1);
    file.close();
    const states = ["x.wal=a", "x.wal=a0", "x.wal=ab", "x.wal=ab0", "x.wal=abc", "x.wal=ad"];
    expect(statesOf(fs)).toEqual(states);
  });

  test("any other file loses any of its sectors, and a part of its growth", () => {
    const fs = new MemoryFileSystem();
    fileWith(fs, "/x.sst", "a".repeat(500));
    syncFile(fs, "/x.sst");
    fs.syncDirectory("/");
    fileWith(fs, "/x.sst", "b".repeat(12 + 512 + 20), "append");

    const sectors = [
      ["b*12", "0*12"],
      ["b*512", "0*512"],
      ["b*20", "0*20"],
    ].map((choices) => choices.map((text) => text[0]!.repeat(Number(text.slice(2)))));
    let grown = ["a".repeat(500)];
    const expected = [...grown];
    for (const choices of sectors) {
      grown = grown.flatMap((start) => choices.map((sector) => start + sector));
      expected.push(...grown);
    }
    expect(statesOf(fs)).toEqual(expected.map((text) => `x.sst=${shorten(text)}`).sort());
  });

  test("a log of native loses any of its sectors, and a part of its growth", () => {
    const fs = logWith(Buffer.from(NATIVE_MAGIC).toString("latin1"));
    fileWith(fs, "/x.wal", "a".repeat(600), "append");
    const [first, second] = ["a".repeat(504), "a".repeat(96)];
    const [lost, lostToo] = ["\0".repeat(504), "\0".repeat(96)];
    const grown = ["", first, lost, first + second, first + lostToo, lost + second, lost + lostToo];
    const magic = Buffer.from(NATIVE_MAGIC).toString("latin1");
    expect(statesOf(fs)).toEqual(grown.map((text) => `x.wal=${shorten(magic + text)}`).sort());
  });

  test("a file that was emptied and written again is old, empty, or new with holes", () => {
    const fs = new MemoryFileSystem();
    fileWith(fs, "/x", "old");
    syncFile(fs, "/x");
    fs.syncDirectory("/");
    fileWith(fs, "/x", "newer");
    expect(statesOf(fs)).toEqual(["x=", "x=00000", "x=newer", "x=old"]);
  });

  test("a crashed state is durable whole", () => {
    const fs = logWith("ab");
    fileWith(fs, "/x.wal", "cd", "append");
    expect(show(fs.crash("all").crash("none"))).toBe("x.wal=abcd");
  });
});

describe("names after a crash", () => {
  test("a file whose name was not synced may be missing, however well its bytes were", () => {
    const fs = new MemoryFileSystem();
    fileWith(fs, "/x", "a");
    syncFile(fs, "/x");
    expect(show(fs.crash("none"))).toBe("");
    expect(statesOf(fs)).toEqual(["", "x=a"]);
  });

  test("creations and removals have each happened or not", () => {
    const fs = new MemoryFileSystem();
    fileWith(fs, "/old", "");
    fs.syncDirectory("/");
    fs.remove("/old");
    fileWith(fs, "/new", "");
    expect(statesOf(fs)).toEqual(["", "new=", "new= old=", "old="]);
  });

  test("a file has the same bytes under each of its names", () => {
    const fs = new MemoryFileSystem();
    fileWith(fs, "/x", "ab");
    fs.link("/x", "/y");
    fs.syncDirectory("/");
    expect(statesOf(fs)).toEqual(["x= y=", "x=00 y=00", "x=ab y=ab"]);
    const crashed = fs.crash("all");
    crashed.remove("/x");
    expect(crashed.usedBytes).toBe(2);
    crashed.remove("/y");
    expect(crashed.usedBytes).toBe(0);
  });

  test("a rename over a file leaves the old content or the new, and both names only with the old", () => {
    const fs = new MemoryFileSystem();
    fileWith(fs, "/x", "old");
    fileWith(fs, "/x.tmp", "new");
    syncFile(fs, "/x");
    syncFile(fs, "/x.tmp");
    fs.syncDirectory("/");
    fs.rename("/x.tmp", "/x");
    expect(statesOf(fs)).toEqual(["x=new", "x=old x.tmp=new"]);
  });

  test("a rename before the sync of the bytes may leave the name on nothing", () => {
    const fs = new MemoryFileSystem();
    fileWith(fs, "/x.tmp", "new");
    fs.rename("/x.tmp", "/x");
    fs.syncDirectory("/");
    expect(statesOf(fs)).toEqual(["x=", "x=000", "x=new"]);
  });

  test("makeDirectory makes its names durable, and nothing below them", () => {
    const fs = new MemoryFileSystem();
    fs.makeDirectory("/a/b");
    fileWith(fs, "/a/b/x", "");
    const crashed = fs.crash("none");
    expect(crashed.list("/a")).toEqual(["b"]);
    expect(crashed.list("/a/b")).toEqual([]);
  });

  test("a removed directory may come back, with the names its disk knew", () => {
    const fs = new MemoryFileSystem();
    fs.makeDirectory("/a");
    fileWith(fs, "/a/x", "");
    fs.syncDirectory("/a");
    fs.remove("/a/x");
    fs.removeDirectory("/a");
    expect(fs.crash("all").list("/")).toEqual([]);
    expect(fs.crash("none").list("/a")).toEqual(["x"]);
  });
});

describe("after a kill", () => {
  test("everything is there, and a later power loss can still take what was not synced", () => {
    const fs = logWith("ab");
    fileWith(fs, "/x.wal", "cd", "append");
    fileWith(fs, "/y", "new");
    const next = fs.killed();
    expect(show(next)).toBe("x.wal=abcd y=new");
    expect(show(next.crash("none"))).toBe("x.wal=ab");
    expect(show(next.crash("all"))).toBe("x.wal=abcd y=new");
  });

  test("the next process changes nothing in the killed one's files", () => {
    const fs = logWith("ab");
    const next = fs.killed();
    fileWith(next, "/x.wal", "next", "append");
    next.rename("/x.wal", "/y");
    next.syncDirectory("/");
    expect(show(fs)).toBe("x.wal=ab");
    expect(show(fs.crash("all"))).toBe("x.wal=ab");
  });

  test("descriptors are gone and inodes are the same", () => {
    const fs = logWith("ab");
    fs.open("/x.wal", "read");
    const next = fs.killed();
    expect(next.openFiles).toBe(0);
    expect(next.stat("/x.wal")).toEqual(fs.stat("/x.wal"));
    expect(fs.crash("none").stat("/x.wal")).toEqual(fs.stat("/x.wal"));
  });
});

test("one seed gives one state", () => {
  const fs = logWith("ab");
  fileWith(fs, "/x.wal", "c".repeat(50), "append");
  for (let seed = 0; seed < 20; seed++) {
    expect(show(fs.crash(randomOf(seed)))).toBe(show(fs.crash(randomOf(seed))));
  }
});
