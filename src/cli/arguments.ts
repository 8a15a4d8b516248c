import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { type CompactionOptions, DEFAULT_OPTIONS, type Durability, OPTION_RANGES, type Options } from "../options.ts";
import { byteSizeText, parseByteSize } from "./byte-size.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";

/** What the command line asks for. */
export type ShellArguments = {
  readonly path: string;
  readonly options: Partial<Options>;
  /** Commands of `-c`; undefined: read stdin. */
  readonly script: string | undefined;
  readonly keepsGoing: boolean;
  /** Destroy without asking. */
  readonly saysYes: boolean;
};

/** Either arguments to run with, or what to print before leaving with `exitCode`. */
export type ParsedArguments =
  | { readonly kind: "run"; readonly arguments: ShellArguments }
  | { readonly kind: "leave"; readonly exitCode: ExitCode; readonly stdout: string; readonly stderr: string };

const MIB = 1024 * 1024;

/** The numbers of the reference's shell. */
const STRATEGIES: { readonly [strategy in CompactionOptions["strategy"]]: CompactionOptions } = {
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

type Given = {
  readonly path: string;
  readonly compaction: keyof typeof STRATEGIES;
  readonly enableWal?: true;
  readonly durability?: Durability;
  readonly recovery: Options["recovery"];
  readonly serializable?: true;
  readonly command?: string;
  readonly keepGoing?: true;
  readonly yes?: true;
  readonly blockSize: number;
  readonly targetSstSize: number;
  readonly memtableLimit: number;
  readonly cacheSize: number;
};

/** Reads the arguments that follow the program's name. Prints nothing. */
export function parseArguments(argv: readonly string[], version: string): ParsedArguments {
  let stdout = "";
  let stderr = "";
  const program = shellProgram(version).configureOutput({
    writeOut: (text) => {
      stdout += text;
    },
    writeErr: (text) => {
      stderr += text;
    },
  });
  try {
    program.parse(argv, { from: "user" });
    const given = program.opts<Given>();
    const refusal = refusalOf(given);
    if (refusal !== undefined) program.error(`error: ${refusal}`);
    return { kind: "run", arguments: shellArguments(given) };
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    const exitCode = error.exitCode === 0 ? EXIT.success : EXIT.usage;
    return { kind: "leave", exitCode, stdout, stderr };
  }
}

/** Why options that are fine one by one are not fine together, or not yet; undefined when they are. */
function refusalOf(given: Given): string | undefined {
  if (given.serializable) return "--serializable is not available: there are no transactions";
  if (given.enableWal && given.durability === "none") return "--enable-wal contradicts --durability none";
  return undefined;
}

function shellArguments(given: Given): ShellArguments {
  return {
    path: given.path,
    script: given.command,
    keepsGoing: given.keepGoing === true,
    saysYes: given.yes === true,
    options: {
      blockSizeBytes: given.blockSize,
      tableSizeBytes: given.targetSstSize,
      memtableSizeBytes: given.targetSstSize,
      memtableLimit: given.memtableLimit,
      // Writers must not be stopped before flushing starts.
      memtableStop: Math.max(DEFAULT_OPTIONS.memtableStop, given.memtableLimit),
      cacheSizeBytes: given.cacheSize,
      compaction: STRATEGIES[given.compaction],
      // The library logs unless told otherwise, the shell only when asked.
      durability: given.durability ?? (given.enableWal ? "process" : "none"),
      recovery: given.recovery,
    },
  };
}

/** The options of the shell. Sizes default to the reference's. */
function shellProgram(version: string): Command {
  const program = new Command("mini-lsm-cli")
    .description("An LSM-tree storage engine to play with: reads commands, keeps what they store in a directory.")
    .version(`mini-lsm-cli ${version}`, "-V, --version", "show the version")
    .helpOption("-h, --help", "show this help")
    .exitOverride()
    .addOption(new Option("--path <directory>", "where the database lies").default("lsm.db").argParser(directory))
    .addOption(
      new Option("--compaction <strategy>", "how tables are merged in the background")
        .choices(Object.keys(STRATEGIES))
        .default("leveled"),
    )
    .option("--enable-wal", "log every write before it is answered, so that a killed process loses nothing")
    .addOption(
      new Option("--durability <level>", "what a write survives once answered: nothing, a killed process, a power cut")
        .choices(DURABILITIES)
        .default(undefined, "process with --enable-wal, else none"),
    )
    .addOption(
      new Option("--recovery <mode>", "what to do with a damaged log: refuse to open, or keep what precedes the damage")
        .choices(RECOVERIES)
        .default("strict"),
    )
    .option("--serializable", "make every command a serializable transaction")
    .option("-c, --command <commands>", "run these commands, separated by ;, instead of reading them")
    .option("--keep-going", "go on after an error when nobody types (the exit code is still 1)")
    .option("--yes", "let destroy delete without asking")
    .addOption(sizeOption("--block-size <size>", "entries per data block", "blockSizeBytes", 4096))
    .addOption(sizeOption("--target-sst-size <size>", "size of a table and of a memtable", "tableSizeBytes", 2 * MIB))
    .addOption(
      new Option("--memtable-limit <count>", "frozen memtables that make flushing start").default(3).argParser(limit),
    )
    .addOption(sizeOption("--cache-size <size>", "memory for blocks", "cacheSizeBytes", DEFAULT_OPTIONS.cacheSizeBytes))
    .addHelpText("after", '\nSizes are bytes or have a unit: 4096, 4k, 4KiB, 2MiB. "help" lists the commands.');
  refuseRepetition(program);
  return program;
}

function directory(text: string): string {
  if (text === "") throw new InvalidArgumentError("Expected the name of a directory.");
  return text;
}

type SizeName = "blockSizeBytes" | "tableSizeBytes" | "cacheSizeBytes";

function sizeOption(flags: string, description: string, name: SizeName, bytes: number): Option {
  const [low, high] = OPTION_RANGES[name];
  const range = `${byteSizeText(low)} to ${byteSizeText(high)}`;
  return new Option(flags, description).default(bytes, byteSizeText(bytes)).argParser((text) => {
    const size = parseByteSize(text);
    if (size === undefined) throw new InvalidArgumentError("Expected a size such as 4096, 4k, 4KiB or 2MiB.");
    if (size < low || size > high) throw new InvalidArgumentError(`Expected ${range}.`);
    return size;
  });
}

function limit(text: string): number {
  const [low, high] = OPTION_RANGES.memtableLimit;
  const count = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (!(count >= low && count <= high))
    throw new InvalidArgumentError(`Expected a whole number from ${low} to ${high}.`);
  return count;
}

/** Commander takes the last of an option's values; a command line that says two things is a mistake. */
function refuseRepetition(program: Command): void {
  for (const option of program.options) {
    let count = 0;
    program.on(`option:${option.name()}`, () => {
      count += 1;
      if (count > 1) program.error(`error: option '${option.flags}' given more than once`);
    });
  }
}
