import type { FileContent } from "./memory-content.ts";

/** What a name in a directory leads to. */
export type MemoryNode = FileContent | MemoryDirectory;

/** Something done to the names of a directory since its last sync. A rename happens whole or not at all. */
export type NameEffect =
  | { readonly kind: "create"; readonly name: string; readonly node: MemoryNode }
  | { readonly kind: "remove"; readonly name: string }
  | { readonly kind: "rename"; readonly from: string; readonly to: string; readonly node: MemoryNode };

/** The names in one directory, twice: as every process sees them, and as the disk is known to hold them. */
export class MemoryDirectory {
  readonly kind = "directory";
  readonly inode: number;
  readonly visible: Map<string, MemoryNode>;
  readonly durable: Map<string, MemoryNode>;
  #effects: NameEffect[] = [];

  /** A directory whose names are durable as given. */
  constructor(inode: number, names: ReadonlyMap<string, MemoryNode> = new Map()) {
    this.inode = inode;
    this.visible = new Map(names);
    this.durable = new Map(names);
  }

  /** Oldest first. */
  get effects(): readonly NameEffect[] {
    return this.#effects;
  }

  do(effect: NameEffect): void {
    applyNameEffect(this.visible, effect);
    this.#effects.push(effect);
  }

  sync(): void {
    for (const effect of this.#effects) applyNameEffect(this.durable, effect);
    this.#effects = [];
  }

  /** The same names with the same effects pending, every node replaced by its clone. */
  clone(cloneNode: (node: MemoryNode) => MemoryNode): MemoryDirectory {
    const durable = new Map([...this.durable].map(([name, node]) => [name, cloneNode(node)] as const));
    const copy = new MemoryDirectory(this.inode, durable);
    for (const effect of this.#effects) {
      copy.do(effect.kind === "remove" ? effect : { ...effect, node: cloneNode(effect.node) });
    }
    return copy;
  }
}

export function applyNameEffect(names: Map<string, MemoryNode>, effect: NameEffect): void {
  switch (effect.kind) {
    case "create":
      names.set(effect.name, effect.node);
      return;
    case "remove":
      names.delete(effect.name);
      return;
    case "rename":
      names.delete(effect.from);
      names.set(effect.to, effect.node);
  }
}
