import type { Block } from "../../src/block/block.ts";
import { BlockBuilder } from "../../src/block/block-builder.ts";
import { decodeBlock } from "../../src/block/block-format.ts";
import { ByteWriter } from "../../src/codec/byte-writer.ts";
import type { DatabaseFormat } from "../../src/options.ts";
import { type Entry, kindOf } from "./tables.ts";

/** Writes entries into one block and answers its bytes; an entry that does not fit is an error. */
export function blockBytes(format: DatabaseFormat, blockSizeBytes: number, given: readonly Entry[]): Uint8Array {
  const writer = new ByteWriter(16);
  const builder = new BlockBuilder(writer, format, blockSizeBytes);
  for (const entry of given) if (!addToBlock(builder, entry)) throw new Error("the block is full");
  builder.finish();
  return writer.buffer.slice(0, writer.length);
}

export function makeBlock(format: DatabaseFormat, blockSizeBytes: number, given: readonly Entry[]): Block {
  return decodeBlock(blockBytes(format, blockSizeBytes, given), format, "a.block", 0);
}

export function addToBlock(builder: BlockBuilder, entry: Entry): boolean {
  const { key, timestamp, value } = entry;
  return builder.add(key, 0, key.length, timestamp, kindOf(entry), value, 0, value.length);
}
