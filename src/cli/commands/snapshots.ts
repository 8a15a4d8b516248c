import { quoteForMessage } from "../answers/text.ts";
import type { Database, Snapshot } from "../database.ts";
import { RefusedError } from "../language/command.ts";

const NAMES_SHOWN_MAX = 10;

/** The snapshots of a session by the names that the user gave them. They end with the database. */
export class Snapshots {
  readonly #database: Pick<Database, "snapshot">;
  /** By the bytes of the name, one character each. */
  readonly #byName = new Map<string, { readonly name: Uint8Array; readonly snapshot: Snapshot }>();

  constructor(database: Pick<Database, "snapshot">) {
    this.#database = database;
  }

  /** Of the database as it is now, without what an open transaction wrote. */
  take(name: Uint8Array): void {
    if (name.length === 0) throw new RefusedError("the name of a snapshot needs at least one character");
    if (this.#byName.has(keyOf(name))) {
      throw new RefusedError(
        `a snapshot ${quoteForMessage(name)} exists already: release it first, or take another name`,
      );
    }
    this.#byName.set(keyOf(name), { name, snapshot: this.#database.snapshot() });
  }

  /** Throws RefusedError when there is none of that name. */
  find(name: Uint8Array): Omit<Snapshot, "close"> {
    return this.#find(name);
  }

  get names(): readonly Uint8Array[] {
    return Array.from(this.#byName.values(), ({ name }) => name);
  }

  release(name: Uint8Array): void {
    this.#find(name).close();
    this.#byName.delete(keyOf(name));
  }

  #find(name: Uint8Array): Snapshot {
    const found = this.#byName.get(keyOf(name));
    if (found !== undefined) return found.snapshot;
    throw new RefusedError(`there is no snapshot ${quoteForMessage(name)}, ${this.#expected()}`);
  }

  #expected(): string {
    if (this.#byName.size === 0) return "take one first: snapshot NAME";
    const names = Array.from(this.#byName.values(), ({ name }) => quoteForMessage(name));
    const isLong = names.length > NAMES_SHOWN_MAX;
    return `expected one of ${names.slice(0, NAMES_SHOWN_MAX).join(", ")}${isLong ? ", …" : ""}`;
  }
}

function keyOf(name: Uint8Array): string {
  return Buffer.from(name).toString("latin1");
}
