const UNITS: readonly string[] = ["", "k", "m", "g"];

/** Reads a size such as `4096`, `4k`, `4KiB` or `2MiB`; units are powers of 1024. undefined when the text is no size. */
export function parseByteSize(text: string): number | undefined {
  const [, digits, letter] = /^(\d{1,15})([kmg]?)(?:i?b)?$/i.exec(text) ?? [];
  if (digits === undefined || letter === undefined) return undefined;
  const unit = UNITS.indexOf(letter.toLowerCase());
  const size = Number(digits) * 1024 ** unit;
  return Number.isSafeInteger(size) ? size : undefined;
}

/** The size in the largest unit that divides it, such as `64 KiB`. */
export function byteSizeText(bytes: number): string {
  let unit = 0;
  let count = bytes;
  while (count >= 1024 && count % 1024 === 0 && unit < UNITS.length - 1) {
    count /= 1024;
    unit += 1;
  }
  return unit === 0 ? `${count} bytes` : `${count} ${UNITS[unit]?.toUpperCase()}iB`;
}
