import type { EngineEvents } from "./events.ts";

export type EngineEventName = keyof EngineEvents;
export type EngineListener<Name extends EngineEventName> = (event: EngineEvents[Name]) => void;

/** Hands events to whoever listens, in the order of listening, before the call that caused them returns. */
export class Emitter {
  readonly #listeners = new Map<EngineEventName, Set<(event: never) => void>>();

  on<Name extends EngineEventName>(name: Name, listener: EngineListener<Name>): void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
  }

  off<Name extends EngineEventName>(name: Name, listener: EngineListener<Name>): void {
    this.#listeners.get(name)?.delete(listener);
  }

  emit<Name extends EngineEventName>(name: Name, event: EngineEvents[Name]): void {
    for (const listener of this.#listeners.get(name) ?? []) {
      try {
        (listener as EngineListener<Name>)(event);
      } catch (error) {
        // What the event tells of has happened: a listener's failure is its program's, not the operation's.
        process.nextTick(() => {
          throw error;
        });
      }
    }
  }
}
