import type { FoundVersion, GetExplanation, GetStep, TableLook } from "../../read/explain-get.ts";
import type { ScannedTable, ScanStep } from "../../read/explain-scan.ts";
import { counted, millisecondsText } from "./quantity.ts";
import { visible } from "./text.ts";

/** What a scan went through, and what that took. */
export type ScanExplanation = {
  readonly steps: readonly ScanStep[];
  readonly entries: number;
  readonly elapsedMs: number;
  readonly blocksFromCache: number;
  readonly blocksFromFile: number;
};

/** The answer to `explain get`, with its last line end. */
export function getExplanationText({ key, steps, placesLeft, outcome }: GetExplanation): string {
  const lines = steps.map((step, index) => `${index + 1}. ${placeText(step)}: ${getStepText(step)}\n`);
  const left = placesLeft === 0 ? "" : `; ${counted(placesLeft, "older place")} not looked at`;
  return `${lines.join("")}${visible(key)} ${OUTCOMES[outcome]}${left}\n`;
}

const OUTCOMES: { readonly [outcome in GetExplanation["outcome"]]: string } = {
  value: "has a value",
  deleted: "was deleted",
  rangeDeleted: "was deleted with its range",
  missing: "is nowhere",
};

/** The answer to `explain scan`, with its last line end. */
export function scanExplanationText(explanation: ScanExplanation): string {
  const { steps, entries, elapsedMs, blocksFromCache, blocksFromFile } = explanation;
  const lines = steps.map((step, index) => `${index + 1}. ${placeText(step)}: ${scanStepText(step)}`);
  const blocks = `${counted(blocksFromCache, "block")} from the cache, ${blocksFromFile} from files`;
  return `${lines.join("")}all merged: ${counted(entries, "key")} in ${millisecondsText(elapsedMs)} ms, ${blocks}\n`;
}

function placeText(step: GetStep | ScanStep): string {
  if (step.place === "run") return `L${step.level}, ${counted(step.tables, "table")}`;
  return `memtable ${step.id}, ${step.isFrozen ? "frozen" : "filling"}, ${counted(step.entries, "entry")}`;
}

function getStepText(step: GetStep): string {
  const { found, rangeDeletedAt, elapsedMs } = step;
  const time = `${millisecondsText(elapsedMs)} ms`;
  if (step.place === "run" && step.look === undefined) return "skipped, the key is in no table's key range";
  const isRuledOut = step.place === "run" && step.look?.isRuledOut === true;
  if (isRuledOut && rangeDeletedAt === 0) return `table ${step.look?.id} skipped, its filter refuses the key (${time})`;
  const look = step.place === "run" && step.look !== undefined ? `${lookText(step.look)}, ` : "";
  if (found === undefined && rangeDeletedAt === 0) return `${look}not there (${time})`;
  const hidden = rangeDeletedAt === 0 ? "" : rangeDeleteText(found, rangeDeletedAt);
  const said = [found === undefined ? "" : versionText(found), hidden].filter((part) => part !== "").join(", ");
  return `${look}${said} (${time})`;
}

function lookText({ id, isRuledOut, block, blocks, blocksFromCache, blocksFromFile }: TableLook): string {
  const table = `table ${id}`;
  if (isRuledOut) return `${table} skipped, its filter refuses the key`;
  if (block === undefined) return `${table}, no block of ${blocks} has the key in its range`;
  const from = blocksFromFile === 0 ? "from the cache" : "from the file";
  const count = blocksFromCache + blocksFromFile;
  const which = count === 1 ? `block ${block}` : `blocks ${block} to ${block + count - 1}`;
  return `${table}, ${which} of ${blocks} ${from}`;
}

function versionText({ kind, timestamp, valueBytes }: FoundVersion): string {
  const version = timestamp === 0 ? "" : ` of version ${timestamp}`;
  return kind === "delete" ? `a delete${version}` : `a value${version}, ${counted(valueBytes, "byte")}`;
}

function rangeDeleteText(found: FoundVersion | undefined, rangeDeletedAt: number): string {
  const isNewer = found === undefined || found.timestamp < rangeDeletedAt;
  return isNewer ? `a range delete of version ${rangeDeletedAt} hides it` : "newer than the range delete over it";
}

/** One line, and one more per table where there are several. */
function scanStepText(step: ScanStep): string {
  const time = `(${millisecondsText(step.elapsedMs)} ms)`;
  if (step.place === "memtable") return `${step.isInRange ? "in range" : "nothing in range"} ${time}\n`;
  const { tablesSkipped, tablesScanned, scanned } = step;
  const skipped = tablesSkipped === 0 ? [] : [`${tablesSkipped} skipped for their key range`];
  if (tablesScanned === 0) return `${skipped.join("")} ${time}\n`;
  const [only] = scanned;
  if (tablesScanned === 1 && only !== undefined) return `${[...skipped, scannedText(only)].join("; ")} ${time}\n`;
  const untold = tablesScanned - scanned.length;
  return [
    `${[...skipped, `${tablesScanned} in range`].join("; ")} ${time}`,
    ...scanned.map((table) => `   ${scannedText(table)}`),
    ...(untold === 0 ? [] : [`   and ${counted(untold, "more table")}`]),
    "",
  ].join("\n");
}

function scannedText({ id, blocks, firstBlock, lastBlock, blocksCached, isHidden }: ScannedTable): string {
  const hidden = isHidden ? ", all hidden by a range delete" : "";
  if (firstBlock === undefined || lastBlock === undefined) return `table ${id}, no block in range${hidden}`;
  const span = firstBlock === lastBlock ? `block ${firstBlock}` : `blocks ${firstBlock} to ${lastBlock}`;
  return `table ${id}, ${span} of ${blocks}, ${blocksCached} cached${hidden}`;
}
