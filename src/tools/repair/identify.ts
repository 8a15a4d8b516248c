import { join } from "node:path";
import { decodeNativeHeader, SIZE_NATIVE_HEADER } from "../../codec/native-header.ts";
import type { FileSystem } from "../../fs/file-system.ts";
import type { DatabaseFormat } from "../../options.ts";
import { detectWalFormat } from "../../wal/detect-format.ts";
import { formatByBlocks } from "../anatomy/block-format.ts";
import { attempt } from "../anatomy/fault.ts";
import { FileBytes } from "../anatomy/file-bytes.ts";
import { isNativeFile } from "../anatomy/native-parts.ts";
import { readTableParts } from "../anatomy/read-table-parts.ts";
import type { ManifestKnowledge } from "./manifest-knowledge.ts";

/** What the files of a directory are, as far as they tell. */
export type Identity = { readonly format: DatabaseFormat | undefined; readonly databaseId: Uint8Array | undefined };

/**
 * By the manifest, or else by what most tables say, or else most logs: a file that was copied in from elsewhere is outvoted.
 * A directory without any is taken for what the shell makes.
 */
export function identify(
  fs: FileSystem,
  directory: string,
  names: { readonly tables: readonly string[]; readonly logs: readonly string[] },
  manifest: ManifestKnowledge,
): Identity {
  const ask = <Answer>(name: string, question: (file: FileBytes) => Answer | undefined): Answer | undefined => {
    const opened = attempt(
      () => {},
      "file",
      () => FileBytes.open(fs, join(directory, name)),
    );
    if (opened === undefined) return undefined;
    using file = opened;
    return question(file);
  };
  const { tables, logs } = names;
  const isEmpty = tables.length + logs.length === 0;
  const format =
    (manifest.isNative ? "native" : undefined) ??
    mostFrequent(tables.map((name) => ask(name, formatOfTable))) ??
    mostFrequent(logs.map((name) => ask(name, formatOfLog))) ??
    (isEmpty ? "plain" : undefined);
  if (format !== "native") return { format, databaseId: undefined };
  const ids = [...tables, ...logs].map((name) => ask(name, databaseIdOf));
  const most = mostFrequent(ids);
  return { format, databaseId: manifest.databaseId ?? (most === undefined ? undefined : Buffer.from(most, "hex")) };
}

function mostFrequent<Vote>(votes: readonly (Vote | undefined)[]): Vote | undefined {
  const counts = new Map<Vote, number>();
  for (const vote of votes) if (vote !== undefined) counts.set(vote, (counts.get(vote) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
}

function formatOfTable(file: FileBytes): DatabaseFormat | undefined {
  return readTableParts(file, {}, () => {}).format ?? formatByBlocks(file);
}

function formatOfLog(file: FileBytes): DatabaseFormat | undefined {
  if (isNativeFile(file)) return "native";
  const bytes = attempt(
    () => {},
    "file",
    () => file.read(0, file.sizeBytes),
  );
  return bytes && detectWalFormat(bytes);
}

function databaseIdOf(file: FileBytes): string | undefined {
  const bytes = file.read(0, Math.min(SIZE_NATIVE_HEADER, file.sizeBytes));
  const header = attempt(
    () => {},
    "header",
    () => decodeNativeHeader(bytes, file.path),
  );
  return header && Buffer.from(header.databaseId).toString("hex");
}
