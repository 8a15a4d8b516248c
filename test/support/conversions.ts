import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MiniLsm } from "../../src/engine/mini-lsm.ts";
import type { Options } from "../../src/options.ts";
import type { ConversionWatch } from "../../src/tools/convert/convert.ts";

/** A key and a value, one character a byte. */
export type TextEntry = readonly [key: string, value: string];

/** A directory for the databases of one test. */
export class Workspace {
  readonly path: string = mkdtempSync(join(tmpdir(), "mini-lsm-convert-"));

  at(name: string): string {
    return join(this.path, name);
  }

  names(directory = "."): string[] {
    return readdirSync(this.at(directory)).sort();
  }

  /** Every file of a directory by name, as text. */
  files(directory: string): Record<string, string> {
    const read = (name: string): string => readFileSync(join(this.at(directory), name), "latin1");
    return Object.fromEntries(this.names(directory).map((name) => [name, read(name)]));
  }

  /** Makes a database of the entries; `useThread` is off, as tests make many small ones. */
  async make(name: string, entries: readonly TextEntry[], options: Partial<Options> = {}): Promise<void> {
    const database = await MiniLsm.open(this.at(name), { format: "plain", useThread: false, ...options });
    for (const [key, value] of entries) database.put(bytes(key), bytes(value));
    await database.close();
  }

  async read(name: string): Promise<TextEntry[]> {
    const database = await MiniLsm.open(this.at(name), { readOnly: true });
    try {
      return Array.from(database.scan(), ([key, value]) => [text(key), text(value)]);
    } finally {
      await database.close();
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Nobody interrupts, and nobody listens. */
export function quietWatch(changes: Partial<ConversionWatch> = {}): ConversionWatch {
  return {
    signal: new AbortController().signal,
    begin() {},
    isBreathDue: () => false,
    breathe: async () => {},
    warn() {},
    ...changes,
  };
}

export function bytes(content: string): Uint8Array {
  return Uint8Array.from(Buffer.from(content, "latin1"));
}

export function text(content: Uint8Array): string {
  return Buffer.from(content.buffer, content.byteOffset, content.length).toString("latin1");
}
