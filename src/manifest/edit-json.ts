import { LsmError } from "../errors.ts";
import type { CompactionTask, Edit, LevelTask, Tier } from "./edit.ts";

/**
 * One edit as the reference writes it: compact JSON, UTF-8, fields in this order.
 *
 *   {"NewMemtable":5}
 *   {"Flush":5}
 *   {"Compaction":[TASK,[8,9]]}          the outputs in order, possibly []
 *
 * TASK is one of
 *
 *   {"ForceFullCompaction":{"l0_sstables":[3,1],"l1_sstables":[]}}
 *   {"Simple":LEVELS} or {"Leveled":LEVELS}, where LEVELS is {"upper_level":null,"upper_level_sst_ids":[2,1],
 *     "lower_level":1,"lower_level_sst_ids":[],"is_lower_level_bottom_level":false}; upper level null is L0
 *   {"Tiered":{"tiers":[[3,[3]],[2,[2]]],"bottom_tier_included":true}}; a tier is [id,[tables]], newest first
 *
 * The reader takes fields in any order, fields it does not know, and white space. Ids beyond 2^53-1 are refused.
 */
export function encodeEdit(edit: Edit): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(editToJson(edit)));
}

/** Throws LsmError CORRUPTION saying what is not as it should be. */
export function decodeEdit(bytes: Uint8Array): Edit {
  return editFromJson(parseJson(bytes));
}

function editToJson(edit: Edit): unknown {
  switch (edit.kind) {
    case "newMemtable":
      return { NewMemtable: edit.id };
    case "flush":
      return { Flush: edit.id };
    case "compaction":
      return { Compaction: [taskToJson(edit.task), edit.outputs] };
    case "logSynced":
      throw new Error("the reference's manifest has no record of what is durable");
  }
}

function editFromJson(json: unknown): Edit {
  const [tag, content] = onlyMember(json, "the record");
  switch (tag) {
    case "NewMemtable":
      return { kind: "newMemtable", id: idFrom(content, tag) };
    case "Flush":
      return { kind: "flush", id: idFrom(content, tag) };
    case "Compaction": {
      const [task, outputs] = pairFrom(content, tag);
      return { kind: "compaction", task: taskFromJson(task), outputs: idsFrom(outputs, "the outputs") };
    }
    default:
      return malformed(`unknown record kind ${JSON.stringify(tag)}`);
  }
}

function taskToJson(task: CompactionTask): unknown {
  switch (task.strategy) {
    case "full":
      return { ForceFullCompaction: { l0_sstables: task.level0, l1_sstables: task.level1 } };
    case "simple":
      return { Simple: levelTaskToJson(task) };
    case "leveled":
      return { Leveled: levelTaskToJson(task) };
    case "tiered":
      return {
        Tiered: {
          tiers: task.tiers.map((tier) => [tier.id, tier.tables]),
          bottom_tier_included: task.isBottomIncluded,
        },
      };
  }
}

function taskFromJson(json: unknown): CompactionTask {
  const [tag, content] = onlyMember(json, "the task");
  switch (tag) {
    case "ForceFullCompaction": {
      const fields = objectFrom(content, tag);
      return {
        strategy: "full",
        level0: idsFrom(fields.l0_sstables, "l0_sstables"),
        level1: idsFrom(fields.l1_sstables, "l1_sstables"),
      };
    }
    case "Simple":
      return { strategy: "simple", ...levelTaskFromJson(content, tag) };
    case "Leveled":
      return { strategy: "leveled", ...levelTaskFromJson(content, tag) };
    case "Tiered": {
      const fields = objectFrom(content, tag);
      return {
        strategy: "tiered",
        tiers: arrayFrom(fields.tiers, "tiers").map(tierFromJson),
        isBottomIncluded: booleanFrom(fields.bottom_tier_included, "bottom_tier_included"),
      };
    }
    default:
      return malformed(`unknown task ${JSON.stringify(tag)}`);
  }
}

function levelTaskToJson(task: LevelTask): unknown {
  return {
    upper_level: task.upperLevel ?? null,
    upper_level_sst_ids: task.upperTables,
    lower_level: task.lowerLevel,
    lower_level_sst_ids: task.lowerTables,
    is_lower_level_bottom_level: task.isLowerLevelBottom,
  };
}

function levelTaskFromJson(json: unknown, tag: string): LevelTask {
  const fields = objectFrom(json, tag);
  const upperLevel = fields.upper_level ?? undefined;
  return {
    upperLevel: upperLevel === undefined ? undefined : idFrom(upperLevel, "upper_level"),
    upperTables: idsFrom(fields.upper_level_sst_ids, "upper_level_sst_ids"),
    lowerLevel: idFrom(fields.lower_level, "lower_level"),
    lowerTables: idsFrom(fields.lower_level_sst_ids, "lower_level_sst_ids"),
    isLowerLevelBottom: booleanFrom(fields.is_lower_level_bottom_level, "is_lower_level_bottom_level"),
  };
}

function tierFromJson(json: unknown): Tier {
  const [id, tables] = pairFrom(json, "a tier");
  return { id: idFrom(id, "a tier's id"), tables: idsFrom(tables, "a tier's tables") };
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (cause) {
    throw new LsmError("CORRUPTION", "not JSON", { cause });
  }
}

function onlyMember(json: unknown, what: string): readonly [tag: string, content: unknown] {
  const [member, ...others] = Object.entries(objectFrom(json, what));
  if (member === undefined || others.length > 0) return malformed(`${what} does not have exactly one member`);
  return member;
}

function objectFrom(json: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof json !== "object" || json === null || Array.isArray(json)) return malformed(`${what} is not an object`);
  return json as Readonly<Record<string, unknown>>;
}

function arrayFrom(json: unknown, what: string): readonly unknown[] {
  return Array.isArray(json) ? json : malformed(`${what} is not an array`);
}

function pairFrom(json: unknown, what: string): readonly [unknown, unknown] {
  const [first, second, ...others] = arrayFrom(json, what);
  if (second === undefined || others.length > 0) return malformed(`${what} is not an array of two`);
  return [first, second];
}

function idsFrom(json: unknown, what: string): readonly number[] {
  return arrayFrom(json, what).map((id) => idFrom(id, `a member of ${what}`));
}

function idFrom(json: unknown, what: string): number {
  const isId = Number.isSafeInteger(json) && (json as number) >= 0 && !Object.is(json, -0);
  return isId ? (json as number) : malformed(`${what} is not a whole number from 0 to 2^53-1`);
}

function booleanFrom(json: unknown, what: string): boolean {
  return typeof json === "boolean" ? json : malformed(`${what} is not true or false`);
}

function malformed(detail: string): never {
  throw new LsmError("CORRUPTION", detail);
}
