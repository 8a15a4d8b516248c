import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { File } from "../../src/fs/file-system.ts";
import { nodeFileSystem } from "../../src/fs/node-file-system.ts";

// A real disk is rarely short, so the calls themselves are made short here.
const calls = vi.hoisted(() => ({ bytesMax: Number.POSITIVE_INFINITY, left: Number.POSITIVE_INFINITY }));
vi.mock("node:fs", async (original) => {
  const real = await original<typeof import("node:fs")>();
  type Transfer = (fd: number, buffer: NodeJS.ArrayBufferView, start: number, length: number, at: number) => number;
  const short = (transfer: Transfer): Transfer => {
    return (fd, buffer, start, length, at) => {
      if (calls.left-- <= 0) throw Object.assign(new Error("no space left"), { code: "ENOSPC", syscall: "write" });
      return transfer(fd, buffer, start, Math.min(length, calls.bytesMax), at);
    };
  };
  type Answer = (error: Error | null, count: number) => void;
  const read = (fd: number, buffer: Buffer, start: number, length: number, at: number, answer: Answer) => {
    if (calls.left-- <= 0) answer(Object.assign(new Error("input/output"), { code: "EIO", syscall: "read" }), 0);
    else real.read(fd, buffer, start, Math.min(length, calls.bytesMax), at, answer);
  };
  return { ...real, read, readSync: short(real.readSync), writeSync: short(real.writeSync) };
});

let root: string;
let file: File;
beforeEach(() => {
  root = fs.mkdtempSync(join(tmpdir(), "mini-lsm-file-"));
  file = nodeFileSystem.open(join(root, "x"), "createNew");
});
afterEach(() => {
  Object.assign(calls, { bytesMax: Number.POSITIVE_INFINITY, left: Number.POSITIVE_INFINITY });
  file.close();
  fs.rmSync(root, { recursive: true });
});

const DIGITS = Buffer.from("0123456789");

describe("a system that moves three bytes per call", () => {
  beforeEach(() => {
    calls.bytesMax = 3;
  });

  test("is asked until everything is written", () => {
    file.append(DIGITS, 1, 9);
    expect(file.sizeBytes).toBe(8);
    expect(fs.readFileSync(file.path, "latin1")).toBe("12345678");
  });

  test("is asked until everything is read", () => {
    file.append(DIGITS, 0, 10);
    const target = Buffer.from("..........");
    expect(file.read(target, 1, 8, 2)).toBe(8);
    expect(target.toString()).toBe(".23456789.");
    expect(file.read(target, 0, 10, 5)).toBe(5);
  });

  test("is asked in the background until everything is read", async () => {
    file.append(DIGITS, 0, 10);
    const target = Buffer.from("..........");
    const readInto = (start: number, length: number, position: number) =>
      new Promise<number | Error>((resolve) => file.readInBackground(target, start, length, position, resolve));
    expect(await readInto(1, 8, 2)).toBe(8);
    expect(target.toString()).toBe(".23456789.");
    expect(await readInto(0, 10, 5)).toBe(5);
    calls.left = 1;
    expect(await readInto(0, 10, 0)).toMatchObject({ code: "IO_ERROR", systemCode: "EIO", path: file.path });
  });

  test("and fails in the middle leaves a size that counts what got there", () => {
    calls.left = 2;
    expect(() => file.append(DIGITS, 0, 10)).toThrow(
      expect.objectContaining({
        code: "IO_ERROR",
        systemCode: "ENOSPC",
        message: `cannot append to ${file.path}: ENOSPC`,
      }),
    );
    expect(file.sizeBytes).toBe(6);
    calls.left = Number.POSITIVE_INFINITY;
    file.truncate(4);
    file.append(DIGITS, 0, 1);
    expect(fs.readFileSync(file.path, "latin1")).toBe("01230");
  });
});

test("a system that takes nothing is an error and not an endless loop", () => {
  calls.bytesMax = 0;
  expect(() => file.append(DIGITS, 0, 1)).toThrow(expect.objectContaining({ systemCode: "EIO" }));
});
