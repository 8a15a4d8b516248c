import type { CompactionTask } from "../src/manifest/edit.ts";
import { SHOWN_KEY_BYTES_MAX } from "../src/tools/live/change.ts";

// The page says quantities as the shell does, so that what one reads here and there is the same.
export { millisecondsText, percentText, ratioText, sizeText as bytesText } from "../src/cli/quantity.ts";

export function countText(count: number): string {
  return count.toLocaleString("en-US");
}

export function plural(count: number, one: string, many: string = `${one}s`): string {
  return `${countText(count)} ${count === 1 ? one : many}`;
}

/** Characters that would be invisible, or turn the direction of what follows. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
const decoder = new TextDecoder("utf-8", { fatal: true });

/** A key or a value as text: UTF-8 where it is that, and escaped bytes where it is not. Cut ones end in `…`. */
export function keyText(key: Uint8Array): string {
  const isCut = key.length > SHOWN_KEY_BYTES_MAX;
  const shown = isCut ? key.subarray(0, SHOWN_KEY_BYTES_MAX) : key;
  if (shown.length === 0) return "(empty)";
  return `${decoded(shown)}${isCut ? "…" : ""}`;
}

function decoded(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes).replace(UNSAFE, escaped);
  } catch {
    return Array.from(bytes, (byte) => {
      return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`;
    }).join("");
  }
}

function escaped(character: string): string {
  return Array.from(new TextEncoder().encode(character), (byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");
}

/** What a compaction takes and where it goes, such as `2 tables of L0 and 3 of L1 into L1`. */
export function taskText(task: CompactionTask): string {
  switch (task.strategy) {
    case "full":
      return `${inputsText(task)} into L1`;
    case "simple":
    case "leveled":
      return `${inputsText(task)} into L${task.lowerLevel}`;
    case "tiered":
      return `${inputsText(task)} into one`;
  }
}

/** How much a compaction takes, such as `2 + 3 tables` or `4 tiers`. */
export function amountText(task: CompactionTask): string {
  switch (task.strategy) {
    case "full":
      return `${task.level0.length} + ${task.level1.length} tables`;
    case "simple":
    case "leveled":
      return `${task.upperTables.length} + ${task.lowerTables.length} tables`;
    case "tiered":
      return plural(task.tiers.length, "tier");
  }
}

/** What a compaction takes, such as `2 tables of L0 and 3 of L1`. */
function inputsText(task: CompactionTask): string {
  switch (task.strategy) {
    case "full":
      return twoLevelsText(["L0", task.level0], ["L1", task.level1]);
    case "simple":
    case "leveled":
      return twoLevelsText([`L${task.upperLevel ?? 0}`, task.upperTables], [`L${task.lowerLevel}`, task.lowerTables]);
    case "tiered": {
      const tables = task.tiers.reduce((sum, tier) => sum + tier.tables.length, 0);
      return `${plural(task.tiers.length, "tier")} of ${plural(tables, "table")}`;
    }
  }
}

function twoLevelsText(...levels: readonly (readonly [name: string, tables: readonly number[]])[]): string {
  const filled = levels.filter(([, tables]) => tables.length > 0);
  const parts = filled.map(
    ([name, { length }], index) => `${index === 0 ? plural(length, "table") : length} of ${name}`,
  );
  return parts.join(" and ");
}
