export type Refusal = {
  readonly option: string;
  /** undefined: whatever the value. */
  readonly value: string | undefined;
  readonly reason: string;
};

/** What the reference's shell takes and this one does not. An entry that is served is deleted, here and nowhere else. */
export const REFUSALS: readonly Refusal[] = [
  { option: "compaction", value: "simple", reason: "the simple strategy is not available, use none" },
  { option: "compaction", value: "leveled", reason: "the leveled strategy is not available, use none" },
  { option: "compaction", value: "tiered", reason: "the tiered strategy is not available, use none" },
  { option: "enableWal", value: undefined, reason: "--enable-wal is not available: data is safe after flush and quit" },
  { option: "serializable", value: undefined, reason: "--serializable is not available: there are no transactions" },
];

/** Why these options are refused; undefined when they are not. */
export function refusalOf(given: Readonly<Record<string, unknown>>): string | undefined {
  const refusal = REFUSALS.find(({ option, value }) => {
    const present = given[option];
    return value === undefined ? present === true : present === value;
  });
  return refusal?.reason;
}
