import type { Command } from "commander";
import { MIB, SIMULATION_DEFAULTS, type SimulationOptions } from "../../tools/simulator/simulation-options.ts";
import { type GivenLive, liveOption, portOf } from "../page/live-option.ts";
import { countOption, wideCountOption } from "./option-values.ts";

/** The largest u32, which these numbers are in the reference. */
const COUNT_MAX = 0xffff_ffff;
/** Every level has a line in every dump. */
const LEVELS_MAX = 1000;

/** Takes what was asked for, and at which port a page is to show it; undefined: at none. */
export type ChooseSimulation = (simulation: SimulationOptions, livePort: number | undefined) => void;

type GivenCommon = GivenLive & { readonly iterations: number; readonly dumpRealId?: true; readonly sizeOnly?: true };

type GivenSimple = GivenCommon & {
  readonly level0FileNumCompactionTrigger: number;
  readonly maxLevels: number;
  readonly sizeRatioPercent: number;
};

type GivenTiered = GivenCommon & {
  readonly numTiers: number;
  readonly maxSizeAmplificationPercent: number;
  readonly sizeRatio: number;
  readonly minMergeWidth: number;
  readonly maxMergeWidth?: number;
};

type GivenLeveled = GivenCommon & {
  readonly level0FileNumCompactionTrigger: number;
  readonly maxLevels: number;
  readonly levelSizeMultiplier: number;
  readonly baseLevelSizeMb: number;
  readonly sstSizeMb: number;
  readonly seed: bigint;
};

/** `simulate simple|tiered|leveled`, with the options of the reference's simulator. Gives what was asked for to `choose`. */
export function addSimulateCommand(program: Command, choose: ChooseSimulation): void {
  const simulate = program
    .command("simulate")
    .description("show what a strategy does with table after table, without a database")
    .addHelpText("after", '\n"mini-lsm-cli simulate leveled --help" shows the options of a strategy.');
  addSimple(simulate, choose);
  addTiered(simulate, choose);
  addLeveled(simulate, choose);
}

function addSimple(simulate: Command, choose: ChooseSimulation): void {
  const defaults = SIMULATION_DEFAULTS.simple;
  const { level0FilesTrigger, maxLevels, sizeRatioPercent } = defaults.compaction;
  const command = simulate.command("simple").description("levels that keep a ratio of their numbers of tables");
  addCommonOptions(command, defaults);
  addLevel0Trigger(command, level0FilesTrigger);
  addMaxLevels(command, maxLevels);
  command.addOption(
    count("--size-ratio-percent <percent>", "a level is merged down when the next has fewer, in percent", 0).default(
      sizeRatioPercent,
    ),
  );
  command.action((given: GivenSimple) => {
    const compaction = {
      strategy: "simple",
      sizeRatioPercent: given.sizeRatioPercent,
      level0FilesTrigger: given.level0FileNumCompactionTrigger,
      maxLevels: given.maxLevels,
    } as const;
    choose({ ...defaults, ...common(given), compaction }, portOf(given));
  });
}

function addTiered(simulate: Command, choose: ChooseSimulation): void {
  const defaults = SIMULATION_DEFAULTS.tiered;
  const { tiersTrigger, maxSizeAmplificationPercent, sizeRatioPercent, minMergeWidth } = defaults.compaction;
  const command = simulate.command("tiered").description("runs that are merged when there are many");
  addCommonOptions(command, defaults);
  command
    .addOption(count("--num-tiers <count>", "tiers that make merging start", 1).default(tiersTrigger))
    .addOption(
      count(
        "--max-size-amplification-percent <percent>",
        "all are merged when those above the last have so much of its size",
        0,
      ).default(maxSizeAmplificationPercent),
    )
    .addOption(
      count("--size-ratio <percent>", "tiers are merged when the next is so much larger", 0).default(sizeRatioPercent),
    )
    .addOption(count("--min-merge-width <count>", "least number of tiers so merged", 1).default(minMergeWidth))
    .addOption(count("--max-merge-width <count>", "largest number of tiers merged to have fewer", 1));
  command.action((given: GivenTiered) => {
    const compaction = {
      strategy: "tiered",
      tiersTrigger: given.numTiers,
      maxSizeAmplificationPercent: given.maxSizeAmplificationPercent,
      sizeRatioPercent: given.sizeRatio,
      minMergeWidth: given.minMergeWidth,
      maxMergeWidth: given.maxMergeWidth,
    } as const;
    choose({ ...defaults, ...common(given), compaction }, portOf(given));
  });
}

function addLeveled(simulate: Command, choose: ChooseSimulation): void {
  const defaults = SIMULATION_DEFAULTS.leveled;
  const { level0FilesTrigger, maxLevels, levelSizeMultiplier, baseLevelSizeBytes } = defaults.compaction;
  const command = simulate.command("leveled").description("levels that grow by a factor, merged table by table");
  addCommonOptions(command, defaults);
  addLevel0Trigger(command, level0FilesTrigger);
  addMaxLevels(command, maxLevels);
  command
    .addOption(
      count("--level-size-multiplier <factor>", "how much larger the next level may be", 1).default(
        levelSizeMultiplier,
      ),
    )
    .addOption(
      count("--base-level-size-mb <size>", "MiB that the first filled level may have", 1).default(
        baseLevelSizeBytes / MIB,
      ),
    )
    .addOption(count("--sst-size-mb <size>", "MiB of every table", 1).default(defaults.tableSizeBytes / MIB))
    .addOption(
      wideCountOption("--seed <number>", "where random key ranges start").default(defaults.seed, `${defaults.seed}`),
    );
  command.action((given: GivenLeveled) => {
    const compaction = {
      strategy: "leveled",
      levelSizeMultiplier: given.levelSizeMultiplier,
      level0FilesTrigger: given.level0FileNumCompactionTrigger,
      maxLevels: given.maxLevels,
      baseLevelSizeBytes: given.baseLevelSizeMb * MIB,
    } as const;
    choose({ ...common(given), compaction, tableSizeBytes: given.sstSizeMb * MIB, seed: given.seed }, portOf(given));
  });
}

function addCommonOptions(command: Command, { iterations }: SimulationOptions): void {
  command
    .addOption(count("--iterations <count>", "tables that are flushed, one after another", 0).default(iterations))
    .option("--dump-real-id", "show tables on levels by their own ids, not by those they were made from")
    .option("--size-only", "show only how many tables lie on each level")
    .addOption(liveOption("show it on a page as well, step by step"));
}

function addLevel0Trigger(command: Command, trigger: number): void {
  command.addOption(
    count("--level0-file-num-compaction-trigger <count>", "tables in L0 that make merging start", 0).default(trigger),
  );
}

function addMaxLevels(command: Command, maxLevels: number): void {
  command.addOption(countOption("--max-levels <count>", "levels below L0", [1, LEVELS_MAX]).default(maxLevels));
}

function count(flags: string, description: string, low: number) {
  return countOption(flags, description, [low, COUNT_MAX]);
}

function common(given: GivenCommon): Pick<SimulationOptions, "iterations" | "dump"> {
  return { iterations: given.iterations, dump: dumpOf(given) };
}

function dumpOf({ sizeOnly, dumpRealId }: GivenCommon): SimulationOptions["dump"] {
  if (sizeOnly) return "sizes";
  return dumpRealId ? "ids" : "origins";
}
