/** Messages that must not stand inside an answer: passed on at once, or kept back, in their order, until it is whole. */
export class HeldMessages {
  #held: (() => void)[] | undefined;

  hold(): void {
    this.#held ??= [];
  }

  say(message: () => void): void {
    if (this.#held === undefined) message();
    else this.#held.push(message);
  }

  release(): void {
    const held = this.#held;
    this.#held = undefined;
    for (const message of held ?? []) message();
  }
}
