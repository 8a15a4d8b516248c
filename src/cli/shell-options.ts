import { type Command, Option } from "commander";
import {
  type CompactionOptions,
  DATABASE_FORMATS,
  type DatabaseFormat,
  DEFAULT_OPTIONS,
  type Durability,
  OPTION_RANGES,
  type Options,
} from "../options.ts";
import { type GivenLive, liveOption, portOf } from "./page/live-option.ts";
import { countOption, directoryOption, sizeOption } from "./tools/option-values.ts";

/** What the command line asks the shell for. */
export type ShellArguments = {
  readonly path: string;
  readonly options: Partial<Options>;
  /** Answers for programs. */
  readonly isJson: boolean;
  /** Commands of `-c`; undefined: read stdin. */
  readonly script: string | undefined;
  readonly keepsGoing: boolean;
  /** Destroy without asking. */
  readonly saysYes: boolean;
  /** Every write is a serializable transaction. */
  readonly isSerializable: boolean;
  /** Serve the live page, at this port or with 0 at any; undefined: not before a command asks for it. */
  readonly livePort: number | undefined;
};

const MIB = 1024 * 1024;
/** Tables may be larger than a memtable can be. */
const [, MEMTABLE_SIZE_BYTES_MAX] = OPTION_RANGES.memtableSizeBytes;

/** The numbers of the reference's shell. */
export const SHELL_STRATEGIES: { readonly [strategy in CompactionOptions["strategy"]]: CompactionOptions } = {
  simple: { strategy: "simple", sizeRatioPercent: 200, level0FilesTrigger: 2, maxLevels: 4 },
  leveled: {
    strategy: "leveled",
    levelSizeMultiplier: 2,
    level0FilesTrigger: 2,
    maxLevels: 4,
    baseLevelSizeBytes: 128 * MIB,
  },
  tiered: {
    strategy: "tiered",
    tiersTrigger: 3,
    maxSizeAmplificationPercent: 200,
    sizeRatioPercent: 1,
    minMergeWidth: 2,
    maxMergeWidth: undefined,
  },
  none: { strategy: "none" },
};
const DURABILITIES: readonly Durability[] = ["none", "process", "power"];
const RECOVERIES: readonly Options["recovery"][] = ["strict", "tail"];

/** The values of the options of `addShellOptions`, as commander has them. */
export type GivenShellOptions = GivenLive & {
  readonly path: string;
  readonly compaction: keyof typeof SHELL_STRATEGIES;
  readonly enableWal?: true;
  readonly durability?: Durability;
  readonly recovery: Options["recovery"];
  readonly format?: DatabaseFormat;
  readonly serializable?: true;
  readonly command?: string;
  readonly keepGoing?: true;
  readonly json?: true;
  readonly yes?: true;
  readonly readOnly?: true;
  readonly blockSize: number;
  readonly targetSstSize: number;
  readonly memtableLimit: number;
  readonly cacheSize: number;
};

/** The options of the shell. Sizes default to the reference's. */
export function addShellOptions(program: Command): void {
  program
    .addOption(directoryOption("--path <directory>", "where the database lies", "lsm.db"))
    .addOption(
      new Option("--compaction <strategy>", "how tables are merged in the background")
        .choices(Object.keys(SHELL_STRATEGIES))
        .default("leveled"),
    )
    .option("--enable-wal", "log every write before it is answered, so that a killed process loses nothing")
    .addOption(
      new Option(
        "--durability <level>",
        "what a write survives once answered: nothing, a killed process, a power cut; process with --enable-wal, else none",
      ).choices(DURABILITIES),
    )
    .addOption(
      new Option("--recovery <mode>", "what to do with a damaged log: refuse to open, or keep what precedes the damage")
        .choices(RECOVERIES)
        .default("strict"),
    )
    .addOption(
      new Option(
        "--format <format>",
        "layout that the database has and a new one gets: of the reference without or with versions, or our own; plain for a new one",
      ).choices(DATABASE_FORMATS),
    )
    .option(
      "--serializable",
      "make every write a serializable transaction that shows what it wrote and read; a database of format mvcc unless --format says native",
    )
    .option("-c, --command <commands>", "run these commands, separated by ;, instead of reading them")
    .option(
      "--json",
      "answer each command, and each mistake, with one JSON object on a line; what the engine tells goes to stderr",
    )
    .option("--keep-going", "go on after an error when nobody types (the exit code is still 1)")
    .option("--yes", "let destroy delete without asking")
    .option(
      "--read-only",
      "only look: take no lock and write nothing, also where another process has the database open",
    )
    .addOption(liveOption("serve a page that shows the tree as it changes, and takes commands"))
    .addOption(sizeOption("--block-size <size>", "entries per data block", "blockSizeBytes", 4096))
    .addOption(sizeOption("--target-sst-size <size>", "size of a table and of a memtable", "tableSizeBytes", 2 * MIB))
    .addOption(
      countOption(
        "--memtable-limit <count>",
        "frozen memtables that make flushing start",
        OPTION_RANGES.memtableLimit,
      ).default(3),
    )
    .addOption(
      sizeOption("--cache-size <size>", "memory for blocks", "cacheSizeBytes", DEFAULT_OPTIONS.cacheSizeBytes),
    );
}

/** Why options that are fine one by one are not fine together; undefined when they are. */
export function refusalOf(given: GivenShellOptions): string | undefined {
  if (given.serializable && given.format === "plain") {
    return "--serializable contradicts --format plain, which has no transactions";
  }
  if (given.enableWal && given.durability === "none") return "--enable-wal contradicts --durability none";
  return undefined;
}

export function shellArguments(given: GivenShellOptions): ShellArguments {
  return {
    path: given.path,
    script: given.command,
    keepsGoing: given.keepGoing === true,
    isJson: given.json === true,
    saysYes: given.yes === true,
    isSerializable: given.serializable === true,
    livePort: portOf(given),
    options: {
      blockSizeBytes: given.blockSize,
      tableSizeBytes: given.targetSstSize,
      memtableSizeBytes: Math.min(given.targetSstSize, MEMTABLE_SIZE_BYTES_MAX),
      readOnly: given.readOnly === true,
      format: given.format ?? (given.serializable ? "mvcc" : undefined),
      // The Rust program and this one can take turns on what the shell makes.
      formatOfNew: "plain",
      memtableLimit: given.memtableLimit,
      // Writers must not be stopped before flushing starts.
      memtableStop: Math.max(DEFAULT_OPTIONS.memtableStop, given.memtableLimit),
      cacheSizeBytes: given.cacheSize,
      compaction: SHELL_STRATEGIES[given.compaction],
      // The library logs unless told otherwise, the shell only when asked.
      durability: given.durability ?? (given.enableWal ? "process" : "none"),
      recovery: given.recovery,
    },
  };
}
