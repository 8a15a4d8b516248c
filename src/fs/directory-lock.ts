/**
 * One owner per directory, among handles, threads, processes, containers and machines.
 *
 * Four gates, each refusing with LsmError LOCKED: a registry in this process; on Linux a socket named by the
 * directory's device and inode, which the kernel frees when its owner dies; the LOCK file, which also speaks to
 * systems and network namespaces that do not see the socket; and its heartbeat, for holders that cannot be looked
 * at. No lock left by a killed process needs a hand. Whoever can run a program on the machine can hold the socket
 * and so keep a directory closed, never open one.
 *
 * This is the one asynchronous file of its layer: the kernel tells only through the event loop whether it gave us
 * the socket, and the heartbeat needs a timer. Both are unref'ed and keep no program alive.
 */
import { randomBytes } from "node:crypto";
import { type BigIntStats, readlinkSync, statSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { IoError, LsmError } from "../errors.ts";
import { LOCK_NAME } from "./file-names.ts";
import { type LockFile, readStanding, takeLockFile } from "./lock-file.ts";
import { describeHolder, ifThere, isHeld, thisHolder } from "./lock-holder.ts";
import { systemCodeOf, toIoError } from "./system-error.ts";

export interface DirectoryLock {
  /**
   * False once another machine or container has taken the lock, which it does after this process stood still for
   * more than 30 s. Looked at with every heartbeat; a loser must not write to the directory any more.
   */
  readonly held: boolean;
  /** Gives the directory free. A second call answers as the first. */
  release(): Promise<void>;
}

const HEARTBEAT_MS = 10_000;

/** Directories open in this process, by device and inode, with the time of opening. Two copies of this library share it. */
const REGISTRY: unique symbol = Symbol.for("mini-lsm-cli.open-directories");

/** Rejects with LsmError LOCKED, saying who holds the directory and what to do, or with IoError. The directory must exist. */
export async function acquireDirectoryLock(directory: string): Promise<DirectoryLock> {
  const { device, inode } = identify(directory);
  const key = `${device}-${inode}`;
  const registry = openDirectories();
  const since = registry.get(key);
  if (since !== undefined) {
    const advice = "close that handle first, or use it here too";
    throw new LsmError("LOCKED", `${directory} is already open in this process (since ${since}): ${advice}`);
  }
  registry.set(key, new Date().toISOString());
  try {
    return await acquireFromOthers(directory, key, inode);
  } catch (error) {
    registry.delete(key);
    throw error;
  }
}

async function acquireFromOthers(directory: string, key: string, directoryInode: string): Promise<DirectoryLock> {
  const token = randomBytes(8).toString("hex");
  const name = `mini-lsm-${key}`;
  const network = ifThere(() => readlinkSync("/proc/self/ns/net"));
  const server = network === null ? undefined : await listen(name);
  if (server === "taken") throw takenError(directory, directoryInode, token);
  try {
    const socket = server === undefined ? null : `${network} ${name}`;
    const file = takeLockFile(directory, thisHolder({ token, socket, directoryInode }));
    const lock = new HeldDirectory(key, file, server);
    lock.startHeartbeat();
    return lock;
  } catch (error) {
    await close(server);
    throw error;
  }
}

class HeldDirectory implements DirectoryLock {
  readonly #key: string;
  readonly #file: LockFile;
  readonly #server: Server | undefined;
  #timer: NodeJS.Timeout | undefined;
  #held = true;
  #released: Promise<void> | undefined;

  constructor(key: string, file: LockFile, server: Server | undefined) {
    this.#key = key;
    this.#file = file;
    this.#server = server;
  }

  startHeartbeat(): void {
    this.#timer = setInterval(() => this.#beat(), HEARTBEAT_MS).unref();
  }

  get held(): boolean {
    return this.#held;
  }

  release(): Promise<void> {
    this.#released ??= this.#release();
    return this.#released;
  }

  /** LOCK goes first: once the socket is free the next owner may write its own. */
  async #release(): Promise<void> {
    clearInterval(this.#timer);
    try {
      this.#file.release();
    } finally {
      await close(this.#server);
      openDirectories().delete(this.#key);
      this.#held = false;
    }
  }

  #beat(): void {
    try {
      this.#held = this.#file.beat();
    } catch (error) {
      // A disk that refuses one heartbeat may take the next; nobody may take the lock before three are missing.
      if (!(error instanceof LsmError)) throw error;
    }
    if (!this.#held) clearInterval(this.#timer);
  }
}

function openDirectories(): Map<string, string> {
  const scope: typeof globalThis & { [REGISTRY]?: Map<string, string> } = globalThis;
  scope[REGISTRY] ??= new Map();
  return scope[REGISTRY];
}

/** As text: inodes of some file systems pass 2^53. */
function identify(directory: string): { readonly device: string; readonly inode: string } {
  let status: BigIntStats;
  try {
    status = statSync(directory, { bigint: true });
  } catch (error) {
    throw toIoError("lock the directory", directory, error);
  }
  if (!status.isDirectory()) throw new IoError("lock the directory", directory, "ENOTDIR");
  return { device: String(status.dev), inode: String(status.ino) };
}

/**
 * The socket, "taken" when another process has it, or undefined where there can be none: a sandbox that forbids
 * sockets leaves the decision to the LOCK file.
 */
function listen(name: string): Promise<Server | "taken" | undefined> {
  return new Promise((settle) => {
    const server = createServer((connection) => connection.destroy());
    // It stays for good: a later error, such as one of accepting a stranger, must not end the program.
    server.on("error", (error) => settle(systemCodeOf(error) === "EADDRINUSE" ? "taken" : undefined));
    // exclusive: cluster workers would otherwise share one socket, and each believe to own the directory.
    server.listen({ path: `\0${name}`, exclusive: true }, () => settle(server.unref()));
  });
}

function close(server: Server | undefined): Promise<void> {
  return new Promise((settle) => {
    if (server === undefined) settle();
    else server.close(() => settle());
  });
}

/** The socket says that somebody has the directory; LOCK says who, except in the moments of opening and closing. */
function takenError(directory: string, directoryInode: string, token: string): LsmError {
  const standing = readStanding(join(directory, LOCK_NAME));
  const self = thisHolder({ token, socket: null, directoryInode });
  const silentMs = Date.now() - (standing?.changedMs ?? 0);
  const holder = standing?.holder;
  if (holder === undefined || !isHeld(holder, silentMs, self)) {
    return new LsmError("LOCKED", `${directory} is in use by another process on this host: close it there first`);
  }
  return new LsmError("LOCKED", `${directory} ${describeHolder(holder, silentMs, self)}`);
}
