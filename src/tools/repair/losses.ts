import type { Fault, FaultSink } from "../anatomy/fault.ts";

/** Something that could not be brought back. */
export type Loss = {
  /** Name of the file in its directory. */
  readonly file: string;
  /** Where in the file it was; undefined for all of it. */
  readonly offset: number | undefined;
  readonly sizeBytes: number | undefined;
  /** What it was, and why it is lost. */
  readonly what: string;
  /** Of the block that was lost, where the index tells. */
  readonly keys?: { readonly first: Uint8Array; readonly last: Uint8Array } | undefined;
};

/** Of one file at most so many are listed; all are counted. */
const LISTED_MAX = 50;

/** What was found on the way. */
export class RepairReport {
  /** What is damaged, whether or not something was lost by it. */
  readonly faults: Fault[] = [];
  faultCount = 0;
  readonly losses: Loss[] = [];
  lossCount = 0;
  /** What had to be guessed, and what was left aside. */
  readonly notes: string[] = [];
  readonly #counts = new Map<string, number>();

  sinkOf(file: string): FaultSink {
    return (part, offset, problem) => {
      this.faultCount++;
      if (this.#isListed(`fault ${file}`)) this.faults.push({ file, offset, part, problem });
    };
  }

  lose(loss: Loss): void {
    this.lossCount++;
    if (this.#isListed(`loss ${loss.file}`)) this.losses.push(loss);
  }

  #isListed(name: string): boolean {
    const count = this.#counts.get(name) ?? 0;
    this.#counts.set(name, count + 1);
    return count < LISTED_MAX;
  }
}
