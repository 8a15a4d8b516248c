/** A read in the background that has not begun. One of the two is called, once. */
export interface QueuedRead {
  /** Must be followed by one call of `ReadQueue.ended`. */
  begin(): void;
  refuse(error: Error): void;
}

/**
 * Reads in the background: at most `atOnceMax` of them, the others in the order in which they came.
 *
 * More would find no free thread of the system's, and each of them keeps a descriptor from being given up.
 */
export class ReadQueue {
  readonly #atOnceMax: number;
  #underWay = 0;
  #waiting: QueuedRead[] = [];
  #end: { readonly error: Error; readonly done: () => void } | undefined;

  constructor(atOnceMax: number) {
    this.#atOnceMax = atOnceMax;
  }

  /** How many have begun and not ended. */
  get underWay(): number {
    return this.#underWay;
  }

  add(read: QueuedRead): void {
    if (this.#end !== undefined) read.refuse(this.#end.error);
    else if (this.#underWay === this.#atOnceMax) this.#waiting.push(read);
    else this.#begin(read);
  }

  ended(): void {
    this.#underWay--;
    const next = this.#waiting.shift();
    if (next !== undefined) this.#begin(next);
    else if (this.#underWay === 0) this.#end?.done();
  }

  /** Refuses from now on all that have not begun; `done` is called once when all that have begun have ended. */
  end(error: Error, done: () => void): void {
    this.#end = { error, done };
    for (const read of this.#waiting.splice(0)) read.refuse(error);
    if (this.#underWay === 0) done();
  }

  #begin(read: QueuedRead): void {
    this.#underWay++;
    read.begin();
  }
}
