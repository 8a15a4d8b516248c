import type { DatabaseFormat } from "../../options.ts";
import type { Fault, FaultSink } from "../anatomy/fault.ts";

/** Worth saying, and nothing wrong: what a crash leaves, and the next opening clears away. */
export type Note = { readonly file: string; readonly text: string };

/** What came of looking at a database. */
export type Verification = {
  /** undefined where nothing in the directory says. */
  readonly format: DatabaseFormat | undefined;
  /** How much was looked at. Records are those of logs, entries those of tables. */
  readonly tables: number;
  readonly blocks: number;
  readonly entries: number;
  readonly logs: number;
  readonly records: number;
  /** Of all files that were read. */
  readonly sizeBytes: number;
  /** In the order of the files, of one file at most `FAULTS_LISTED_MAX`. */
  readonly faults: readonly Fault[];
  /** All of them, listed or not. */
  readonly faultCount: number;
  readonly notes: readonly Note[];
};

/** A file of which every block is damaged is one problem, and not ten thousand. */
export const FAULTS_LISTED_MAX = 50;

/** Collects what is found. */
export class Findings {
  format: DatabaseFormat | undefined;
  tables = 0;
  blocks = 0;
  entries = 0;
  logs = 0;
  records = 0;
  sizeBytes = 0;
  faultCount = 0;
  readonly faults: Fault[] = [];
  readonly notes: Note[] = [];
  readonly #listed = new Map<string, number>();

  /** Where the faults of a file go. */
  sinkOf(file: string): FaultSink {
    return (part, offset, problem) => {
      const listed = this.#listed.get(file) ?? 0;
      this.faultCount++;
      this.#listed.set(file, listed + 1);
      if (listed < FAULTS_LISTED_MAX) this.faults.push({ file, offset, part, problem });
    };
  }

  note(file: string, text: string): void {
    this.notes.push({ file, text });
  }
}
