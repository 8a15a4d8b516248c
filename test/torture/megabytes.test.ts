import { describe, expect, test } from "vitest";
import { decodeBlock } from "../../src/block/block-format.ts";
import { InputError } from "../../src/cli/language/command.ts";
import { hintFor } from "../../src/cli/language/hint.ts";
import { parse } from "../../src/cli/language/parse.ts";
import { LsmError } from "../../src/errors.ts";
import { decodeFrames } from "../../src/manifest/manifest-frame.ts";
import { decodeNativeFrames } from "../../src/manifest/native-frame.ts";
import { DATABASE_FORMATS } from "../../src/options.ts";
import { CsvRecords } from "../../src/tools/transfer/csv-records.ts";
import { parseJsonLine } from "../../src/tools/transfer/json-lines.ts";
import { HEADER, readNative } from "../support/native-log.ts";
import { EMPTY_STATE, nativeManifest } from "../support/native-manifest.ts";
import { readLog } from "../support/wal-notation.ts";

/**
 * Inputs of a megabyte on which a decoder that looks at everything from everywhere would take minutes: each byte, or every
 * few bytes, announces something long. They end in time or the test does not; and none needs much memory.
 */
const MIB = 1024 * 1024;

function tiled(unit: Uint8Array | string): Uint8Array {
  const bytes = Buffer.from(unit);
  return Uint8Array.from({ length: MIB }, (_, index) => bytes[index % bytes.length] as number);
}

/** Every ninth byte begins a manifest frame of half a megabyte, behind one that reaches beyond the end. */
function framesInFrames(): Uint8Array {
  const bytes = tiled(Uint8Array.of(0, 0, 0, 0, 0, 7, 0xff, 0xff, 0x7b));
  bytes.set([0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x7b]);
  return bytes;
}

const INPUTS: readonly (readonly [string, () => Uint8Array])[] = [
  ["records of 257 bytes at every byte", () => tiled("\x01")],
  ["frames in frames", framesInFrames],
  ["quotes", () => tiled('"')],
  ["commas", () => tiled(",")],
  ["brackets", () => tiled("[")],
  ["words", () => tiled("a ")],
];

/** The file with its first bytes replaced by a right beginning. */
function begun(beginning: Uint8Array, bytes: Uint8Array): Uint8Array {
  bytes.set(beginning);
  return bytes;
}

function readCsv(bytes: Uint8Array): void {
  const records = new CsvRecords();
  for (const { fields } of records.push(bytes)) expect(fields.length).toBeGreaterThan(0);
  records.end();
}

const DECODERS: readonly (readonly [string, (bytes: Uint8Array) => unknown])[] = [
  ["log plain", (bytes) => readLog(bytes, "plain", "tail")],
  ["log mvcc", (bytes) => readLog(bytes, "mvcc", "tail")],
  ["log of unknown format", (bytes) => readLog(bytes, undefined, "strict")],
  ["log native", (bytes) => readNative(begun(HEADER, bytes), { recovery: "tail" })],
  ["manifest of the reference", (bytes) => decodeFrames(bytes, "MANIFEST")],
  ["manifest native", (bytes) => decodeNativeFrames(begun(nativeManifest(EMPTY_STATE), bytes), "MANIFEST")],
  ...DATABASE_FORMATS.map(
    (format) => [`block ${format}`, (bytes: Uint8Array) => decodeBlock(bytes, format, "a", 0)] as const,
  ),
  ["shell line", parse],
  ["hint", (bytes) => hintFor(Buffer.from(bytes).toString("latin1"))],
  ["JSON line", (bytes) => parseJsonLine(bytes, "line 1")],
  ["CSV", readCsv],
];

describe.each(DECODERS)("a megabyte for the decoder: %s", (_, decode) => {
  test.each(INPUTS)("%s", (_, make) => {
    try {
      decode(make());
    } catch (error) {
      if (!(error instanceof LsmError) && !(error instanceof InputError)) throw error;
      expect(error.message).toMatch(/^[^\n]{1,300}$/);
    }
  });
});
