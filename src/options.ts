import { LsmError } from "./errors.ts";

/** How bytes are laid out on disk (design D6). */
export type DatabaseFormat = "plain" | "mvcc" | "native";

/** Those of the reference, whose files are the same byte for byte. */
export type ReferenceFormat = Exclude<DatabaseFormat, "native">;

export const DATABASE_FORMATS: readonly DatabaseFormat[] = ["plain", "mvcc", "native"];

/** The compaction strategies of the reference, with its option names. */
export type CompactionOptions =
  | { readonly strategy: "none" }
  | {
      readonly strategy: "simple";
      /** A level is merged down when the next one holds fewer than this percentage of its files. */
      readonly sizeRatioPercent: number;
      readonly level0FilesTrigger: number;
      readonly maxLevels: number;
    }
  | {
      readonly strategy: "tiered";
      readonly tiersTrigger: number;
      readonly maxSizeAmplificationPercent: number;
      readonly sizeRatioPercent: number;
      readonly minMergeWidth: number;
      /** undefined: no limit. */
      readonly maxMergeWidth: number | undefined;
    }
  | {
      readonly strategy: "leveled";
      readonly levelSizeMultiplier: number;
      readonly level0FilesTrigger: number;
      /**
       * L0 may wait for more than `level0FilesTrigger` tables, up to this many, while the tables that it would be merged with
       * are more than four times larger. More: fewer bytes written, slower reads. Left out, as in the reference: it never waits.
       */
      readonly level0FilesMax?: number | undefined;
      readonly maxLevels: number;
      readonly baseLevelSizeBytes: number;
    };

/** Everything that can be set at `open`, complete. `resolveOptions` fills in what the caller left out. */
export type Options = {
  /** Make the database when there is none. */
  readonly createIfMissing: boolean;
  /** Refuse a directory that already holds a database. */
  readonly errorIfExists: boolean;
  /** Take no lock and write nothing; writes are refused. */
  readonly readOnly: boolean;
  /** The layout that the database must have; a new one gets it. undefined: an existing one may have any. */
  readonly format: DatabaseFormat | undefined;
  /** Layout of a new database where `format` leaves it open. */
  readonly formatOfNew: DatabaseFormat;
  /** Bytes of entries per data block. Larger: better scans. Smaller: cheaper gets. */
  readonly blockSizeBytes: number;
  /** A compaction starts a new table at this size. Larger: fewer files. Smaller: cheaper partial compactions. */
  readonly tableSizeBytes: number;
  /** A memtable is frozen when the keys and values put into it reach this size. Larger: fewer flushes, slower puts past the processor's cache. */
  readonly memtableSizeBytes: number;
  /** Flushing starts when this many frozen memtables wait. More: flushes come later and reads look in more places. */
  readonly memtableLimit: number;
  /** Writers wait when this many frozen memtables wait. More: longer bursts, more memory. */
  readonly memtableStop: number;
  /** Writers slow down when L0 holds this many tables and a compaction can take some away. More: longer bursts, slower reads. */
  readonly level0Stop: number;
  /**
   * Memory for data blocks read from tables, and in `native` up to three quarters of it for their indexes and filters. Of
   * these up to 32 MiB are kept however small it is: a get that does not find them reads a hundred times as much.
   */
  readonly cacheSizeBytes: number;
  /** Descriptors held for tables; a table whose descriptor was closed is reopened by name. */
  readonly maxOpenFiles: number;
  readonly compaction: CompactionOptions;
  /**
   * What an acknowledged write survives: nothing (there is no log), a killed process, or a power cut. Each step costs
   * latency: none of it, a system call, a sync of the disk.
   */
  readonly durability: Durability;
  /** What to do with a log that is damaged beyond what a crash explains: refuse to open, or keep what stands before the damage. */
  readonly recovery: "strict" | "tail";
  /** Heavy jobs run on a thread of their own. Off: they run in slices between events, and no thread is started. */
  readonly useThread: boolean;
};

export type Durability = "none" | "process" | "power";

const KIB = 1024;
const MIB = 1024 * KIB;

/** The library's own defaults (design D6). */
export const DEFAULT_OPTIONS: Options = {
  createIfMissing: true,
  errorIfExists: false,
  readOnly: false,
  format: undefined,
  formatOfNew: "native",
  blockSizeBytes: 4 * KIB,
  tableSizeBytes: 16 * MIB,
  memtableSizeBytes: 2 * MIB,
  memtableLimit: 4,
  memtableStop: 16,
  level0Stop: 36,
  cacheSizeBytes: 128 * MIB,
  maxOpenFiles: 512,
  compaction: {
    strategy: "leveled",
    levelSizeMultiplier: 10,
    level0FilesTrigger: 4,
    level0FilesMax: 12,
    maxLevels: 7,
    baseLevelSizeBytes: 256 * MIB,
  },
  durability: "process",
  recovery: "strict",
  useThread: true,
};

type NumericOption = { [name in keyof Options]: Options[name] extends number ? name : never }[keyof Options];

/** Inclusive bounds of the numeric options. */
export const OPTION_RANGES: { readonly [name in NumericOption]: readonly [low: number, high: number] } = {
  blockSizeBytes: [16, 64 * KIB],
  tableSizeBytes: [KIB, 1024 * MIB],
  // Tiny entries take ten times their counted size, and a memtable's memory ends at 2 GiB.
  memtableSizeBytes: [KIB, 64 * MIB],
  memtableLimit: [1, 1024],
  memtableStop: [1, 1024],
  level0Stop: [1, 1_000_000],
  cacheSizeBytes: [0, 1024 * 1024 * MIB],
  maxOpenFiles: [4, 1_000_000],
};

/** Fills in the defaults and checks every value. Throws LsmError INVALID_OPTION naming the option, its value and what is allowed. */
export function resolveOptions(given: Partial<Options>): Options {
  if (typeof given !== "object" || given === null) {
    throw new LsmError("INVALID_OPTION", `options are ${String(given)}, expected an object`);
  }
  for (const name of Object.keys(given)) {
    if (!(name in DEFAULT_OPTIONS)) throw new LsmError("INVALID_OPTION", `unknown option ${name}`);
  }
  const present = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const options: Options = { ...DEFAULT_OPTIONS, ...present };
  for (const [name, [low, high]] of Object.entries(OPTION_RANGES)) {
    const value = options[name as NumericOption];
    if (!Number.isInteger(value) || value < low || value > high) {
      throw new LsmError(
        "INVALID_OPTION",
        `option ${name} is ${value}, expected a whole number from ${low} to ${high}`,
      );
    }
  }
  for (const name of ["createIfMissing", "errorIfExists", "readOnly", "useThread"] as const) {
    if (typeof options[name] !== "boolean") {
      throw new LsmError("INVALID_OPTION", `option ${name} is ${String(options[name])}, expected true or false`);
    }
  }
  if (options.memtableStop < options.memtableLimit) {
    throw new LsmError(
      "INVALID_OPTION",
      `option memtableStop (${options.memtableStop}) is below memtableLimit (${options.memtableLimit})`,
    );
  }
  if (options.format !== undefined) checkChoice("format", options.format, DATABASE_FORMATS);
  checkChoice("formatOfNew", options.formatOfNew, DATABASE_FORMATS);
  checkChoice("durability", options.durability, ["none", "process", "power"]);
  checkChoice("recovery", options.recovery, ["strict", "tail"]);
  checkCompaction(options.compaction);
  return options;
}

function checkChoice(name: string, value: unknown, choices: readonly string[]): void {
  if (typeof value === "string" && choices.includes(value)) return;
  throw new LsmError("INVALID_OPTION", `option ${name} is ${String(value)}, expected ${choices.join(", ")}`);
}

/** The least value of each number with which a strategy comes to rest. */
const COMPACTION_MINIMA: { readonly [strategy: string]: { readonly [name: string]: number } } = {
  none: {},
  simple: { sizeRatioPercent: 1, level0FilesTrigger: 1, maxLevels: 1 },
  tiered: { tiersTrigger: 2, maxSizeAmplificationPercent: 1, sizeRatioPercent: 0, minMergeWidth: 1, maxMergeWidth: 2 },
  leveled: { levelSizeMultiplier: 2, level0FilesTrigger: 1, level0FilesMax: 1, maxLevels: 1, baseLevelSizeBytes: 1 },
};

const OPTIONAL_NUMBERS: readonly string[] = ["maxMergeWidth", "level0FilesMax"];

function checkCompaction(compaction: CompactionOptions): void {
  checkChoice("compaction.strategy", compaction?.strategy, Object.keys(COMPACTION_MINIMA));
  for (const [name, minimum] of Object.entries(COMPACTION_MINIMA[compaction.strategy] ?? {})) {
    const value: unknown = compaction[name as keyof CompactionOptions];
    if (OPTIONAL_NUMBERS.includes(name) && value === undefined) continue;
    if (typeof value === "number" && Number.isInteger(value) && value >= minimum) continue;
    throw new LsmError(
      "INVALID_OPTION",
      `option compaction.${name} is ${String(value)}, expected a whole number from ${minimum}`,
    );
  }
}
