import { median, spread } from "../statistics.js";

/**
 * @typedef {{ operations: number, elapsedMs: number, latenciesUs?: number[], entries: number, figures: Record<string, number | undefined> }} Measured
 * @typedef {{ workload: string, peer: string, rounds: readonly Measured[] }} Cell
 */

/** Operations per second of each round. @param {Cell} cell */
const rates = ({ rounds }) => rounds.map(({ operations, elapsedMs }) => (operations / elapsedMs) * 1000);

/** A table of rates, and how many times the baseline's each is: one row per workload. @param {readonly Cell[]} cells @param {readonly string[]} peers @param {string} baseline */
export function rateTable(cells, peers, baseline) {
  const head = ["workload", ...peers];
  const rows = namesOf(cells).map((workload) => {
    const of = (/** @type {string} */ peer) => cells.find((cell) => cell.workload === workload && cell.peer === peer);
    const base = of(baseline);
    return [workload, ...peers.map((peer) => rateText(of(peer), base))];
  });
  return table(head, rows);
}

/** @param {Cell | undefined} cell @param {Cell | undefined} base */
function rateText(cell, base) {
  if (cell === undefined) return "–";
  const rate = median(rates(cell));
  const ratio = base === undefined || base === cell ? "" : ` ×${brief(rate / median(rates(base)))}`;
  return `${brief(rate)}${ratio} ±${Math.round(spread(rates(cell)) * 100)} %`;
}

/** A table of everything but rates: one row per cell. @param {readonly Cell[]} cells */
export function figureTable(cells) {
  const head = [
    "workload",
    "peer",
    "entries",
    "p50 µs",
    "p99 µs",
    "p99.9 µs",
    "worst µs",
    "written per byte",
    "on disk MiB",
    "peak MiB",
    "loop delay p99.9 ms",
    "largest ms",
    "at rest after ms",
  ];
  const rows = cells.map((cell) => {
    const at = (/** @type {number} */ index) => middle(cell, ({ latenciesUs }) => latenciesUs?.[index]);
    const figure = (/** @type {string} */ name, unit = 1) =>
      middle(cell, ({ figures }) => (figures[name] === undefined ? undefined : figures[name] / unit));
    return [
      cell.workload,
      cell.peer,
      brief(cell.rounds[0].entries),
      ...[0, 1, 2, 3].map(at),
      figure("writeAmplification"),
      figure("diskBytes", 2 ** 20),
      figure("peakBytes", 2 ** 20),
      figure("loopDelayMs999"),
      figure("loopDelayMsMax"),
      figure("restMs"),
    ];
  });
  return table(head, rows);
}

/** @param {Cell} cell @param {(measured: Measured) => number | undefined} get */
function middle(cell, get) {
  const values = cell.rounds.map(get).filter((value) => value !== undefined && value !== null);
  return values.length === 0 ? "–" : brief(median(values));
}

/** @param {readonly Cell[]} cells */
function namesOf(cells) {
  return [...new Set(cells.map(({ workload }) => workload))];
}

/** Three digits that say something: 1.25 M, 312 k, 48.1, 0.004. @param {number} value */
export function brief(value) {
  if (value >= 999_500) return `${three(value / 1e6)} M`;
  if (value >= 9_999.5) return `${three(value / 1e3)} k`;
  return three(value);
}

/** @param {number} value */
function three(value) {
  return value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}

/** A Markdown table. @param {readonly string[]} head @param {readonly (readonly string[])[]} rows */
export function table(head, rows) {
  const widths = head.map((name, column) => Math.max(name.length, 3, ...rows.map((row) => row[column].length)));
  const line = (/** @type {readonly string[]} */ cells) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column])).join(" | ")} |`;
  return [line(head), `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...rows.map(line)].join("\n");
}
