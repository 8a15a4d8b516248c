/** What a run did, by kind: a run that did nothing proves nothing. */
export type Counts = Readonly<Record<string, number>>;

/** Something that tries to break the engine. */
export type TortureProgram = {
  /** As `--only` takes it. */
  readonly name: string;
  /** Half a sentence for `--help`. */
  readonly about: string;
  /** One run of some seconds, the same for the same seed. Rejects, saying what is wrong, when the engine breaks a promise. */
  readonly run: (seed: number) => Promise<Counts>;
};

export function addCounts(sum: Counts, more: Counts): Counts {
  const result: Record<string, number> = { ...sum };
  for (const [kind, count] of Object.entries(more)) result[kind] = (result[kind] ?? 0) + count;
  return result;
}

export function showCounts(counts: Counts): string {
  return Object.entries(counts)
    .map(([kind, count]) => `${count.toLocaleString("en")} ${kind}`)
    .join(", ");
}

/** Throws when there are faults; shows the first of them. */
export function expectNoFaults(faults: readonly string[]): void {
  if (faults.length === 0) return;
  const shown = faults.slice(0, 5).map((fault) => `  ${fault}`);
  throw new Error(`${faults.length} faults:\n${shown.join("\n")}`);
}
