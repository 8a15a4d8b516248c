import { isBuiltin } from "node:module";
import { posix } from "node:path";
import { importedModules, readSource } from "./source-text.ts";

/**
 * The layers, lowest first. A file may import its own folder, any lower row, and what stands to the left in its own row,
 * so that the whole order is total and no cycle can form. A name ending in `.ts` is a file directly under `src/`.
 */
export const LAYERS: readonly (readonly string[])[] = [
  ["errors.ts", "key.ts", "options.ts", "codec", "fs"],
  ["iterator", "block"],
  ["sstable"],
  ["memtable", "wal", "manifest"],
  ["state", "mvcc"],
  ["read", "write", "compaction", "recovery"],
  ["engine"],
  ["adapters", "tools"],
  ["index.ts", "level.ts", "cli"],
];

const ORDER: readonly string[] = LAYERS.flat();

/** Built-in modules that only compute. Anything else reaches files, the network, threads or the terminal. */
const PURE_BUILTINS: ReadonlySet<string> = new Set(["node:buffer", "node:path", "node:util", "node:zlib"]);
const FOLDERS_WITH_EFFECTS: ReadonlySet<string> = new Set(["fs", "engine", "adapters", "tools", "cli"]);

/** Folders where waiting is allowed, and the one file below them that must: the lock talks to a socket. */
const ASYNCHRONOUS_FOLDERS: ReadonlySet<string> = new Set(["engine", "adapters", "tools", "index.ts", "cli"]);
const ASYNCHRONOUS_FILES: ReadonlySet<string> = new Set(["fs/directory-lock.ts"]);

/** A file past this many lines usually holds a second concept. */
export const LINES_MAX = 300;
const DRAWERS: ReadonlySet<string> = new Set(["util", "utils", "helper", "helpers", "common", "misc", "shared", "lib"]);

/** Sources by path relative to `src/`, with forward slashes. */
export type Sources = ReadonlyMap<string, string>;

/** Every breach of the layer table, one sentence each. */
export function layerBreaches(sources: Sources): string[] {
  return importsOf(sources).flatMap(({ path, name }) => {
    if (!name.startsWith(".")) return [];
    const target = resolve(path, name);
    if (!sources.has(target)) return [`${path} imports ${name}, which is no file of src/`];
    const from = ORDER.indexOf(unitOf(path));
    const to = ORDER.indexOf(unitOf(target));
    if (from < 0) return [`${path} lies in no layer`];
    return to > from || to < 0 ? [`${path} imports upward: ${target}`] : [];
  });
}

/** Files that reach the outside world from a layer that must not. */
export function effectBreaches(sources: Sources): string[] {
  return importsOf(sources).flatMap(({ path, name }) =>
    isBuiltin(name) && !PURE_BUILTINS.has(name) && !FOLDERS_WITH_EFFECTS.has(unitOf(path))
      ? [`${path} imports ${name}`]
      : [],
  );
}

/** Words of asynchronous code below the engine. */
export function asynchronousBreaches(sources: Sources): string[] {
  return breachesInCode(sources, /\b(?:async|await|Promise|setTimeout|setInterval|setImmediate)\b/, (path) => {
    return !ASYNCHRONOUS_FOLDERS.has(unitOf(path)) && !ASYNCHRONOUS_FILES.has(path);
  });
}

/** Printing anywhere but in the shell: the engine tells by events. */
export function printingBreaches(sources: Sources): string[] {
  const printing = /\bconsole\s*\.|\bprocess\s*\.\s*(?:stdout|stderr|stdin)\b/;
  return breachesInCode(sources, printing, (path) => unitOf(path) !== "cli");
}

/** Packages imported by `entry` or anything it reaches. A library user gets the engine and nothing else. */
export function packagesReachedFrom(sources: Sources, entry: string): string[] {
  const reached = new Set([entry]);
  const packages: string[] = [];
  for (const path of reached) {
    for (const name of importedModules(readSource(sources.get(path) ?? ""))) {
      if (name.startsWith(".")) reached.add(resolve(path, name));
      else if (!isBuiltin(name)) packages.push(`${path} imports ${name}`);
    }
  }
  return packages;
}

/** Files over `LINES_MAX` lines, drawer names, and words that promise work instead of doing it. */
export function housekeepingBreaches(sources: Sources): string[] {
  return [...sources].flatMap(([path, text]) => {
    const lines = text.replace(/\n$/, "").split("\n").length;
    const drawer = path.split("/").find((part) => DRAWERS.has(part.replace(/\.ts$/, "")));
    const promise = /\b(?:TODO|FIXME|XXX)\b/.exec(text);
    return [
      ...(lines > LINES_MAX ? [`${path} has ${lines} lines`] : []),
      ...(drawer === undefined ? [] : [`${path}: ${drawer} is a drawer, not a concept`]),
      ...(promise === null ? [] : [`${path} says ${promise[0]}`]),
    ];
  });
}

function importsOf(sources: Sources): { readonly path: string; readonly name: string }[] {
  return [...sources].flatMap(([path, text]) => importedModules(readSource(text)).map((name) => ({ path, name })));
}

function breachesInCode(sources: Sources, forbidden: RegExp, applies: (path: string) => boolean): string[] {
  return [...sources].flatMap(([path, text]) => {
    const found = applies(path) ? forbidden.exec(readSource(text).code) : null;
    if (found === null) return [];
    const line = text.slice(0, found.index).split("\n").length;
    return [`${path}:${line} says ${found[0]}`];
  });
}

/** The name by which the layer table knows a file: its top folder, or itself at the root. */
function unitOf(path: string): string {
  return path.split("/")[0] ?? path;
}

function resolve(path: string, name: string): string {
  return posix.join(posix.dirname(path), name);
}
