import { RECORD_BYTES_MAX, SourceError } from "./transfer-entry.ts";

/** A line without its end. */
export type Line = { readonly bytes: Uint8Array; readonly place: string };

const NEWLINE = 0x0a;
const BLANK = /^[ \t\r]*$/;
/** Longer lines are none that are blank. */
const BLANK_BYTES_MAX = 16;

/** Cuts bytes into lines. Those with nothing on them are left out, and counted. */
export class Lines {
  #pieces: Uint8Array[] = [];
  #piecesBytes = 0;
  #number = 0;

  /** The lines that end in this chunk, which must stay as it is. Throws SourceError for one that is too long. */
  *push(chunk: Uint8Array): Generator<Line> {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      this.#keep(chunk.subarray(start, end));
      start = end + 1;
      yield* this.#take();
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
  }

  /** The last line, if no line end followed it. */
  *end(): Generator<Line> {
    if (this.#piecesBytes > 0) yield* this.#take();
  }

  #keep(piece: Uint8Array): void {
    this.#piecesBytes += piece.length;
    if (this.#piecesBytes > RECORD_BYTES_MAX) {
      throw new SourceError(`line ${this.#number + 1}`, `longer than ${RECORD_BYTES_MAX} bytes`);
    }
    this.#pieces.push(piece);
  }

  *#take(): Generator<Line> {
    const [only] = this.#pieces;
    const bytes = only !== undefined && this.#pieces.length === 1 ? only : Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#piecesBytes = 0;
    this.#number += 1;
    const isBlank = bytes.length <= BLANK_BYTES_MAX && BLANK.test(Buffer.from(bytes).toString("latin1"));
    if (!isBlank) yield { bytes, place: `line ${this.#number}` };
  }
}
