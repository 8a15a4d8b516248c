import type { Span, SpanValue } from "../../tools/inspect/span.ts";
import { countOf } from "../answers/count.ts";
import { quoteForMessage, visibleText } from "../answers/text.ts";

const HEX_BYTES_MAX = 16;
const HEX_COLUMN = 2 * HEX_BYTES_MAX + 3;
const LISTED_MAX = 12;

type Facts = Span["facts"];

/** A span in one line, and a line for each of its fields. Offsets take `width` characters. */
export function spanText(span: Span, width: number, read: (start: number, end: number) => Uint8Array): string {
  const { what, offset, depth, facts, fields = [] } = span;
  const words = (WORDS[what] ?? otherWords)(facts, what);
  const place = (at: number): string => String(at).padStart(width);
  const lines = words === "" ? [] : [`${place(offset)}  ${"  ".repeat(depth)}${words}`];
  let at = offset;
  for (const { name, sizeBytes, value } of fields) {
    const start = at;
    at += sizeBytes;
    if (sizeBytes === 0) continue;
    const shown = Buffer.from(read(start, start + Math.min(sizeBytes, HEX_BYTES_MAX))).toString("hex");
    const hex = `${shown}${sizeBytes > HEX_BYTES_MAX ? "…" : ""}`.padEnd(HEX_COLUMN);
    lines.push(`${place(start)}      ${hex} ${name}: ${valueText(value)}`);
  }
  return lines.map((line) => `${line}\n`).join("");
}

/** What is said of each kind of span; nothing of those that are only their fields. */
const WORDS: { readonly [what: string]: ((facts: Facts, what: string) => string) | undefined } = {
  put: (facts) => `put ${keyWords(facts)} = ${valueText(facts.value ?? null)}`,
  delete: (facts) => `delete ${keyWords(facts)}`,
  "range delete": ({ from = "", to = "", timestamps }) => {
    const versions = timestamps === undefined ? "" : ` @${valueText(timestamps)}`;
    return `delete from ${valueText(from)} up to ${valueText(to)}${versions}`;
  },
  block: ({ number, isWhole, entries, checksum }) => {
    const name = number === undefined ? "block" : `block ${valueText(number)}`;
    return isWhole === true
      ? `${name}: ${counted(entries, "entry", "entries")}, checksum ${checksum}`
      : `${name}: damaged`;
  },
  gap: () => "nothing whole",
  header: ({ isWhole, databaseId, fileId, memtable }) => {
    if (isWhole === false) return "header: damaged";
    const of =
      fileId === undefined ? (memtable === undefined ? "manifest" : `log of memtable ${memtable}`) : `table ${fileId}`;
    return `header: ${of}, database ${databaseId}`;
  },
  "range deletes": ({ isWhole, fragments }) =>
    isWhole === true ? `range deletes: ${counted(fragments, "fragment")}` : "range deletes: damaged",
  index: ({ isWhole, blocks, maxTimestamp }) => {
    const newest = maxTimestamp === undefined ? "" : `, up to timestamp ${maxTimestamp}`;
    return isWhole === true ? `index: ${counted(blocks, "block")}${newest}` : "index: damaged";
  },
  "index entry": ({ block, blockOffset, firstKey = "", lastKey = "", firstTimestamp, lastTimestamp }) => {
    const version = (timestamp: SpanValue | undefined): string => (timestamp === undefined ? "" : ` @${timestamp}`);
    const range = `${valueText(firstKey)}${version(firstTimestamp)} to ${valueText(lastKey)}${version(lastTimestamp)}`;
    return `block ${block} at byte ${blockOffset}: ${range}`;
  },
  filter: ({ isWhole, bits, probes }) =>
    isWhole === true ? `filter: ${counted(bits, "bit")}, ${counted(probes, "probe")}` : "filter: damaged",
  footer: ({ isWhole, entries, deletes, fragments, maxTimestamp }) => {
    if (isWhole !== true) return "footer: damaged";
    const counts = [
      counted(entries, "entry", "entries"),
      counted(deletes, "delete"),
      counted(fragments, "range delete"),
    ];
    return `footer: ${counts.join(", ")}, up to timestamp ${maxTimestamp}`;
  },
  record: ({ entries, timestamp, durableBytes }) => {
    const native = timestamp === undefined ? "" : ` @${timestamp}, ${counted(durableBytes, "byte")} durable before it`;
    return `record: ${counted(entries, "entry", "entries")}${native}`;
  },
  newMemtable: ({ memtable, hasLog }) => `memtable ${memtable} begins${hasLog === false ? ", without a log" : ""}`,
  flush: ({ memtables = [], tables = [] }) =>
    `flush: memtables ${valueText(memtables)} become table ${valueText(tables)}`,
  compaction: ({ strategy, inputs = [], into, tables = [] }) => {
    const taken = listOf(inputs).map(({ place, tables: ids = [] }) => `${place} ${valueText(ids)}`);
    return `compaction (${strategy}): ${taken.join(" and ")} become ${into} ${valueText(tables)}`;
  },
  logSynced: ({ memtable, durableBytes }) => `the log of memtable ${memtable} is durable up to byte ${durableBytes}`,
  state: ({ nextId, lastTimestamp, level0 = [], levels = [], memtables = [] }) => {
    const places: readonly Facts[] = [{ number: 0, tables: level0 }, ...listOf(levels)];
    const tree = places.map(({ number, tables = [] }) => `L${number} ${idsText(tables)}`).join(", ");
    return `state: ${tree}, memtables ${idsText(memtables)}, next id ${nextId}, last timestamp ${lastTimestamp}`;
  },
  seal: () => "nothing new: what stands before it is finished",
};

function otherWords(facts: Facts, what: string): string {
  const words = Object.entries(facts).map(([name, value]) => `${name} ${valueText(value)}`);
  return words.length === 0 ? "" : `${what}: ${words.join(", ")}`;
}

function keyWords({ key = "", timestamp }: Facts): string {
  return `${valueText(key)}${timestamp === undefined ? "" : ` @${timestamp}`}`;
}

function counted(count: SpanValue | undefined, one: string, many?: string): string {
  return countOf(Number(count), one, many);
}

function idsText(described: SpanValue): string {
  return valueText(listOf(described).map(({ id = null }) => id));
}

/** The members of a list of facts. */
function listOf(value: SpanValue): readonly Facts[] {
  return Array.isArray(value) ? value : [];
}

/** Bytes in quotes, cut where they are long; lists in brackets. */
export function valueText(value: SpanValue): string {
  if (value instanceof Uint8Array) {
    const text = quoteForMessage(value);
    return text.endsWith('…"') ? `${text} (${countOf(value.length, "byte")})` : text;
  }
  if (Array.isArray(value)) {
    const more = value.length > LISTED_MAX ? [`… ${value.length - LISTED_MAX} more`] : [];
    return `[${[...value.slice(0, LISTED_MAX).map(valueText), ...more].join(", ")}]`;
  }
  return visibleText(typeof value === "object" ? JSON.stringify(value) : String(value));
}
