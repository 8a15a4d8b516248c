/**
 * The LOCK file of a directory: one owner among processes that share nothing but the files.
 *
 * A free LOCK is taken by linking a finished file to its name: the system lets one process do so, and nobody ever
 * sees half of one. A left-over LOCK must not simply be removed: of two processes that find it, the slower would
 * remove the new LOCK of the faster. So whoever replaces a LOCK first links its own file to a name made from the
 * *token* of that LOCK (the claim), which again one process can; then it looks whether LOCK still has that token,
 * and renames the claim to LOCK. While a claim exists nobody else replaces that LOCK. A claimant that died is
 * replaced in the same way, by a claim on its token; the claims form a chain that begins at LOCK.
 */
import * as fs from "node:fs";
import { join } from "node:path";
import { LsmError } from "../errors.ts";
import { LOCK_NAME, temporaryFileName } from "./file-names.ts";
import { decodeHolder, describeHolder, encodeHolder, isHeld, type LockHolder, SILENCE_MS_MAX } from "./lock-holder.ts";
import { systemCodeOf, toIoError } from "./system-error.ts";

/** A LOCK of ours is below 1 KiB. */
const LOCK_BYTES_MAX = 4096;
/** How often a LOCK may change hands under our eyes before we call it in use. */
const ATTEMPTS_MAX = 100;
const READ_ONLY: number = fs.constants.O_RDONLY | (fs.constants.O_NOFOLLOW ?? 0) | (fs.constants.O_NONBLOCK ?? 0);
const READ_WRITE: number = fs.constants.O_RDWR | (fs.constants.O_NOFOLLOW ?? 0);
/** What `link` answers on file systems without links, such as FAT. */
const NO_LINKS: ReadonlySet<string | undefined> = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"]);

/** A LOCK, or a claim, as it was found. */
type Standing = {
  /** Undefined for a file that no holder wrote. */
  readonly holder: LockHolder | undefined;
  readonly token: string;
  readonly changedMs: number;
};

/** A LOCK file that is ours. */
export class LockFile {
  readonly #path: string;
  readonly #self: LockHolder;
  /** Held open, so that a heartbeat can never reach the LOCK of a successor. */
  readonly #descriptor: number;

  constructor(path: string, self: LockHolder, descriptor: number) {
    this.#path = path;
    this.#self = self;
    this.#descriptor = descriptor;
  }

  /** Tells others that we live. False when the LOCK has been taken from us, as happens after a long standstill. */
  beat(): boolean {
    const bytes = encodeHolder({ ...this.#self, heartbeat: new Date().toISOString() });
    try {
      fs.writeSync(this.#descriptor, bytes, 0, "utf8");
    } catch (error) {
      throw toIoError("write", this.#path, error);
    }
    return this.#isOurs();
  }

  /** Removes LOCK, unless it has been taken from us. */
  release(): void {
    fs.closeSync(this.#descriptor);
    if (this.#isOurs()) removeIfThere(this.#path);
  }

  #isOurs(): boolean {
    return readStanding(this.#path)?.token === this.#self.token;
  }
}

/** Makes `self` the owner of the directory. Throws LsmError LOCKED, naming the holder, or IoError. */
export function takeLockFile(directory: string, self: LockHolder): LockFile {
  const path = join(directory, LOCK_NAME);
  const candidate = join(directory, temporaryFileName(`${LOCK_NAME}.${self.token}`));
  try {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const nowMs = writeCandidate(candidate, self);
      if (tryToTake({ directory, path, candidate, nowMs }, self)) return openOurs(path, self);
    }
  } finally {
    removeCandidate(candidate);
  }
  throw new LsmError("LOCKED", `${directory} is changing hands between other processes: try again`);
}

type Attempt = {
  readonly directory: string;
  readonly path: string;
  readonly candidate: string;
  /** By the clock of the file system. */
  readonly nowMs: number;
};

/** False when the files changed meanwhile. */
function tryToTake(attempt: Attempt, self: LockHolder): boolean {
  const { directory, path, candidate } = attempt;
  const first = readStanding(path);
  if (first === undefined) return publish(candidate, path);

  const abandoned: string[] = [];
  let standing: Standing | undefined = first;
  while (standing !== undefined) {
    refuseIfHeld(standing, attempt, self);
    const claim = join(directory, temporaryFileName(`${LOCK_NAME}.${standing.token}.claim`));
    if (publish(candidate, claim)) return replace(path, first.token, claim, abandoned);
    // A claim has a token of its own, so no process ever made a circle; to follow one would take for ever.
    if (abandoned.includes(claim)) {
      throw new LsmError("LOCKED", `${claim} is a claim on itself, which no process makes: remove it`);
    }
    abandoned.push(claim);
    standing = readStanding(claim);
  }
  return false;
}

/** The claim is ours: nobody else changes a LOCK that has this token. */
function replace(path: string, token: string, claim: string, abandoned: readonly string[]): boolean {
  if (readStanding(path)?.token !== token) {
    removeIfThere(claim);
    return false;
  }
  try {
    fs.renameSync(claim, path);
  } catch (error) {
    throw toIoError(`rename ${claim} to`, path, error);
  }
  for (const left of abandoned) removeIfThere(left);
  return true;
}

function refuseIfHeld(standing: Standing, attempt: Attempt, self: LockHolder): void {
  const { holder } = standing;
  const silentMs = attempt.nowMs - standing.changedMs;
  if (holder === undefined) {
    // With the kernel's socket ours, only a file made by hand or torn by a power cut can look like this.
    if (self.socket !== null || silentMs > SILENCE_MS_MAX) return;
    const advice = `remove it, or try again when it is ${SILENCE_MS_MAX / 1000} s old`;
    throw new LsmError("LOCKED", `${attempt.path} names no process, and is too new to be left over: ${advice}`);
  }
  if (!isHeld(holder, silentMs, self)) return;
  throw new LsmError("LOCKED", `${attempt.directory} ${describeHolder(holder, silentMs, self)}`);
}

/** Undefined when there is no file. A link or a directory in its place is refused: it may be somebody's, and leads elsewhere. */
export function readStanding(path: string): Standing | undefined {
  const kind = fs.lstatSync(path, { throwIfNoEntry: false });
  if (kind !== undefined && !kind.isFile()) {
    const what = kind.isSymbolicLink() ? "a symbolic link" : "no regular file";
    throw new LsmError(
      "LOCKED",
      `${path} is ${what}, which a lock never is: remove it if no process uses the directory`,
    );
  }
  const descriptor = kind === undefined ? undefined : openIfThere(path);
  if (descriptor === undefined) return undefined;
  try {
    const { ino, mtimeNs, mtimeMs } = fs.fstatSync(descriptor, { bigint: true });
    const bytes = Buffer.alloc(LOCK_BYTES_MAX);
    const holder = decodeHolder(bytes.toString("utf8", 0, fs.readSync(descriptor, bytes, 0, bytes.length, 0)));
    return { holder, token: holder?.token ?? `${ino}x${mtimeNs}`, changedMs: Number(mtimeMs) };
  } catch (error) {
    throw toIoError("read", path, error);
  } finally {
    fs.closeSync(descriptor);
  }
}

function openIfThere(path: string): number | undefined {
  try {
    return fs.openSync(path, READ_ONLY);
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return undefined;
    throw toIoError("open", path, error);
  }
}

/** Writes our file anew, since the owner of the directory may have cleared it away, and answers its time. */
function writeCandidate(candidate: string, self: LockHolder): number {
  try {
    fs.writeFileSync(candidate, encodeHolder(self), { mode: 0o600, flag: "w" });
    return fs.lstatSync(candidate).mtimeMs;
  } catch (error) {
    throw toIoError("write", candidate, error);
  }
}

/** Throws nothing: what led here is the news, such as a directory that takes no files. What stays is removed by a clean open. */
function removeCandidate(candidate: string): void {
  try {
    removeIfThere(candidate);
  } catch {
    // Named like any temporary file.
  }
}

/** Gives the candidate a second name. False when that name is taken, or the candidate was cleared away. */
function publish(candidate: string, name: string): boolean {
  try {
    fs.linkSync(candidate, name);
    return true;
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === "EEXIST" || code === "ENOENT") return false;
    if (!NO_LINKS.has(code)) throw toIoError("link", name, error);
  }
  return publishCopy(candidate, name);
}

/** Without links: still one winner, though others may for a moment see a file that names no process yet. */
function publishCopy(candidate: string, name: string): boolean {
  try {
    fs.copyFileSync(candidate, name, fs.constants.COPYFILE_EXCL);
    return true;
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === "EEXIST" || code === "ENOENT") return false;
    throw toIoError("make", name, error);
  }
}

function openOurs(path: string, self: LockHolder): LockFile {
  let descriptor: number;
  try {
    descriptor = fs.openSync(path, READ_WRITE);
  } catch (error) {
    throw toIoError("open", path, error);
  }
  return new LockFile(path, self, descriptor);
}

function removeIfThere(path: string): void {
  try {
    fs.unlinkSync(path);
  } catch (error) {
    if (systemCodeOf(error) !== "ENOENT") throw toIoError("remove", path, error);
  }
}
