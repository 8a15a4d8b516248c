import { describe, expect, test } from "vitest";
import {
  decodeHolder,
  describeHolder,
  encodeHolder,
  isHeld,
  type LockHolder,
  SILENCE_MS_MAX,
  UNPROVEN_SILENCE_MS_MAX,
} from "../../src/fs/lock-holder.ts";
import type { ProcessState } from "../../src/fs/process-state.ts";

const SELF: LockHolder = {
  token: "0123456789abcdef",
  pid: 100,
  processStart: "5000",
  host: "here",
  boot: "boot-1",
  pidNamespace: "pid:[1]",
  socket: "net:[1] mini-lsm-1-2",
  directoryInode: "2",
  since: "2024-05-01T10:00:00.000Z",
  heartbeat: "2024-05-01T10:00:10.000Z",
};
/** Another process on this system that could not get a socket: only its process tells. */
const OTHER: LockHolder = { ...SELF, token: "fedcba9876543210", pid: 200, processStart: "7000", socket: null };

const RUNNING: ProcessState = { running: true, start: "7000" };
const REUSED: ProcessState = { running: true, start: "9999" };
const UNKNOWN: ProcessState = { running: true, start: null };
const GONE: ProcessState = { running: false };

type Case = readonly [string, Partial<LockHolder>, ProcessState, number, boolean];

describe("a lock is held", () => {
  test.each<Case>([
    ["by a running process, however long it was silent", {}, RUNNING, 1e9, true],
    ["not by a process that is gone, however lately it was heard of", {}, GONE, 0, false],
    ["not by a later process with the same pid", {}, REUSED, 0, false],
    ["by a process whose start is unknown, for ten minutes", {}, UNKNOWN, UNPROVEN_SILENCE_MS_MAX, true],
    ["not by a process of unknown start, after that", {}, UNKNOWN, UNPROVEN_SILENCE_MS_MAX + 1, false],
    ["by a process that did not know its own start", { processStart: null }, RUNNING, 0, true],
    ["by another host, for 30 s", { host: "there" }, GONE, SILENCE_MS_MAX, true],
    ["not by another host, after that", { host: "there" }, RUNNING, SILENCE_MS_MAX + 1, false],
    ["by another machine of the same name", { boot: "boot-2" }, GONE, 0, true],
    ["by another container", { pidNamespace: "pid:[2]" }, GONE, 0, true],
    ["by a foreign holder whose clock runs ahead", { host: "there" }, GONE, -1e9, true],
    ["not by one whose socket the kernel gave to us", { socket: SELF.socket }, RUNNING, 0, false],
    ["not even in another container", { socket: SELF.socket, pidNamespace: "pid:[2]" }, RUNNING, 0, false],
    ["by a socket of that name on another machine", { socket: SELF.socket, boot: "boot-2" }, GONE, 0, true],
    ["by a socket in another network namespace", { socket: "net:[2] mini-lsm-1-2" }, RUNNING, 0, true],
    ["not by the owner of the directory this one was copied from", { directoryInode: "3" }, RUNNING, 0, false],
  ])("%s", (_, difference, state, silentMs, expected) => {
    expect(isHeld({ ...OTHER, ...difference }, silentMs, SELF, () => state)).toBe(expected);
  });
});

describe("the text of a LOCK", () => {
  test("is one line that gives the holder back", () => {
    expect(encodeHolder(SELF)).toMatch(/^\{.*\}\n$/);
    expect(decodeHolder(encodeHolder(SELF))).toEqual(SELF);
    expect(decodeHolder(encodeHolder({ ...OTHER, boot: null, processStart: null }))).toMatchObject({ boot: null });
  });

  test("keeps its length from one heartbeat to the next", () => {
    const later = { ...SELF, heartbeat: new Date(0).toISOString() };
    expect(encodeHolder(later).length).toBe(encodeHolder(SELF).length);
  });

  test("names nobody when it is cut", () => {
    const text = encodeHolder(SELF).trimEnd();
    for (let length = 0; length < text.length; length++) expect(decodeHolder(text.slice(0, length))).toBeUndefined();
  });

  test.each<[string, object]>([
    ["a token that leads to another directory", { token: "../../etc/passwd" }],
    ["a token of another length", { token: "0123" }],
    ["a pid that means all processes", { pid: -1 }],
    ["a pid that means our group", { pid: 0 }],
    ["a pid that is text", { pid: "1" }],
    ["no host", { host: undefined }],
    ["a start that is a number", { processStart: 5 }],
  ])("names nobody with %s", (_, difference) => {
    expect(decodeHolder(JSON.stringify({ ...SELF, ...difference }))).toBeUndefined();
  });

  test.each(["", "null", "[]", "7", "{}", "not json"])("names nobody when it is %j", (text) => {
    expect(decodeHolder(text)).toBeUndefined();
  });
});

describe("the message", () => {
  test("names a process of this system and what to do", () => {
    expect(describeHolder(OTHER, 0, SELF)).toBe(
      "is in use by process 200 on host here (since 2024-05-01T10:00:00.000Z): close it there first, or open it read-only",
    );
  });

  test("says when the other is a thread of this process", () => {
    expect(describeHolder({ ...OTHER, pid: SELF.pid }, 0, SELF)).toContain("another thread of this process, 100");
  });

  test("says of a foreign holder when it was heard of, and how long to wait", () => {
    expect(describeHolder({ ...OTHER, host: "there" }, 12_345, SELF)).toBe(
      "is in use by process 200 on host there (since 2024-05-01T10:00:00.000Z), heard of 12 s ago: " +
        "close it there first; if it is gone, try again once it was silent for 30 s",
    );
  });
});
