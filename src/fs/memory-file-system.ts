import { posix } from "node:path";
import { IoError } from "../errors.ts";
import { type CrashChoice, crashedDirectory } from "./crash-states.ts";
import type { File, FileStatus, FileSystem, OpenMode } from "./file-system.ts";
import type { Operation } from "./memory-calls.ts";
import { FileContent } from "./memory-content.ts";
import { MemoryDirectory, type MemoryNode } from "./memory-directory.ts";
import { MemoryDisk } from "./memory-disk.ts";
import { MemoryFile } from "./memory-file.ts";
import { orIoError } from "./or-io-error.ts";

const DEVICE = 1;
const ROOT_INODE = 1;

/** A name in a directory, and what stands there. */
type Place = { readonly parent: MemoryDirectory; readonly name: string; readonly node: MemoryNode | undefined };

/**
 * Files in memory that keep exactly the promises of POSIX, for tests of crashes and of failing disks.
 *
 * Paths are POSIX paths below `/`, the only directory of a new one; there are no symbolic links. Bytes become durable by
 * `sync`, names by `syncDirectory`, nothing by itself. A rename stays within its directory (EXDEV otherwise).
 */
export class MemoryFileSystem extends MemoryDisk implements FileSystem {
  readonly #root: MemoryDirectory;
  #nextInode: number;

  /** Empty; `crash` and `killed` give the later ones. */
  constructor(root: MemoryDirectory = new MemoryDirectory(ROOT_INODE), nextInode: number = ROOT_INODE + 1) {
    super(visibleBytes(root));
    this.#root = root;
    this.#nextInode = nextInode;
  }

  /** One state that a power loss now may leave, with no limits and no hook. This file system is not changed. */
  crash(choice: CrashChoice): MemoryFileSystem {
    return new MemoryFileSystem(crashedDirectory(this.#root, choice), this.#nextInode);
  }

  /** What the next process finds when this one is killed now: everything, though a later power loss may take it. */
  killed(): MemoryFileSystem {
    const clones = new Map<MemoryNode, MemoryNode>();
    const cloneNode = (node: MemoryNode): MemoryNode => {
      const clone = clones.get(node) ?? (node.kind === "file" ? node.clone() : node.clone(cloneNode));
      clones.set(node, clone);
      return clone;
    };
    return new MemoryFileSystem(this.#root.clone(cloneNode), this.#nextInode);
  }

  open(path: string, mode: OpenMode): File {
    const makes = mode === "create" || mode === "createNew";
    const absolute = this.#enter(makes ? "create" : "open", path);
    this.refuseTooManyFiles(path);
    const place = this.#find("open", absolute);
    const content = makes ? this.#make(place, path, mode) : place.node;
    if (content === undefined) throw new IoError("open", path, "ENOENT");
    if (content.kind === "directory") throw new IoError("use as a file", path, "EISDIR");
    this.opened(content);
    return new MemoryFile(path, mode, content, this);
  }

  /** Done before it returns, so that a test decides what comes after what. */
  openInBackground(path: string, done: (opened: File | Error) => void): void {
    done(orIoError(() => this.open(path, "read")));
  }

  /** The node that `create` and `createNew` open. */
  #make(place: Place, path: string, mode: OpenMode): MemoryNode {
    const { parent, name, node } = place;
    if (node === undefined) {
      const made = new FileContent(this.#nextInode++, new Uint8Array(0));
      parent.do({ kind: "create", name, node: made });
      return made;
    }
    if (mode === "createNew") throw new IoError("open", path, "EEXIST");
    if (node.kind === "file" && node.sizeBytes > 0) {
      this.giveBack(node.sizeBytes);
      node.truncate(0);
    }
    return node;
  }

  list(directory: string): string[] {
    const absolute = this.#enter("list", directory);
    return [...this.#directory("list the directory", absolute).visible.keys()];
  }

  stat(path: string): FileStatus | undefined {
    const node = this.#at(this.#enter("stat", path));
    if (node === undefined) return undefined;
    const sizeBytes = node.kind === "file" ? node.sizeBytes : 0;
    return { kind: node.kind, sizeBytes, device: DEVICE, inode: node.inode };
  }

  makeDirectory(path: string): void {
    const absolute = posix.resolve("/", path);
    const missing: string[] = [];
    for (let parent = absolute; this.#at(parent) === undefined; parent = posix.dirname(parent)) missing.push(parent);

    for (const directory of missing.reverse()) {
      this.#enter("makeDirectory", directory);
      const { parent, name } = this.#find("make the directory", directory);
      parent.do({ kind: "create", name, node: new MemoryDirectory(this.#nextInode++) });
      this.syncDirectory(posix.dirname(directory));
    }
    this.#directory("make the directory", absolute);
  }

  remove(path: string): void {
    const { parent, name, node } = this.#existing("remove", this.#enter("remove", path));
    if (node.kind === "directory") throw new IoError("remove", path, "EISDIR");
    parent.do({ kind: "remove", name });
    this.unlinked(node);
  }

  removeInBackground(path: string, done: (error: Error | undefined) => void): void {
    try {
      this.remove(path);
    } catch (error) {
      if (!(error instanceof IoError)) throw error;
      done(error);
      return;
    }
    done(undefined);
  }

  removeDirectory(path: string): void {
    const operation = "remove the directory";
    const { parent, name, node } = this.#existing(operation, this.#enter("removeDirectory", path));
    if (node.kind !== "directory") throw new IoError(operation, path, "ENOTDIR");
    if (node.visible.size > 0) throw new IoError(operation, path, "ENOTEMPTY");
    parent.do({ kind: "remove", name });
  }

  rename(from: string, to: string): void {
    const operation = `rename ${from} to`;
    const source = this.#existing(operation, this.#enter("rename", from));
    const target = this.#find(operation, posix.resolve("/", to));
    if (source.parent !== target.parent) throw new IoError(operation, to, "EXDEV");
    if (source.node === target.node) return;
    refuseReplacement(operation, to, source.node, target.node);
    source.parent.do({ kind: "rename", from: source.name, to: target.name, node: source.node });
    if (target.node?.kind === "file") this.unlinked(target.node);
  }

  link(from: string, to: string): void {
    const operation = `link ${from} to`;
    const { node } = this.#existing(operation, this.#enter("link", from));
    const { parent, name, node: inTheWay } = this.#find(operation, posix.resolve("/", to));
    if (node.kind === "directory") throw new IoError(operation, to, "EPERM");
    if (inTheWay !== undefined) throw new IoError(operation, to, "EEXIST");
    parent.do({ kind: "create", name, node });
    node.links++;
  }

  /** Done before it returns, by calls that are counted like everybody's. */
  copyInBackground(from: string, to: string, done: (error: Error | undefined) => void): void {
    try {
      copyFile(this, from, to);
    } catch (error) {
      if (!(error instanceof IoError)) throw error;
      done(error);
      return;
    }
    done(undefined);
  }

  syncDirectory(path: string): void {
    const directory = this.#directory("sync the directory", this.#enter("syncDirectory", path));
    if (!this.lyingSync) directory.sync();
  }

  /** Counts the call and answers the absolute path. */
  #enter(operation: Operation, path: string): string {
    const absolute = posix.resolve("/", path);
    this.enter(operation, absolute);
    return absolute;
  }

  #at(absolute: string): MemoryNode | undefined {
    let node: MemoryNode | undefined = this.#root;
    for (const name of absolute.split("/")) {
      if (name === "") continue;
      node = node?.kind === "directory" ? node.visible.get(name) : undefined;
    }
    return node;
  }

  #find(operation: string, absolute: string): Place {
    const parent = this.#directory(operation, posix.dirname(absolute));
    const name = posix.basename(absolute);
    return { parent, name, node: name === "" ? this.#root : parent.visible.get(name) };
  }

  #existing(operation: string, absolute: string): Place & { readonly node: MemoryNode } {
    const { parent, name, node } = this.#find(operation, absolute);
    if (node === undefined) throw new IoError(operation, absolute, "ENOENT");
    if (node === this.#root) throw new IoError(operation, absolute, "EBUSY");
    return { parent, name, node };
  }

  #directory(operation: string, absolute: string): MemoryDirectory {
    const node = this.#at(absolute);
    if (node?.kind === "directory") return node;
    const parentIsFile = this.#at(posix.dirname(absolute))?.kind === "file";
    throw new IoError(operation, absolute, node === undefined && !parentIsFile ? "ENOENT" : "ENOTDIR");
  }
}

function refuseReplacement(operation: string, to: string, source: MemoryNode, target: MemoryNode | undefined): void {
  if (target === undefined) return;
  if (target.kind === "file" && source.kind === "directory") throw new IoError(operation, to, "ENOTDIR");
  if (target.kind === "file") return;
  if (source.kind === "file") throw new IoError(operation, to, "EISDIR");
  if (target.visible.size > 0) throw new IoError(operation, to, "ENOTEMPTY");
}

function copyFile(fs: FileSystem, from: string, to: string): void {
  const source = fs.open(from, "read");
  try {
    const target = fs.open(to, "createNew");
    try {
      const bytes = new Uint8Array(source.sizeBytes);
      target.append(bytes, 0, source.read(bytes, 0, bytes.length, 0));
      target.sync();
    } finally {
      target.close();
    }
  } finally {
    source.close();
  }
}

/** Of each file once, however many names it has. */
function visibleBytes(directory: MemoryDirectory): number {
  let sum = 0;
  for (const file of filesBelow(directory, new Set())) sum += file.sizeBytes;
  return sum;
}

function filesBelow(directory: MemoryDirectory, found: Set<FileContent>): Set<FileContent> {
  for (const node of directory.visible.values()) {
    if (node.kind === "file") found.add(node);
    else filesBelow(node, found);
  }
  return found;
}
