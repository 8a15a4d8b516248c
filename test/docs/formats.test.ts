import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { fingerprint32 } from "../../src/codec/fingerprint32.ts";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import { ENTRY_KIND } from "../../src/key.ts";
import { decodeFrames } from "../../src/manifest/manifest-frame.ts";
import { SSTableBuilder } from "../../src/sstable/sstable-builder.ts";

const document = readFileSync(new URL("../../docs/formats.md", import.meta.url), "utf8");

/** The bytes of a block marked `hex NAME`: everything before two spaces and a remark, without blanks. */
function documentedBytes(name: string): string {
  const block = new RegExp(`\`\`\`hex ${name}\\n([\\s\\S]*?)\`\`\``).exec(document)?.[1] ?? "";
  return block
    .split("\n")
    .map((line) => line.replace(/ {2,}.*$/, "").replaceAll(" ", ""))
    .join("");
}

test("the documented table is what the builder writes", () => {
  const fs = new MemoryFileSystem();
  fs.makeDirectory("/d");
  const file = fs.open("/d/t", "create");
  const builder = new SSTableBuilder(file, { format: "plain", blockSizeBytes: 4096 });
  for (const [key, value] of [
    ["apple", "red"],
    ["apply", "now"],
    ["banana", ""],
  ] as const) {
    const keyBytes = Buffer.from(key);
    const valueBytes = Buffer.from(value);
    const hash = fingerprint32(keyBytes, 0, keyBytes.length);
    const kind = value === "" ? ENTRY_KIND.delete : ENTRY_KIND.put;
    builder.add(hash, keyBytes, 0, keyBytes.length, 0, kind, valueBytes, 0, valueBytes.length);
  }
  builder.finish();
  const written = new Uint8Array(file.sizeBytes);
  file.read(written, 0, written.length, 0);
  expect(Buffer.from(written).toString("hex")).toBe(documentedBytes("table"));
});

test("the documented manifest announces memtable 0", () => {
  const bytes = Buffer.from(documentedBytes("manifest"), "hex");
  expect(decodeFrames(bytes, "MANIFEST")).toEqual({
    records: [{ offset: 0, edit: { kind: "newMemtable", id: 0 } }],
    sizeBytes: bytes.length,
  });
});
