import {
  AbstractIterator,
  AbstractKeyIterator,
  type AbstractResource,
  AbstractSnapshot,
  AbstractValueIterator,
} from "abstract-level";

/** What may be forgotten without harm beside iterators and snapshots. */
const FORGETTABLE = new WeakSet<AbstractResource>();

/** Nobody has to close the resource before the garbage collector may have it. To be said before it is attached. */
export function mayBeForgotten(resource: AbstractResource): void {
  FORGETTABLE.add(resource);
}

/** So many stand in the list before the forgotten among them are looked for. */
const SWEEP_FROM = 1024;

/** Stands in the list for what only its user keeps alive. */
class Placeholder implements AbstractResource {
  readonly #resource: WeakRef<AbstractResource>;

  constructor(resource: AbstractResource) {
    this.#resource = new WeakRef(resource);
  }

  get isForgotten(): boolean {
    return this.#resource.deref() === undefined;
  }

  async close(): Promise<void> {
    await this.#resource.deref()?.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/**
 * Lets the garbage collector have iterators and snapshots that were never closed. abstract-level keeps all resources of a
 * database in a list, to close them with it, and so keeps them alive; here the list gets a placeholder for each. What a
 * forgotten one has held is let go of by the engine, with a `warning` event.
 */
export class WeakResources {
  readonly #leaveList: (placeholder: AbstractResource) => void;
  readonly #placeholders = new WeakMap<AbstractResource, Placeholder>();
  readonly #listed = new Set<Placeholder>();
  #sweepAt = SWEEP_FROM;

  constructor(leaveList: (placeholder: AbstractResource) => void) {
    this.#leaveList = leaveList;
  }

  /** What is to stand in the list for a resource: itself, unless it may be forgotten. */
  attach(resource: AbstractResource): AbstractResource {
    if (!isForgettable(resource)) return resource;
    if (this.#listed.size >= this.#sweepAt) this.#sweep();
    const placeholder = new Placeholder(resource);
    this.#placeholders.set(resource, placeholder);
    this.#listed.add(placeholder);
    return placeholder;
  }

  /** What stands in the list for a resource and has to leave it. */
  detach(resource: AbstractResource): AbstractResource {
    const placeholder = this.#placeholders.get(resource);
    if (placeholder === undefined) return resource;
    this.#listed.delete(placeholder);
    return placeholder;
  }

  #sweep(): void {
    for (const placeholder of this.#listed) {
      if (!placeholder.isForgotten) continue;
      this.#listed.delete(placeholder);
      this.#leaveList(placeholder);
    }
    this.#sweepAt = Math.max(SWEEP_FROM, 2 * this.#listed.size);
  }
}

function isForgettable(resource: AbstractResource): boolean {
  return (
    resource instanceof AbstractIterator ||
    resource instanceof AbstractKeyIterator ||
    resource instanceof AbstractValueIterator ||
    resource instanceof AbstractSnapshot ||
    FORGETTABLE.has(resource)
  );
}
