import { LINE_BYTES_MAX } from "../language/parse.ts";

const NEWLINE = 0x0a;
const RETURN = 0x0d;

/**
 * Cuts a stream of bytes into lines ended by `\n` or `\r\n`; the last line needs no end.
 *
 * A line longer than the parser takes is cut to one byte more than that, so that it is refused and memory stays bounded.
 */
export class LineSplitter {
  #lines: Uint8Array[] = [];
  #taken = 0;
  #pieces: Uint8Array[] = [];
  #piecesBytes = 0;

  /** How many whole lines wait. */
  get count(): number {
    return this.#lines.length - this.#taken;
  }

  push(chunk: Uint8Array): void {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, start);
      if (end === -1) break;
      this.#finishLine(chunk.subarray(start, end));
      start = end + 1;
    }
    this.#hold(chunk.subarray(start));
  }

  /** No more bytes come: what is left is the last line. */
  end(): void {
    if (this.#piecesBytes > 0) this.#finishLine(new Uint8Array(0));
  }

  take(): Uint8Array | undefined {
    const line = this.#lines[this.#taken];
    if (line === undefined) return undefined;
    this.#taken += 1;
    if (this.#taken === this.#lines.length) {
      this.#lines = [];
      this.#taken = 0;
    }
    return line;
  }

  #hold(piece: Uint8Array): void {
    const kept = piece.subarray(0, Math.max(0, LINE_BYTES_MAX + 1 - this.#piecesBytes));
    if (kept.length === 0) return;
    this.#pieces.push(kept);
    this.#piecesBytes += kept.length;
  }

  #finishLine(piece: Uint8Array): void {
    let line = piece;
    if (this.#piecesBytes > 0) {
      this.#hold(piece);
      line = Buffer.concat(this.#pieces, this.#piecesBytes);
      this.#pieces = [];
      this.#piecesBytes = 0;
    }
    if (line.length > LINE_BYTES_MAX) line = line.subarray(0, LINE_BYTES_MAX + 1);
    const hasReturn = line[line.length - 1] === RETURN;
    this.#lines.push(hasReturn ? line.subarray(0, -1) : line);
  }
}
