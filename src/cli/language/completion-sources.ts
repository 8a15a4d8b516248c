import { type Dirent, readdirSync } from "node:fs";
import { dirname } from "node:path";
import { LsmError } from "../../errors.ts";
import { codeOf } from "../answers/failure.ts";
import type { Snapshots } from "../commands/snapshots.ts";
import type { Database, KeyRange, Reader } from "../database.ts";
import type { CompletionSources } from "./complete.ts";

/** More are no help to anybody, and take long to find. */
const KEYS_MAX = 50;
const PATHS_MAX = 200;
/** A longer key is not what somebody wants to see among others. */
const KEY_BYTES_MAX = 256;

/** Keys and names as they are at the moment. What cannot be read has no completion; a command that reads it says why. */
export class LiveSources implements CompletionSources {
  readonly #database: Database;
  readonly #snapshots: Snapshots;

  constructor(database: Database, snapshots: Snapshots) {
    this.#database = database;
    this.#snapshots = snapshots;
  }

  /** Of the database, not of an open transaction, which would count as having read them. */
  keys(prefix: Uint8Array): readonly Uint8Array[] {
    try {
      const first = keysIn(this.#database, { prefix, limit: KEYS_MAX });
      if (first.length < KEYS_MAX) return first;
      return [...first.slice(0, -1), ...keysIn(this.#database, { prefix, limit: 1, reverse: true })];
    } catch (error) {
      if (error instanceof LsmError) return [];
      throw error;
    }
  }

  snapshotNames(): readonly Uint8Array[] {
    return this.#snapshots.names;
  }

  paths(begun: Uint8Array): readonly Uint8Array[] {
    const text = Buffer.from(begun).toString();
    const directory = text.endsWith("/") ? text : `${dirname(text)}/`;
    const typed = text.includes("/") ? directory : "";
    const isHidden = text.startsWith(".", typed.length);
    return entriesOf(directory)
      .filter(({ name }) => isHidden || !name.startsWith("."))
      .map((entry) => `${typed}${entry.name}${entry.isDirectory() ? "/" : ""}`)
      .filter((path) => path.startsWith(text))
      .sort()
      .slice(0, PATHS_MAX)
      .map((path) => Buffer.from(path));
  }
}

function keysIn(reader: Reader, range: KeyRange): Uint8Array[] {
  const keys: Uint8Array[] = [];
  const cursor = reader.cursor(range);
  try {
    for (; cursor.valid; cursor.next()) {
      const { keyBuffer, keyStart, keyEnd } = cursor;
      if (keyEnd - keyStart <= KEY_BYTES_MAX) keys.push(Uint8Array.from(keyBuffer.subarray(keyStart, keyEnd)));
    }
  } finally {
    cursor.close();
  }
  return keys;
}

function entriesOf(directory: string): readonly Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    if (codeOf(error) !== undefined) return [];
    throw error;
  }
}
