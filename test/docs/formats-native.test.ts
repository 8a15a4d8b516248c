import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import { decodeNativeFrames } from "../../src/manifest/native-frame.ts";
import { TableOutput } from "../../src/sstable/table-output.ts";
import { newLogBatch } from "../../src/wal/log-batch.ts";
import { nativeLogHeader } from "../../src/wal/native-record.ts";
import { Wal } from "../../src/wal/wal.ts";
import { readFile } from "../support/engine-golden.ts";
import { DATABASE_ID, EMPTY_STATE, nativeEdit, nativeManifest } from "../support/native-manifest.ts";
import { addEntry, entries } from "../support/tables.ts";

const document = readFileSync(new URL("../../docs/formats-native.md", import.meta.url), "utf8");

/** The lines of a block marked `hex NAME`: bytes before two spaces, and a remark that may begin with `at OFFSET:`. */
function linesOf(name: string): { readonly bytes: string; readonly at: number }[] {
  const block = new RegExp(`\`\`\`hex ${name}\\n([\\s\\S]*?)\`\`\``).exec(document)?.[1] ?? "";
  return block
    .trimEnd()
    .split("\n")
    .map((line) => ({
      bytes: line.replace(/ {2,}.*$/, "").replaceAll(" ", ""),
      at: Number(/at (\d+):/.exec(line)?.[1]),
    }));
}

const bytesOf = (name: string): string =>
  linesOf(name)
    .map((line) => line.bytes)
    .join("");

test("the documented manifest is what is written, and is read", () => {
  const bytes = nativeManifest(EMPTY_STATE, [nativeEdit("memtable 0")], []);
  expect(bytesOf("native-manifest")).toBe(Buffer.from(bytes).toString("hex"));
  const { records, sizeBytes } = decodeNativeFrames(
    Uint8Array.from(Buffer.from(bytesOf("native-manifest"), "hex")),
    "MANIFEST",
  );
  expect(records).toEqual([{ offset: 85, edit: nativeEdit("memtable 0") }]);
  expect(sizeBytes).toBe(127);
});

test("the documented table is what the builder writes", () => {
  const fs = new MemoryFileSystem();
  fs.makeDirectory("/d");
  const target = { fs, directory: "/d", format: "native", blockSizeBytes: 4096, databaseId: DATABASE_ID } as const;
  const output = new TableOutput(target, 7);
  for (const entry of entries('apple@3=red apple@2= pear@1=""')) addEntry(output.builder, entry);
  output.builder.addRangeDelete(Buffer.from("b"), Buffer.from("d"), [7, 4]);
  output.finish();
  expect(bytesOf("native-table")).toBe(Buffer.from(readFile(fs, "/d/00007.sst")).toString("hex"));
});

test("the documented log is what a batch writes", () => {
  const fs = new MemoryFileSystem();
  fs.makeDirectory("/d");
  const wal = Wal.create(fs, "/d/00005.wal", nativeLogHeader(DATABASE_ID, 5));
  const batch = newLogBatch("native");
  batch.begin(1);
  batch.put(Buffer.from("apple"), 0, 5, Buffer.from("red"), 0, 3);
  batch.delete(Buffer.from("pear"), 0, 4);
  batch.deleteRange(Buffer.from("b"), Buffer.from("c"));
  batch.end();
  wal.append(batch);
  expect(bytesOf("native-log")).toBe(Buffer.from(readFile(fs, "/d/00005.wal")).toString("hex"));
});

test.each(["native-table", "native-manifest", "native-log"])(
  "the offsets beside the bytes of %s are where these bytes are",
  (name) => {
    let start = 0;
    for (const { bytes, at } of linesOf(name)) {
      expect(at).toBe(start);
      start += bytes.length / 2;
    }
    expect(start).toBeGreaterThan(100);
  },
);
