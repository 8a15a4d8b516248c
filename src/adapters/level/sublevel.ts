import { type AbstractResource, AbstractSublevel, type AbstractSublevelOptions } from "abstract-level";
import type { Format } from "./encoding.ts";
import { WeakResources } from "./weak-resources.ts";

/** A sublevel that, as its database does, lets iterators and snapshots go that were forgotten. */
export class LevelSublevel<Database, KDefault, VDefault> extends AbstractSublevel<
  Database,
  Format,
  KDefault,
  VDefault
> {
  readonly #readers = new WeakResources((placeholder) => super.detachResource(placeholder));

  override attachResource(resource: AbstractResource): void {
    super.attachResource(this.#readers.attach(resource));
  }

  override detachResource(resource: AbstractResource): void {
    super.detachResource(this.#readers.detach(resource));
  }

  _sublevel<K, V>(name: string, options: AbstractSublevelOptions<K, V>): LevelSublevel<this, K, V> {
    return new LevelSublevel(this, name, options);
  }
}
