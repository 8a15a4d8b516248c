const UNITS: readonly string[] = ["B", "KiB", "MiB", "GiB", "TiB"];

/** A size in bytes to three digits, such as `1.25 MiB`. */
export function sizeText(bytes: number): string {
  let size = bytes;
  let unit = 0;
  while (size >= 1023.5 && unit < UNITS.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? size : threeDigits(size)} ${UNITS[unit]}`;
}

/** Milliseconds without the unit, to a thousandth while they are few. */
export function millisecondsText(milliseconds: number): string {
  if (milliseconds < 10) return milliseconds.toFixed(3);
  return milliseconds < 1000 ? milliseconds.toFixed(1) : milliseconds.toFixed(0);
}

/** A part of a whole, such as `98.2%`; of nothing there is none. */
export function percentText(part: number, whole: number): string {
  return whole === 0 ? "-" : `${((100 * part) / whole).toFixed(1)}%`;
}

export function ratioText(ratio: number | undefined): string {
  return ratio === undefined ? "-" : ratio.toFixed(2);
}

/** A number with its noun, such as `1 table` or `2 tables`. */
export function counted(count: number, noun: string): string {
  if (count === 1) return `${count} ${noun}`;
  return `${count} ${noun.replace(/(?<=[^aeiou])y$/, "ie")}s`;
}

function threeDigits(size: number): string {
  if (size < 9.995) return size.toFixed(2);
  return size < 99.95 ? size.toFixed(1) : size.toFixed(0);
}
