import type { DatabaseFormat, Durability, Options } from "../../src/options.ts";
import { TINY_STRATEGIES, tinyOptions } from "./crash-scripts.ts";
import { randomOf } from "./random.ts";

/** A script of `CrashSession` with the options for it, and those for the openings after a crash. */
export type RandomScript = {
  readonly script: string;
  readonly options: Partial<Options>;
  readonly laterOptions: Partial<Options>;
};

/** The same seed makes the same script. */
export function randomScript(seed: number, format: DatabaseFormat, steps: number): RandomScript {
  const random = randomOf(seed);
  const script = new ScriptWriter(random, format);
  const list = Array.from({ length: steps }, () => script.step());
  const options = randomOptions(random, format);
  const later = random(2) === 0 ? options : { ...randomOptions(random, format), format: options.format };
  return { script: list.join("; "), options, laterOptions: later };
}

function randomOptions(random: (below: number) => number, format: DatabaseFormat): Partial<Options> {
  const pick = <Value>(values: readonly Value[]): Value => values[random(values.length)] as Value;
  const memtableLimit = 1 + random(3);
  return {
    ...tinyOptions(
      format,
      pick<Durability>(["none", "process", "power"]),
      pick(Object.keys(TINY_STRATEGIES) as (keyof typeof TINY_STRATEGIES)[]),
    ),
    blockSizeBytes: pick([16, 128, 512]),
    tableSizeBytes: pick([1024, 2048]),
    memtableSizeBytes: pick([1024, 1500, 4096]),
    memtableLimit,
    memtableStop: memtableLimit + random(3),
    level0Stop: pick([1, 3, 36]),
    maxOpenFiles: pick([4, 512]),
  };
}

/** Writes steps that can be done one after the other: what they name is open. */
class ScriptWriter {
  readonly #random: (below: number) => number;
  readonly #format: DatabaseFormat;
  #snapshots: string[] = [];
  #transactions: string[] = [];
  #names = 0;

  constructor(random: (below: number) => number, format: DatabaseFormat) {
    this.#random = random;
    this.#format = format;
  }

  step(): string {
    const dice = this.#random(100);
    if (dice < 24) return `fill ${1 + this.#random(9)}`;
    if (dice < 30) return this.#format === "native" ? `range ${this.#range()}` : `put ${this.#key()}`;
    if (dice < 38) return `batch${this.#random(3) === 0 ? "!" : ""} ${this.#words(" ")}`;
    if (dice < 44) return this.#group();
    if (dice < 47) return "sync";
    if (dice < 55) return "flush";
    if (dice < 58) return "compact";
    if (dice < 61) return `merge ${this.#range()}`;
    if (dice < 68) return "idle";
    if (dice < 70) return "checkpoint";
    if (dice < 78) return this.#reopening();
    return this.#format === "plain" ? `delete ${this.#key()}` : this.#readersStep();
  }

  #readersStep(): string {
    const transaction = this.#transactions[this.#random(this.#transactions.length)];
    switch (this.#random(6)) {
      case 0:
        return `snapshot ${this.#open(this.#snapshots)}`;
      case 1:
        return `begin ${this.#open(this.#transactions)}${this.#random(2) === 0 ? " serializable" : ""}`;
      case 2: {
        const [name] = this.#snapshots.splice(this.#random(this.#snapshots.length), 1);
        return name === undefined ? `put ${this.#key()}` : `release ${name}`;
      }
      case 3:
        if (transaction === undefined) return `delete ${this.#key()}`;
        this.#transactions = this.#transactions.filter((name) => name !== transaction);
        return `${["try", "try", "try!", "release"][this.#random(4)]} ${transaction}`;
      default:
        if (transaction === undefined) return `put ${this.#key()}`;
        return `in ${transaction} ${this.#keyWord()} ?${this.#key()} ${this.#keyWord()}${this.#random(4) === 0 ? " ?" : ""}`;
    }
  }

  #reopening(): string {
    this.#snapshots = [];
    this.#transactions = [];
    return this.#random(2) === 0 ? "close" : "kill";
  }

  #open(names: string[]): string {
    const name = `n${this.#names++}`;
    names.push(name);
    return name;
  }

  #group(): string {
    const members = Array.from(
      { length: 1 + this.#random(3) },
      () => this.#words(",") + (this.#random(3) === 0 ? "!" : ""),
    );
    return `group ${members.join(" ")}${this.#random(2) === 0 ? ` then ${this.#key()}` : ""}`;
  }

  #words(separator: string): string {
    return Array.from({ length: 1 + this.#random(5) }, () => this.#word()).join(separator);
  }

  #word(): string {
    return this.#format === "native" && this.#random(5) === 0 ? `~${this.#range()}` : this.#keyWord();
  }

  #keyWord(): string {
    return this.#random(4) === 0 ? `-${this.#key()}` : this.#key();
  }

  /** Never empty, so that it takes a timestamp. */
  #range(): string {
    const from = this.#key();
    return `${from}:${from}${["0", "5", "~"][this.#random(3)]}`;
  }

  /** Those of `fill`, and their prefix. */
  #key(): string {
    return this.#random(8) === 0 ? "k" : `k${this.#random(25)}`;
  }
}
