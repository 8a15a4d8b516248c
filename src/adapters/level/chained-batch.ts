import { AbstractChainedBatch } from "abstract-level";
import type { Write } from "../../engine/batch.ts";
import type { Format } from "./encoding.ts";
import { deleteOf, putOf, type WriteRequest } from "./writes.ts";

/** What takes the writes of a batch when it is complete. */
export interface BatchTarget {
  _apply(writes: readonly Write[], request: WriteRequest): Promise<void>;
}

/** Writes that are collected, each with bytes of its own from the moment it is added, and applied at once. */
export class LevelChainedBatch extends AbstractChainedBatch<BatchTarget, Format, Format> {
  #writes: Write[] = [];

  _put(key: Format, value: Format): void {
    this.#writes.push(putOf(key, value));
  }

  _del(key: Format): void {
    this.#writes.push(deleteOf(key));
  }

  _clear(): void {
    this.#writes = [];
  }

  _write(request: WriteRequest): Promise<void> {
    return this.db._apply(this.#writes, request);
  }
}
