import type { Writable } from "node:stream";
import type { Follower } from "./follower.ts";

/**
 * Sends what a follower is to be told, as fast as the reader takes it and never faster: what a slow one misses is not kept
 * for him, for the follower tells from where he stopped.
 */
export class Stream {
  readonly #target: Writable;
  readonly #follower: Follower;
  #turn: NodeJS.Immediate | undefined;

  constructor(target: Writable, follower: Follower) {
    this.#target = target;
    this.#follower = follower;
    target.on("drain", () => this.pump());
    target.on("close", () => clearImmediate(this.#turn));
  }

  /** Sends what is new; a long history in several turns of the event loop, so that it holds nobody up. */
  pump(): void {
    if (this.#turn !== undefined || this.#target.writableNeedDrain || !this.#target.writable) return;
    const telling = this.#follower.next();
    if (telling === undefined) return;
    this.#target.write(telling.text);
    if (!telling.isBehind) return;
    this.#turn = setImmediate(() => {
      this.#turn = undefined;
      this.pump();
    }).unref();
  }

  /** Sends what is left, as far as the reader takes it now, and a last line. */
  end(last: string): void {
    clearImmediate(this.#turn);
    while (!this.#target.writableNeedDrain && this.#target.writable) {
      const telling = this.#follower.next();
      if (telling === undefined) break;
      this.#target.write(telling.text);
    }
    this.#target.end(last);
  }
}
