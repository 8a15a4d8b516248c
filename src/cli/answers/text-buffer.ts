const INITIAL_BYTES = 128 * 1024;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const HEX_DIGITS = Buffer.from("0123456789abcdef");

/** Per byte: 0 when it stands for itself in a byte string, 1 for `\xHH`, else the letter after the backslash. */
const ESCAPES: Uint8Array = escapes();

/**
 * UTF-8 text that is being put together, in one buffer that is used again and again.
 *
 * Byte strings are those of Rust's `Bytes`: `b"…"` with printable ASCII as it is and everything else escaped.
 */
export class TextBuffer {
  #bytes: Uint8Array = new Uint8Array(INITIAL_BYTES);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  text(text: string): this {
    // A UTF-16 unit takes at most three bytes.
    this.#reserve(3 * text.length);
    const { written } = encoder.encodeInto(text, this.#bytes.subarray(this.#length));
    this.#length += written;
    return this;
  }

  byteString(source: Uint8Array, start: number, end: number): this {
    this.#reserve(4 * (end - start) + 3);
    const bytes = this.#bytes;
    let length = this.#length;
    bytes[length++] = 0x62;
    bytes[length++] = QUOTE;
    for (let at = start; at < end; at += 1) {
      const byte = source[at] ?? 0;
      const escaped = ESCAPES[byte] ?? 0;
      if (escaped === 0) {
        bytes[length++] = byte;
        continue;
      }
      bytes[length++] = BACKSLASH;
      if (escaped > 1) {
        bytes[length++] = escaped;
        continue;
      }
      bytes[length++] = 0x78;
      bytes[length++] = HEX_DIGITS[byte >>> 4] ?? 0;
      bytes[length++] = HEX_DIGITS[byte & 15] ?? 0;
    }
    bytes[length++] = QUOTE;
    this.#length = length;
    return this;
  }

  /** Two hexadecimal digits per byte. */
  hex(source: Uint8Array, start: number, end: number): this {
    this.#reserve(2 * (end - start));
    const bytes = this.#bytes;
    let length = this.#length;
    for (let at = start; at < end; at += 1) {
      const byte = source[at] ?? 0;
      bytes[length++] = HEX_DIGITS[byte >>> 4] ?? 0;
      bytes[length++] = HEX_DIGITS[byte & 15] ?? 0;
    }
    this.#length = length;
    return this;
  }

  /** A single ASCII character, by its code. */
  ascii(code: number): this {
    this.#reserve(1);
    this.#bytes[this.#length++] = code;
    return this;
  }

  /** The text so far as bytes of the caller's own; the buffer is empty afterwards. */
  take(): Uint8Array {
    const taken = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    return taken;
  }

  #reserve(extra: number): void {
    const needed = this.#length + extra;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}

const encoder = new TextEncoder();

function escapes(): Uint8Array {
  const table = new Uint8Array(256).fill(1);
  table.fill(0, 0x20, 0x7f);
  for (const [byte, letter] of [
    [0x00, "0"],
    [0x09, "t"],
    [0x0a, "n"],
    [0x0d, "r"],
    [QUOTE, '"'],
    [BACKSLASH, "\\"],
  ] as const) {
    table[byte] = letter.charCodeAt(0);
  }
  return table;
}
