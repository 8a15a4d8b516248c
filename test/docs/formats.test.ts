import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { fingerprint32 } from "../../src/codec/fingerprint32.ts";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import { ENTRY_KIND } from "../../src/key.ts";
import { decodeFrames } from "../../src/manifest/manifest-frame.ts";
import type { DatabaseFormat } from "../../src/options.ts";
import { SSTableBuilder } from "../../src/sstable/sstable-builder.ts";
import { WalBatch } from "../../src/wal/wal-record.ts";

const document = readFileSync(new URL("../../docs/formats.md", import.meta.url), "utf8");

/** The bytes of a block marked `hex NAME`: everything before two spaces and a remark, without blanks. */
function documentedBytes(name: string): string {
  const block = new RegExp(`\`\`\`hex ${name}\\n([\\s\\S]*?)\`\`\``).exec(document)?.[1] ?? "";
  return block
    .split("\n")
    .map((line) => line.replace(/ {2,}.*$/, "").replaceAll(" ", ""))
    .join("");
}

type Entry = readonly [key: string, timestamp: number, value: string];

function builtTable(format: DatabaseFormat, entries: readonly Entry[]): string {
  const fs = new MemoryFileSystem();
  fs.makeDirectory("/d");
  const file = fs.open("/d/t", "create");
  const builder = new SSTableBuilder(file, { format, blockSizeBytes: 4096 });
  for (const [key, timestamp, value] of entries) {
    const keyBytes = Buffer.from(key);
    const valueBytes = Buffer.from(value);
    const hash = fingerprint32(keyBytes, 0, keyBytes.length);
    const kind = value === "" ? ENTRY_KIND.delete : ENTRY_KIND.put;
    builder.add(hash, keyBytes, 0, keyBytes.length, timestamp, kind, valueBytes, 0, valueBytes.length);
  }
  builder.finish();
  const written = new Uint8Array(file.sizeBytes);
  file.read(written, 0, written.length, 0);
  return Buffer.from(written).toString("hex");
}

test("the documented tables are what the builder writes", () => {
  const plain: Entry[] = [
    ["apple", 0, "red"],
    ["apply", 0, "now"],
    ["banana", 0, ""],
  ];
  const mvcc: Entry[] = [
    ["apple", 2, "red"],
    ["apple", 1, "blue"],
    ["pear", 3, ""],
  ];
  expect(builtTable("plain", plain)).toBe(documentedBytes("table"));
  expect(builtTable("mvcc", mvcc)).toBe(documentedBytes("mvcc-table"));
});

test.each(["plain", "mvcc"] as const)("the documented %s log is what a batch writes", (format) => {
  const batch = new WalBatch(format);
  batch.begin(1);
  batch.put(Buffer.from("apple"), 0, 5, Buffer.from("red"), 0, 3);
  batch.delete(Buffer.from("pear"), 0, 4);
  batch.end();
  const written = Buffer.from(batch.bytes.subarray(0, batch.length)).toString("hex");
  expect(written).toBe(documentedBytes(`${format}-log`));
});

test("the offsets beside documented bytes are where these bytes are", () => {
  const blocks = [...document.matchAll(/```hex \S+\n([\s\S]*?)```/g)].map((match) => match[1] ?? "");
  expect(blocks.length).toBeGreaterThan(4);
  const offsets = blocks.flatMap((block) => {
    let at = 0;
    return block
      .trimEnd()
      .split("\n")
      .map((line) => {
        const [bytes = "", remark = ""] = line.split(/ {2,}/);
        const start = at;
        at += bytes.replaceAll(" ", "").length / 2;
        return { line, start, said: /^at (\d+):/.exec(remark)?.[1] };
      });
  });
  expect(offsets.filter(({ said, start }) => said !== undefined && Number(said) !== start)).toEqual([]);
  expect(offsets.filter(({ said }) => said !== undefined).length).toBeGreaterThan(20);
});

test("the documented manifest announces memtable 0", () => {
  const bytes = Buffer.from(documentedBytes("manifest"), "hex");
  expect(decodeFrames(bytes, "MANIFEST")).toEqual({
    records: [{ offset: 0, edit: { kind: "newMemtable", id: 0 } }],
    sizeBytes: bytes.length,
  });
});
