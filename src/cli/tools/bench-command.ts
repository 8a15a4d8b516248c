import { type Command, Option } from "commander";
import {
  type CompactionOptions,
  DATABASE_FORMATS,
  type DatabaseFormat,
  DEFAULT_OPTIONS,
  type Durability,
} from "../../options.ts";
import type { BenchRequest } from "../../tools/bench/run-bench.ts";
import { WORKLOADS, type WorkloadName } from "../../tools/bench/workloads.ts";
import { SHELL_STRATEGIES } from "../shell-options.ts";
import { countOption, directoryName } from "./option-values.ts";

/** What the command line asks for. */
export type BenchArguments = { readonly request: BenchRequest; readonly isJson: boolean };

type Given = {
  readonly entries: number;
  readonly valueSize: number;
  readonly batch: number;
  readonly durability: Durability;
  readonly compaction: CompactionOptions["strategy"];
  readonly format: DatabaseFormat;
  readonly path?: string;
  readonly json?: true;
};

const DURABILITIES: readonly Durability[] = ["none", "process", "power"];
/** The order of the entries is held in memory, four bytes for each. */
const ENTRIES_MAX = 100_000_000;
const MIB = 1024 * 1024;

/** `bench [WORKLOAD…]`. Gives what was asked for to `choose`. */
export function addBenchCommand(program: Command, choose: (given: BenchArguments) => void): void {
  program
    .command("bench")
    .description("measure writes, reads and scans of the engine on this machine")
    .argument("[workloads...]", `any of ${WORKLOADS.join(", ")} (default: all, in this order)`)
    .addOption(countOption("--entries <count>", "how many", [1, ENTRIES_MAX]).default(100_000))
    .addOption(countOption("--value-size <bytes>", "of each value", [1, 16 * MIB]).default(100))
    .addOption(countOption("--batch <count>", "entries per write", [1, 100_000]).default(1))
    .addOption(
      new Option("--durability <level>", "what an answered write survives").choices(DURABILITIES).default("process"),
    )
    .addOption(
      new Option("--compaction <strategy>", "how tables are merged meanwhile")
        .choices(Object.keys(SHELL_STRATEGIES))
        .default("leveled"),
    )
    .addOption(new Option("--format <format>", "layout on disk").choices(DATABASE_FORMATS).default("native"))
    .addOption(
      new Option("--path <directory>", "where to work, new or empty; what is made stays there").argParser(
        directoryName,
      ),
    )
    .option("--json", "answer with one JSON object")
    .addHelpText("after", BENCH_NOTES)
    .action((names: readonly string[], given: Given, command: Command) => {
      const strange = names.find((name) => !isWorkload(name));
      if (strange !== undefined) {
        command.error(`error: unknown workload '${strange}', expected any of ${WORKLOADS.join(", ")}`);
      }
      choose({ request: requestOf(names.filter(isWorkload), given), isJson: given.json === true });
    });
}

function requestOf(workloads: readonly WorkloadName[], given: Given): BenchRequest {
  const { entries, valueSize, batch, durability, format, path } = given;
  // Leveled is the library's own default, with its sizes; the others have no other numbers than the shell's.
  const compaction = given.compaction === "leveled" ? DEFAULT_OPTIONS.compaction : SHELL_STRATEGIES[given.compaction];
  return {
    workloads: workloads.length === 0 ? WORKLOADS : workloads,
    entries,
    valueSizeBytes: valueSize,
    batch,
    options: { format, durability, compaction },
    directory: path,
  };
}

function isWorkload(name: string): name is WorkloadName {
  return (WORKLOADS as readonly string[]).includes(name);
}

const BENCH_NOTES = `
fillseq and fillrandom begin with an empty database; the others go on with what is there, and are preceded by a fillrandom
that is not shown where nothing is. Keys have 16 bytes (readmissing: 17); every answer is compared with what was written. Times are those of the calls
alone; per call means one entry, a batch, a seek with the next ten entries, or a thousand entries of a scan. Sizes and
numbers are the library's defaults.

Without --path a temporary directory is used, and removed. After Ctrl-C nothing stays in either case.

Exit codes: 0 done, 1 failed after it had begun, 3 it cannot begin, 4 an answer was wrong.

Examples:
  mini-lsm-cli bench
  mini-lsm-cli bench fillrandom readrandom --entries 1000000 --batch 1000 --json`;
