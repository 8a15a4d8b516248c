import { GrowableBytes } from "./growable-bytes.ts";

/** Something done to a file since its last sync. A power loss may undo it, or leave it half done. */
export type FileEffect =
  | { readonly kind: "append"; readonly bytes: Uint8Array }
  | { readonly kind: "truncate"; readonly sizeBytes: number };

/**
 * What an inode of a regular file holds, twice: as every reader sees it, and as the disk is known to hold it.
 *
 * Invariant: the durable bytes with all effects applied have the visible size; they have the visible bytes too,
 * unless a sync failed.
 */
export class FileContent {
  readonly kind = "file";
  readonly inode: number;
  /** Descriptors on it; the bytes stay as long as one is open, whatever happens to the name. */
  openFiles = 0;
  /** How many names it has. */
  links = 1;
  readonly #visible: GrowableBytes;
  readonly #durable: GrowableBytes;
  #effects: FileEffect[];

  /** A content that is durable as given, with `effects` done to it since. */
  constructor(inode: number, durable: Uint8Array, effects: readonly FileEffect[] = []) {
    this.inode = inode;
    this.#durable = new GrowableBytes(durable);
    this.#effects = [...effects];
    this.#visible = new GrowableBytes(durable);
    for (const effect of effects) applyFileEffect(this.#visible, effect);
  }

  get sizeBytes(): number {
    return this.#visible.sizeBytes;
  }

  /** Lent until the next change. */
  get visible(): Uint8Array {
    return this.#visible.view();
  }

  /** Lent until the next sync. */
  get durable(): Uint8Array {
    return this.#durable.view();
  }

  /** Oldest first. */
  get effects(): readonly FileEffect[] {
    return this.#effects;
  }

  append(bytes: Uint8Array): void {
    // Not `bytes.slice()`: of a Buffer that is a view on the caller's memory.
    this.#do({ kind: "append", bytes: new Uint8Array(bytes) });
  }

  truncate(sizeBytes: number): void {
    this.#do({ kind: "truncate", sizeBytes });
  }

  #do(effect: FileEffect): void {
    applyFileEffect(this.#visible, effect);
    this.#effects.push(effect);
  }

  sync(): void {
    for (const effect of this.#effects) applyFileEffect(this.#durable, effect);
    this.#effects = [];
  }

  /**
   * What Linux does when a sync fails: the pages count as written, so readers still see them, but no later sync
   * writes them. Their place on the disk holds nothing.
   */
  failSync(): void {
    for (const effect of this.#effects) {
      if (effect.kind === "append") effect.bytes.fill(0);
    }
  }

  /** The same bytes in the page cache and on the disk, for a process that comes after a killed one. */
  clone(): FileContent {
    const effects = this.#effects.map((effect) =>
      effect.kind === "append" ? { ...effect, bytes: new Uint8Array(effect.bytes) } : effect,
    );
    const copy = new FileContent(this.inode, this.durable, effects);
    copy.links = this.links;
    copy.#visible.cut(0);
    copy.#visible.append(this.visible);
    return copy;
  }
}

export function applyFileEffect(bytes: GrowableBytes, effect: FileEffect): void {
  if (effect.kind === "append") bytes.append(effect.bytes);
  else bytes.cut(effect.sizeBytes);
}
