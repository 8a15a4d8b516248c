import { parseArgs } from "node:util";
import { addCounts, type Counts, showCounts, type TortureProgram } from "./program.ts";
import { PROGRAMS } from "./programs.ts";

const USAGE = `usage: npm run torture -- --hours N [--seed S] [--only NAME[,NAME…]]

Runs the programs in turn, each with one seed after the other, until the time is over; at least once each.
  --hours N   how long, 0.5 being half an hour; 0 runs each program once
  --seed S    the first seed, a whole number; one from the clock unless it is given
  --only      these programs alone:
${PROGRAMS.map(({ name, about }) => `              ${name.padEnd(14)}${about}`).join("\n")}

Exit code: 0 nothing found, 1 something found (with a command that repeats it), 2 wrong usage, 130 interrupted.`;

const MS_PER_HOUR = 3_600_000;

type Run = { readonly hours: number; readonly seed: number; readonly programs: readonly TortureProgram[] };

/** What the command line asks for, or what is wrong with it. */
function readArguments(argv: string[]): Run | string {
  const { values } = parseArgs({
    args: argv,
    options: {
      hours: { type: "string" },
      seed: { type: "string" },
      only: { type: "string" },
      help: { type: "boolean" },
    },
  });
  if (values.help === true) return "";
  const hours = Number(values.hours ?? Number.NaN);
  if (!(hours >= 0)) return `--hours is ${values.hours ?? "missing"}, expected a number such as 0.5`;
  const seed = values.seed === undefined ? Date.now() % 2 ** 31 : Number(values.seed);
  if (!Number.isInteger(seed)) return `--seed is ${values.seed}, expected a whole number`;
  const names = values.only?.split(",");
  const unknown = names?.find((name) => !PROGRAMS.some((program) => program.name === name));
  if (unknown !== undefined) {
    return `no program is called ${unknown}, expected one of ${PROGRAMS.map(({ name }) => name).join(", ")}`;
  }
  return { hours, seed, programs: PROGRAMS.filter(({ name }) => names === undefined || names.includes(name)) };
}

/** Answers the exit code. */
async function torture({ hours, seed: first, programs }: Run): Promise<number> {
  const begun = performance.now();
  const totals = new Map<string, Counts>();
  let isInterrupted = false;
  process.once("SIGINT", () => {
    isInterrupted = true;
    console.log("stopping after this run");
  });
  const isOver = (): boolean => isInterrupted || performance.now() - begun >= hours * MS_PER_HOUR;
  for (let seed = first; seed === first || !isOver(); seed++) {
    for (const { name, run } of programs) {
      if (seed !== first && isOver()) break;
      if (isInterrupted) break;
      const runBegun = performance.now();
      try {
        const counts = await run(seed);
        totals.set(name, addCounts(totals.get(name) ?? {}, { runs: 1, ...counts }));
        const seconds = ((performance.now() - runBegun) / 1000).toFixed(1);
        console.log(`${name}, seed ${seed}: ${showCounts(counts)} in ${seconds} s`);
      } catch (error) {
        console.log(`${name}, seed ${seed}: FAILED: ${error instanceof Error ? error.stack : error}`);
        console.log(`repeat it with: npm run torture -- --hours 0 --only ${name} --seed ${seed}`);
        return 1;
      }
    }
  }
  for (const [name, counts] of totals) console.log(`in all, ${name}: ${showCounts(counts)}`);
  return isInterrupted ? 130 : 0;
}

try {
  const run = readArguments(process.argv.slice(2));
  if (typeof run !== "string") process.exitCode = await torture(run);
  else {
    console.log(run === "" ? USAGE : `error: ${run}\n\n${USAGE}`);
    process.exitCode = run === "" ? 0 : 2;
  }
} catch (error) {
  console.log(`error: ${(error as Error).message}\n\n${USAGE}`);
  process.exitCode = 2;
}
