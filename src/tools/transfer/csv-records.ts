import { RECORD_BYTES_MAX, SourceError } from "./transfer-entry.ts";

/** A record: the bytes of its fields, without quotes. */
export type CsvRecord = { readonly fields: readonly Uint8Array[]; readonly place: string };

const QUOTE = 0x22;
/** Of which two or three are read. A megabyte of commas would else take a hundred of memory. */
const FIELDS_MAX = 1024;
const QUOTE_BYTES: Uint8Array = Uint8Array.of(QUOTE);
const COMMA = 0x2c;
const RETURN = 0x0d;
const NEWLINE = 0x0a;

/**
 * Cuts bytes into the records of RFC 4180: fields between commas, records ended by CRLF or LF. A field in quotes may hold
 * commas and line ends, and `""` for a quote; a line with nothing on it is no record. Bytes may be anything else: what they
 * mean is not looked at.
 *
 * What a field has so far is kept in pieces of the chunks, so that a long one is copied once.
 */
export class CsvRecords {
  /** Outside of quotes: at the start of a field, within one, behind a closing quote (or before the second of two). */
  #state: "start" | "plain" | "quoted" | "closed" | "returned" = "start";
  #fields: Uint8Array[] = [];
  #pieces: Uint8Array[] = [];
  #recordBytes = 0;
  #line = 1;
  #recordLine = 1;

  /** The records that end in this chunk, which must stay as it is. Throws SourceError with the line. */
  *push(chunk: Uint8Array): Generator<CsvRecord> {
    let at = 0;
    while (at < chunk.length) {
      const byte = chunk[at] as number;
      if (this.#state === "quoted") {
        at = this.#readQuoted(chunk, at);
        continue;
      }
      if (this.#state === "returned" && byte !== NEWLINE)
        throw this.#error("a carriage return must stand in quotes, or before a line feed");
      if (byte === NEWLINE) {
        const record = this.#endRecord();
        this.#line += 1;
        this.#recordLine = this.#line;
        at += 1;
        if (record !== undefined) yield record;
      } else if (byte === COMMA) {
        this.#endField();
        this.#state = "start";
        at += 1;
      } else if (byte === RETURN) {
        this.#state = "returned";
        at += 1;
      } else if (byte === QUOTE) {
        this.#openQuote();
        at += 1;
      } else at = this.#readPlain(chunk, at);
    }
  }

  /** The last record, if no line end followed it. Throws SourceError. */
  end(): CsvRecord | undefined {
    if (this.#state === "quoted") throw this.#error("the quoted field that begins in this record has no closing quote");
    if (this.#state === "returned") throw this.#error("a carriage return must stand in quotes, or before a line feed");
    return this.#endRecord();
  }

  /** Up to a quote, or to the end of the chunk. */
  #readQuoted(chunk: Uint8Array, from: number): number {
    const quote = chunk.indexOf(QUOTE, from);
    const end = quote < 0 ? chunk.length : quote;
    // Not in the whole chunk: among many quotes each search would run to a line end far away.
    const stretch = chunk.subarray(from, end);
    for (let at = stretch.indexOf(NEWLINE); at >= 0; at = stretch.indexOf(NEWLINE, at + 1)) this.#line += 1;
    this.#keep(stretch);
    if (quote < 0) return end;
    this.#state = "closed";
    return quote + 1;
  }

  #readPlain(chunk: Uint8Array, from: number): number {
    if (this.#state === "closed") throw this.#error("expected a comma or the end of the line behind a closing quote");
    let at = from;
    while (at < chunk.length && !isSpecial(chunk[at] as number)) at += 1;
    this.#keep(chunk.subarray(from, at));
    this.#state = "plain";
    return at;
  }

  #openQuote(): void {
    if (this.#state === "plain") throw this.#error("a quote within a field that does not begin with one");
    // Two quotes within quotes stand for one.
    if (this.#state === "closed") this.#keep(QUOTE_BYTES);
    this.#state = "quoted";
  }

  #keep(piece: Uint8Array): void {
    this.#recordBytes += piece.length;
    if (this.#recordBytes > RECORD_BYTES_MAX) throw this.#error(`longer than ${RECORD_BYTES_MAX} bytes`);
    if (piece.length > 0) this.#pieces.push(piece);
  }

  #endField(): void {
    if (this.#fields.length === FIELDS_MAX) throw this.#error(`more than ${FIELDS_MAX} fields`);
    const [only] = this.#pieces;
    this.#fields.push(only !== undefined && this.#pieces.length === 1 ? only : Buffer.concat(this.#pieces));
    this.#pieces = [];
  }

  #endRecord(): CsvRecord | undefined {
    const isBlank = this.#fields.length === 0 && this.#recordBytes === 0;
    if (!isBlank) this.#endField();
    const record = { fields: this.#fields, place: `line ${this.#recordLine}` };
    this.#fields = [];
    this.#recordBytes = 0;
    this.#state = "start";
    return isBlank ? undefined : record;
  }

  #error(problem: string): SourceError {
    return new SourceError(`line ${this.#recordLine}`, problem);
  }
}

function isSpecial(byte: number): boolean {
  return byte === QUOTE || byte === COMMA || byte === RETURN || byte === NEWLINE;
}
