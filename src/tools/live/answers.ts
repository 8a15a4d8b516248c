import { LsmError } from "../../errors.ts";
import type { FileSystem } from "../../fs/file-system.ts";
import { inspectBlock, inspectTable, mayContain } from "./inspection.ts";
import { type OpenTable, withTable } from "./table-reader.ts";

/** What is answered to a question about a table's file. */
export type Answer = { readonly status: number; readonly value: unknown };

const TABLE_PATH = /^\/api\/tables\/(\d{1,15})(?:\/(?:blocks\/(\d{1,9})|(filter)))?$/;

/** Where the tables lie. */
export type TablePlace = { readonly fs: FileSystem; readonly directory: string };

/**
 * Answers `/api/tables/ID`, `/api/tables/ID/blocks/INDEX` and `/api/tables/ID/filter?key=KEY` by reading the file.
 * undefined for another path.
 */
export function answerTable({ fs, directory }: TablePlace, url: URL): Answer | undefined {
  const match = TABLE_PATH.exec(url.pathname);
  if (match === null) return undefined;
  const [, id, block, filter] = match;
  try {
    return withTable(fs, directory, Number(id), (table) => {
      if (filter !== undefined) return answerFilter(table, url);
      if (block !== undefined) return answerBlock(table, Number(block));
      return { status: 200, value: inspectTable(table) };
    });
  } catch (error) {
    if (!(error instanceof LsmError)) throw error;
    if (error.code !== "IO_ERROR") return { status: 500, value: { error: error.message } };
    return { status: 404, value: { error: "Its file is gone: a compaction has replaced it." } };
  }
}

function answerFilter(table: OpenTable, url: URL): Answer {
  const answer = mayContain(table, new TextEncoder().encode(url.searchParams.get("key") ?? ""));
  if (answer !== undefined) return { status: 200, value: { mayContain: answer } };
  return { status: 404, value: { error: "The filter is damaged." } };
}

function answerBlock(table: OpenTable, index: number): Answer {
  const value = inspectBlock(table, index);
  if (value !== undefined) return { status: 200, value };
  return { status: 404, value: { error: "There is no such block, or it is too large to show." } };
}
