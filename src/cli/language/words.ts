import { InputError } from "./command.ts";

/**
 * One word of a line. A word that starts with `"` is quoted and may hold any byte; every other word is its own bytes.
 * `start` is the byte offset of its first byte in the line.
 */
export type Word = { readonly bytes: Uint8Array; readonly start: number; readonly isQuoted: boolean };

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SEMICOLON = 0x3b;
const NEWLINE = 0x0a;

/** What may follow a backslash inside quotes, but for `xHH`. */
const SHORT_ESCAPES: ReadonlyMap<number, number> = new Map([
  [QUOTE, QUOTE],
  [BACKSLASH, BACKSLASH],
  [0x6e, NEWLINE],
  [0x72, 0x0d],
  [0x74, 0x09],
  [0x30, 0x00],
]);
const ESCAPES_EXPECTED = '\\" \\\\ \\n \\r \\t \\0 or \\xHH';

/** The words of a line of UTF-8, none for a blank one. Throws InputError for a quoted word that is not well-formed. */
export function splitWords(line: Uint8Array): Word[] {
  const words: Word[] = [];
  let at = skipBlanks(line, 0);
  while (at < line.length) {
    const start = at;
    if (line[at] === QUOTE) {
      at = endOfQuoted(line, start);
      words.push({ bytes: unquote(line, start, at), start, isQuoted: true });
    } else {
      while (at < line.length && blankLength(line, at) === 0) at += 1;
      words.push({ bytes: line.subarray(start, at), start, isQuoted: false });
    }
    at = skipBlanks(line, at);
  }
  return words;
}

/** A line that is being typed, up to the cursor: whole words, and the one that is begun, which may be empty. */
export type UnfinishedWords = {
  readonly words: readonly Word[];
  readonly begun: Word;
};

/** undefined for a line with a quoted word that is not well-formed, but for one that is not closed at the end. */
export function splitUnfinished(line: Uint8Array): UnfinishedWords | undefined {
  const { start, isClosed } = lastWord(line);
  const isQuoted = line[start] === QUOTE;
  const bytes = line.subarray(start);
  try {
    const words = splitWords(line.subarray(0, start));
    if (!isQuoted) return { words, begun: { bytes, start, isQuoted } };
    const closed = isClosed ? bytes : Buffer.concat([bytes, Uint8Array.of(QUOTE)]);
    return { words, begun: { bytes: unquote(closed, 0, closed.length), start, isQuoted } };
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

/** The commands of a script, separated by `;` or a line end outside quotes, as `[start, end)` byte offsets. */
export function splitCommands(script: Uint8Array): { readonly start: number; readonly end: number }[] {
  const commands: { start: number; end: number }[] = [];
  let start = 0;
  let isWordStart = true;
  let at = 0;
  while (at < script.length) {
    const byte = script[at];
    if (byte === QUOTE && isWordStart) {
      at = closingQuote(script, at) + 1;
      isWordStart = false;
      continue;
    }
    if (byte === SEMICOLON || byte === NEWLINE) {
      commands.push({ start, end: at });
      start = at + 1;
      isWordStart = true;
    } else {
      isWordStart = blankLength(script, at) > 0;
    }
    at += 1;
  }
  commands.push({ start, end: script.length });
  return commands;
}

/** The column, in characters from 1, of the byte at `offset`. */
export function columnOf(line: Uint8Array, offset: number): number {
  let column = 1;
  for (let at = 0; at < offset; at += 1) {
    const isContinuation = ((line[at] ?? 0) & 0xc0) === 0x80;
    if (!isContinuation) column += 1;
  }
  return column;
}

/** How many bytes the white space (Unicode's White_Space) at `at` takes; 0 when there is none. */
function blankLength(line: Uint8Array, at: number): number {
  const first = line[at] ?? 0;
  if (first < 0x80) return first === 0x20 || (first >= 0x09 && first <= 0x0d) ? 1 : 0;
  const second = line[at + 1] ?? 0;
  if (first === 0xc2) return second === 0x85 || second === 0xa0 ? 2 : 0;
  if (first < 0xe1 || first > 0xe3) return 0;
  const third = line[at + 2] ?? 0;
  if (first === 0xe1) return second === 0x9a && third === 0x80 ? 3 : 0;
  if (first === 0xe3) return second === 0x80 && third === 0x80 ? 3 : 0;
  if (second === 0x81) return third === 0x9f ? 3 : 0;
  const isWideBlank = (third >= 0x80 && third <= 0x8a) || third === 0xa8 || third === 0xa9 || third === 0xaf;
  return second === 0x80 && isWideBlank ? 3 : 0;
}

function skipBlanks(line: Uint8Array, from: number): number {
  let at = from;
  while (at < line.length) {
    const length = blankLength(line, at);
    if (length === 0) return at;
    at += length;
  }
  return at;
}

/** Offset of the quote that closes the one at `open`; the line's length when none does. */
function closingQuote(line: Uint8Array, open: number): number {
  let at = open + 1;
  while (at < line.length && line[at] !== QUOTE) at += line[at] === BACKSLASH ? 2 : 1;
  return Math.min(at, line.length);
}

/** Where the last word begins, at the end of the line when that is a blank, and whether it is quoted and closed. */
function lastWord(line: Uint8Array): { readonly start: number; readonly isClosed: boolean } {
  let at = skipBlanks(line, 0);
  for (;;) {
    const start = at;
    let isClosed = false;
    if (line[at] === QUOTE) {
      const close = closingQuote(line, at);
      isClosed = close < line.length;
      at = isClosed ? close + 1 : close;
    }
    while (at < line.length && blankLength(line, at) === 0) at += 1;
    if (at === line.length) return { start, isClosed };
    at = skipBlanks(line, at);
  }
}

function endOfQuoted(line: Uint8Array, open: number): number {
  const close = closingQuote(line, open);
  if (close === line.length) {
    throw new InputError(columnOf(line, open), 'this quoted word has no closing ", expected one before the end');
  }
  const end = close + 1;
  if (end < line.length && blankLength(line, end) === 0) {
    throw new InputError(columnOf(line, end), 'expected a blank after the closing " (a " inside is written \\")');
  }
  return end;
}

/** The bytes meant by `line[start, end)`, which begins and ends with a quote. */
function unquote(line: Uint8Array, start: number, end: number): Uint8Array {
  const bytes = new Uint8Array(end - start);
  let length = 0;
  let at = start + 1;
  while (at < end - 1) {
    const byte = line[at] ?? 0;
    if (byte !== BACKSLASH) {
      bytes[length++] = byte;
      at += 1;
      continue;
    }
    const letter = line[at + 1] ?? 0;
    const short = SHORT_ESCAPES.get(letter);
    const isHex = short === undefined && letter === 0x78;
    bytes[length++] = isHex ? hexByte(line, at) : (short ?? unknownEscape(line, at));
    at += isHex ? 4 : 2;
  }
  return bytes.subarray(0, length);
}

function hexByte(line: Uint8Array, at: number): number {
  const digits = String.fromCharCode(line[at + 2] ?? 0, line[at + 3] ?? 0);
  if (!/^[0-9a-f]{2}$/i.test(digits)) {
    throw new InputError(columnOf(line, at), "\\x needs two hexadecimal digits, such as \\x7f");
  }
  return Number.parseInt(digits, 16);
}

function unknownEscape(line: Uint8Array, at: number): never {
  throw new InputError(columnOf(line, at), `unknown escape, expected ${ESCAPES_EXPECTED}`);
}
