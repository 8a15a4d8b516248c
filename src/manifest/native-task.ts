import type { ByteReader } from "../codec/byte-reader.ts";
import type { ByteWriter } from "../codec/byte-writer.ts";
import type { CompactionTask, LevelTask, TieredTask } from "./edit.ts";
import { decodeFlag, decodeIds, decodeList, encodeFlag, encodeIds, encodeList } from "./native-fields.ts";

/**
 * What a compaction took, in a manifest of `native`.
 *
 *   | 1 u8 | ids of L0 | ids of level 1 |                                                          full
 *   | 2 u8 | levels |                                                                             simple
 *   | 3 u8 | levels |                                                                             leveled
 *   | 4 u8 | bottom included: flag | list of | tier id u64 | ids of its tables | |                tiered
 *
 *   levels = | upper level u32 | its ids | lower level u32 | its ids | lower is the bottom: flag |
 *
 * An upper level of 0 is L0.
 */
const TASK_TAG = { full: 1, simple: 2, leveled: 3, tiered: 4 } as const;
/** An id and an empty list. */
const SIZE_TIER_MIN = 12;

export function encodeTask(writer: ByteWriter, task: CompactionTask): void {
  writer.u8(TASK_TAG[task.strategy]);
  switch (task.strategy) {
    case "full":
      encodeIds(writer, task.level0);
      encodeIds(writer, task.level1);
      return;
    case "simple":
    case "leveled":
      encodeLevels(writer, task);
      return;
    case "tiered":
      encodeTiers(writer, task);
  }
}

/** Throws CorruptionError. */
export function decodeTask(reader: ByteReader): CompactionTask {
  const at = reader.position;
  const tag = reader.u8();
  switch (tag) {
    case TASK_TAG.full:
      return { strategy: "full", level0: decodeIds(reader), level1: decodeIds(reader) };
    case TASK_TAG.simple:
      return { strategy: "simple", ...decodeLevels(reader) };
    case TASK_TAG.leveled:
      return { strategy: "leveled", ...decodeLevels(reader) };
    case TASK_TAG.tiered:
      return { strategy: "tiered", ...decodeTiers(reader) };
    default:
      return reader.fail(at, `a compaction of the unknown kind ${tag}`);
  }
}

function encodeLevels(writer: ByteWriter, task: LevelTask): void {
  writer.u32(task.upperLevel ?? 0);
  encodeIds(writer, task.upperTables);
  writer.u32(task.lowerLevel);
  encodeIds(writer, task.lowerTables);
  encodeFlag(writer, task.isLowerLevelBottom);
}

function decodeLevels(reader: ByteReader): LevelTask {
  const upperLevel = reader.u32();
  const upperTables = decodeIds(reader);
  const lowerLevel = reader.u32();
  const lowerTables = decodeIds(reader);
  const isLowerLevelBottom = decodeFlag(reader);
  return {
    upperLevel: upperLevel === 0 ? undefined : upperLevel,
    upperTables,
    lowerLevel,
    lowerTables,
    isLowerLevelBottom,
  };
}

function encodeTiers(writer: ByteWriter, task: TieredTask): void {
  encodeFlag(writer, task.isBottomIncluded);
  encodeList(writer, task.tiers, (tier) => {
    writer.u64(tier.id);
    encodeIds(writer, tier.tables);
  });
}

function decodeTiers(reader: ByteReader): Pick<TieredTask, "isBottomIncluded" | "tiers"> {
  const isBottomIncluded = decodeFlag(reader);
  const tiers = decodeList(reader, SIZE_TIER_MIN, () => ({ id: reader.u64(), tables: decodeIds(reader) }));
  return { isBottomIncluded, tiers };
}
