import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { LsmError } from "../../src/errors.ts";
import { acquireDirectoryLock, type DirectoryLock } from "../../src/fs/directory-lock.ts";
import { parseFileName } from "../../src/fs/file-names.ts";
import { takeLockFile } from "../../src/fs/lock-file.ts";
import { decodeHolder, encodeHolder, type LockHolder, thisHolder } from "../../src/fs/lock-holder.ts";

let directory: string;
let lockPath: string;
const held: DirectoryLock[] = [];

beforeEach(() => {
  directory = fs.mkdtempSync(join(tmpdir(), "mini-lsm-lock-"));
  lockPath = join(directory, "LOCK");
});
afterEach(async () => {
  vi.useRealTimers();
  for (const lock of held.splice(0)) await lock.release();
  fs.rmSync(directory, { recursive: true });
});

async function acquire(path = directory): Promise<DirectoryLock> {
  const lock = await acquireDirectoryLock(path);
  held.push(lock);
  return lock;
}

/** This process without the socket, so that the LOCK file decides, as it does elsewhere than on Linux. */
function self(token = "00000000000000aa"): LockHolder {
  return thisHolder({ token, socket: null, directoryInode: String(fs.statSync(directory).ino) });
}

function deadPid(): number {
  return spawnSync(process.execPath, ["--version"]).pid;
}

/** Leaves a LOCK (or a claim) of another process, last written `silentSeconds` ago. */
function leave(difference: Partial<LockHolder>, silentSeconds = 0, name = "LOCK"): void {
  leaveText(encodeHolder({ ...self("00000000000000bb"), ...difference }), silentSeconds, name);
}

function leaveText(text: string, silentSeconds = 0, name = "LOCK"): void {
  const path = join(directory, name);
  fs.writeFileSync(path, text);
  const time = Date.now() / 1000 - silentSeconds;
  fs.utimesSync(path, time, time);
}

function holder(): LockHolder | undefined {
  return decodeHolder(fs.readFileSync(lockPath, "utf8"));
}

function refusal(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof LsmError && error.code === "LOCKED") return error.message;
    throw error;
  }
  throw new Error("the lock was given");
}

describe("a free directory", () => {
  test("gets a LOCK that names this process, and nothing else", async () => {
    const lock = await acquire();
    expect(lock.held).toBe(true);
    const { dev, ino } = fs.statSync(directory);
    expect(holder()).toMatchObject({ pid: process.pid, directoryInode: String(ino) });
    if (process.platform === "linux") expect(holder()?.socket).toMatch(new RegExp(` mini-lsm-${dev}-${ino}$`));
    expect(fs.readdirSync(directory)).toEqual(["LOCK"]);
    expect(fs.statSync(lockPath).mode & 0o077).toBe(0);
  });

  test("is free again after the release, which may be called twice", async () => {
    const lock = await acquire();
    await lock.release();
    await lock.release();
    expect(lock.held).toBe(false);
    expect(fs.readdirSync(directory)).toEqual([]);
    expect((await acquire()).held).toBe(true);
  });

  test("must exist and be a directory", async () => {
    await expect(acquireDirectoryLock(join(directory, "no"))).rejects.toMatchObject({ systemCode: "ENOENT" });
    fs.writeFileSync(join(directory, "x"), "");
    await expect(acquireDirectoryLock(join(directory, "x"))).rejects.toMatchObject({ systemCode: "ENOTDIR" });
  });
});

describe("a second handle in this process", () => {
  test("is refused, and told so, by any path to the directory", async () => {
    await acquire();
    const link = `${directory}-link`;
    fs.symlinkSync(directory, link);
    try {
      for (const path of [directory, `${directory}/.`, link]) {
        await expect(acquireDirectoryLock(path)).rejects.toMatchObject({
          code: "LOCKED",
          message: expect.stringContaining(`${path} is already open in this process (since 2`),
        });
      }
    } finally {
      fs.unlinkSync(link);
    }
  });

  test("is refused while the first is still acquiring", async () => {
    const first = acquire();
    await expect(acquireDirectoryLock(directory)).rejects.toMatchObject({ code: "LOCKED" });
    expect((await first).held).toBe(true);
  });

  test("of another copy of the library is refused too", async () => {
    vi.resetModules();
    const copy = await import("../../src/fs/directory-lock.ts");
    expect(copy.acquireDirectoryLock).not.toBe(acquireDirectoryLock);
    await acquire();
    await expect(copy.acquireDirectoryLock(directory)).rejects.toMatchObject({
      message: expect.stringContaining("already open in this process"),
    });
  });

  test("is given the directory after a failed attempt", async () => {
    fs.symlinkSync("elsewhere", lockPath);
    await expect(acquireDirectoryLock(directory)).rejects.toMatchObject({ code: "LOCKED" });
    fs.unlinkSync(lockPath);
    expect((await acquire()).held).toBe(true);
  });
});

describe.each(["with the socket", "by the LOCK file alone"] as const)("%s", (way) => {
  async function take(): Promise<() => unknown> {
    if (way === "with the socket") {
      const lock = await acquire();
      return () => lock.release();
    }
    const file = takeLockFile(directory, self());
    return () => file.release();
  }

  test("a LOCK of a process that is gone is taken over", async () => {
    leave({ pid: deadPid() });
    const release = await take();
    expect(holder()?.pid).toBe(process.pid);
    expect(fs.readdirSync(directory)).toEqual(["LOCK"]);
    await release();
  });

  test("a LOCK whose pid was given to a later process is taken over", async () => {
    leave({ pid: process.ppid, processStart: "another" });
    await (await take())();
    expect(fs.existsSync(lockPath)).toBe(false);
  });

  test.each([
    ["another host", { host: "elsewhere" }],
    ["another container", { pidNamespace: "pid:[1]", socket: "net:[1] mini-lsm-1-1" }],
  ])("%s is honoured for 30 s and then taken for gone", async (_, difference) => {
    leave(difference, 25);
    const message = await take().then(
      () => "given",
      (error) => error.message,
    );
    expect(message).toContain(`${directory} is in use by process ${process.pid} on host`);
    expect(message).toMatch(/heard of 2[5-9] s ago/);
    expect(fs.readdirSync(directory)).toEqual(["LOCK"]);

    leave(difference, 31);
    await (await take())();
  });

  test("a link in the place of LOCK is refused and not followed", async () => {
    const target = join(directory, "target");
    fs.writeFileSync(target, "kept");
    fs.symlinkSync("target", lockPath);
    await expect(take()).rejects.toMatchObject({ code: "LOCKED", message: expect.stringContaining("symbolic link") });
    expect(fs.readFileSync(target, "utf8")).toBe("kept");
    expect(fs.lstatSync(lockPath).isSymbolicLink()).toBe(true);
  });

  test("a directory in the place of LOCK is refused", async () => {
    fs.mkdirSync(lockPath);
    await expect(take()).rejects.toMatchObject({ code: "LOCKED" });
  });

  test("a garbage LOCK of some age is taken for left over", async () => {
    leaveText("\0\0garbage", 31);
    await (await take())();
    expect(fs.readdirSync(directory)).toEqual([]);
  });

  test("a claim left by a killed process does not stand in the way", async () => {
    const dead = deadPid();
    leave({ pid: dead });
    leave({ pid: dead, token: "00000000000000cc" }, 0, "LOCK.00000000000000bb.claim.tmp");
    leave({ pid: dead, token: "00000000000000dd" }, 0, "LOCK.00000000000000cc.claim.tmp");
    const release = await take();
    expect(holder()?.pid).toBe(process.pid);
    expect(fs.readdirSync(directory)).toEqual(["LOCK"]);
    await release();
  });
});

describe("a garbage LOCK", () => {
  test.skipIf(process.platform !== "linux").each(["", "{", "\0".repeat(300), "x".repeat(10_000)])(
    "is no obstacle where the kernel decides (%#)",
    async (text) => {
      leaveText(text);
      expect((await acquire()).held).toBe(true);
    },
  );

  test("is honoured for 30 s where only LOCK decides", () => {
    leaveText("", 20);
    expect(refusal(() => takeLockFile(directory, self()))).toContain("names no process");
    expect(fs.readdirSync(directory)).toEqual(["LOCK"]);
  });
});

describe("the LOCK file alone", () => {
  test("refuses while its process runs", () => {
    leave({ pid: process.pid });
    expect(refusal(() => takeLockFile(directory, self()))).toContain("another thread of this process");
    expect(fs.readdirSync(directory)).toEqual(["LOCK"]);
  });

  test("refuses while a running process claims a left-over LOCK", () => {
    leave({ pid: deadPid() });
    leave({ token: "00000000000000cc" }, 0, "LOCK.00000000000000bb.claim.tmp");
    expect(refusal(() => takeLockFile(directory, self()))).toContain("is in use by");
    expect(holder()?.token).toBe("00000000000000bb");
  });

  test("leaves only names that the cleaning of a directory knows as temporary", () => {
    expect(parseFileName("LOCK.00000000000000bb.claim.tmp").kind).toBe("temporary");
    expect(parseFileName("LOCK.00000000000000bb.tmp").kind).toBe("temporary");
  });

  test("is not removed by a holder from whom it was taken", () => {
    const file = takeLockFile(directory, self());
    fs.unlinkSync(lockPath);
    leave({});
    expect(file.beat()).toBe(false);
    file.release();
    expect(holder()?.token).toBe("00000000000000bb");
  });
});

describe("the heartbeat", () => {
  test("rewrites LOCK every ten seconds in place", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "Date"] });
    const lock = await acquire();
    const first = holder();
    vi.advanceTimersByTime(10_000);
    const second = holder();
    expect(Date.parse(second?.heartbeat ?? "") - Date.parse(first?.heartbeat ?? "")).toBe(10_000);
    expect({ ...second, heartbeat: "" }).toEqual({ ...first, heartbeat: "" });
    expect(lock.held).toBe(true);
  });

  test("finds out that the lock was taken, and touches the new LOCK no more", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    const lock = await acquire();
    fs.unlinkSync(lockPath);
    leave({ host: "elsewhere" });
    const taken = fs.readFileSync(lockPath, "utf8");
    vi.advanceTimersByTime(30_000);
    expect(lock.held).toBe(false);
    await lock.release();
    expect(fs.readFileSync(lockPath, "utf8")).toBe(taken);
  });
});
