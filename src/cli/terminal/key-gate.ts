import { Readable } from "node:stream";
import type { ReadStream } from "node:tty";

const CTRL_C = 0x03;
const TAB = 0x09;
const NEWLINE = 0x0a;
const RETURN = 0x0d;
/** What is typed ahead of a running command is kept up to here. */
const TYPED_AHEAD_BYTES_MAX = 1024 * 1024;

/**
 * Stands between the terminal and `node:readline`: lets keys through while the prompt waits, up to the end of one line,
 * and those behind a Tab only when the completion is done, so that pasted keys mean the same as typed ones.
 *
 * What is typed while a command runs is kept and appears at the next prompt, as if typed there, so that its echo does
 * not fall into the command's output; but Ctrl-C is seen at once and drops it.
 */
export class KeyGate extends Readable {
  readonly isTTY: boolean = true;
  readonly #terminal: ReadStream;
  readonly #interrupt: () => void;
  #isOpen = false;
  /** Readline is about to complete a word, which it does a moment after it saw the key. */
  #isCompleting = false;
  #hasEnded = false;
  #typedAhead: Buffer = Buffer.alloc(0);

  constructor(terminal: ReadStream, interrupt: () => void) {
    super();
    this.#terminal = terminal;
    this.#interrupt = interrupt;
    terminal.on("data", (keys: Buffer) => this.#arrive(keys));
    terminal.on("end", () => this.#end());
    // A terminal that was hung up reads as an error.
    terminal.on("error", () => this.#end());
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get isRaw(): boolean {
    return this.#terminal.isRaw;
  }

  setRawMode(mode: boolean): this {
    if (!this.#terminal.destroyed) this.#terminal.setRawMode(mode);
    return this;
  }

  /** Lets one line through, beginning with what was typed ahead. */
  open(): void {
    this.#isOpen = true;
    this.#passOn();
  }

  override _read(): void {
    // Keys are pushed when they arrive.
  }

  #arrive(keys: Buffer): void {
    if (!this.#isOpen || this.#isCompleting) {
      this.#keep(keys);
      return;
    }
    const end = endOfPart(keys);
    const part = keys.subarray(0, end);
    if (isLineEnd(part.at(-1))) this.#isOpen = false;
    else if (end < keys.length) this.#waitForCompletion();
    this.push(part);
    if (end < keys.length) this.#keep(keys.subarray(end));
  }

  /** What was typed ahead. */
  #passOn(): void {
    const keys = this.#typedAhead;
    this.#typedAhead = Buffer.alloc(0);
    if (keys.length > 0) this.#arrive(keys);
    else if (this.#hasEnded && this.#isOpen) this.push(null);
  }

  #waitForCompletion(): void {
    this.#isCompleting = true;
    setImmediate(() => {
      this.#isCompleting = false;
      if (this.#isOpen) this.#passOn();
    });
  }

  #keep(keys: Buffer): void {
    const interrupted = keys.lastIndexOf(CTRL_C);
    if (interrupted === -1) {
      const room = TYPED_AHEAD_BYTES_MAX - this.#typedAhead.length;
      this.#typedAhead = Buffer.concat([this.#typedAhead, keys.subarray(0, room)]);
      return;
    }
    this.#typedAhead = keys.subarray(interrupted + 1);
    // Later, because the line before it in the same chunk has not become a command yet.
    setImmediate(this.#interrupt);
  }

  #end(): void {
    this.#hasEnded = true;
    if (this.#isOpen && !this.#isCompleting) this.push(null);
  }
}

/** Where the first line ends, or the word that is to be completed, the key for that included; else at the end. */
function endOfPart(keys: Buffer): number {
  for (let at = 0; at < keys.length; at += 1) {
    if (keys[at] === TAB || keys[at] === NEWLINE) return at + 1;
    if (keys[at] === RETURN) return keys[at + 1] === NEWLINE ? at + 2 : at + 1;
  }
  return keys.length;
}

function isLineEnd(key: number | undefined): boolean {
  return key === NEWLINE || key === RETURN;
}
