import { type CompactionOptions, DATABASE_FORMATS, type Durability } from "../../src/options.ts";
import { contentAfter, type LedgerWrite, prefixThatMakes } from "../support/crash-ledger.ts";
import { randomOf } from "../support/random.ts";
import { type RunningProgram, startShell, WorkingDirectory } from "../whole/shell-program.ts";
import type { Counts, TortureProgram } from "./program.ts";

type Strategy = CompactionOptions["strategy"];

export type KillOptions = {
  readonly strategy: Strategy;
  /** Of every process; `process`, or now and then `power`, unless it is given. */
  readonly durability?: Durability;
};

export const STRATEGIES: readonly Strategy[] = ["simple", "leveled", "tiered", "none"];

const ROUNDS = 20;
const COMMANDS_PER_ROUND = 160;
const KEYS = 120;

/** A program that hangs is ended after so long, which fails its round. */
const PATIENCE_MS = 120_000;

/** What one process was asked for and is known to have done, in order. */
type Asked = { readonly writes: LedgerWrite[]; readonly lines: string[]; readonly writesUpTo: number[] };

/**
 * The shell under `kill -9`, round after round on one database: each round checks what the last one left, writes, and is
 * killed at a random moment: while it opens, between two answers, in a flush or a compaction. What is there must be all
 * that was answered and a prefix of the rest.
 */
class KillLoop {
  readonly #random: (below: number) => number;
  readonly #directory = new WorkingDirectory();
  readonly #argv: readonly string[];
  readonly counts = { rounds: 0, "kills while opening": 0, "acknowledged writes": 0 };
  /** What is known to be there before the writes that are in doubt. */
  #content = new Map<string, string>();
  #inDoubt: readonly LedgerWrite[] = [];
  #acknowledged = 0;
  #sequence = 0;

  constructor(seed: number, { strategy, durability: given }: KillOptions) {
    this.#random = randomOf(seed);
    const format = DATABASE_FORMATS[this.#random(DATABASE_FORMATS.length)] as string;
    const durability = given ?? (this.#random(4) === 0 ? "power" : "process");
    this.#argv = [
      ...["--compaction", strategy, "--format", format, "--durability", durability],
      ...["--target-sst-size", "8k", "--memtable-limit", String(1 + this.#random(3)), "--block-size", "512"],
    ];
  }

  async run(rounds: number): Promise<void> {
    try {
      for (let round = 0; round < rounds; round++) await this.#round();
      await this.#lastLook();
    } finally {
      this.#directory.dispose();
    }
  }

  async #round(): Promise<void> {
    this.counts.rounds++;
    const shell = this.#start();
    if (this.#random(10) === 0) {
      this.counts["kills while opening"]++;
      setTimeout(() => shell.process.kill("SIGKILL"), this.#random(250));
      shell.send("scan\n");
      await shell.ended;
      return;
    }
    await this.#look(shell);
    const asked = this.#commands();
    const killAfter = this.#random(asked.lines.length);
    const waitMs = this.#random(4);
    shell.process.stdout?.on("data", () => {
      if (answersOf(shell) < killAfter) return;
      if (waitMs === 0) shell.process.kill("SIGKILL");
      else setTimeout(() => shell.process.kill("SIGKILL"), waitMs);
    });
    if (killAfter === 0) setTimeout(() => shell.process.kill("SIGKILL"), waitMs);
    shell.send(`${asked.lines.join("\n")}\n`);
    const { stderr } = await shell.ended;
    if (stderr !== "") throw new Error(`the shell says on stderr: ${stderr.slice(0, 500)}`);
    this.#inDoubt = asked.writes;
    this.#acknowledged = asked.writesUpTo[answersOf(shell)] as number;
    this.counts["acknowledged writes"] += this.#acknowledged;
  }

  #start(): RunningProgram {
    const shell = startShell(this.#directory.path, ...this.#argv);
    const patience = setTimeout(() => shell.process.kill("SIGKILL"), PATIENCE_MS);
    void shell.ended.then(() => clearTimeout(patience));
    return shell;
  }

  /** What the shell finds is what the one before it promised. */
  async #look(shell: RunningProgram): Promise<void> {
    shell.send("scan\n");
    await shell.until(" keys scanned\n");
    const found = new Map(
      [...shell.stdout.matchAll(/^b"(.*)"=b"(.*)"$/gm)].map(([, key = "", value = ""]) => [key, value] as const),
    );
    const before: LedgerWrite[] = [...this.#content].map(([key, value]) => ({ key, value }));
    const units = [before, ...this.#inDoubt.map((write) => [write])];
    const length = prefixThatMakes(found, units, 1 + this.#acknowledged);
    if (length === undefined) {
      const expected = contentAfter(units, 1 + this.#acknowledged);
      const lost = [...expected].filter(([key, value]) => found.get(key) !== value).map(([key]) => key);
      throw new Error(
        `round ${this.counts.rounds}, ${this.#argv.join(" ")}: what is there is no prefix of ${this.#inDoubt.length} writes ` +
          `with the ${this.#acknowledged} that were answered; of these differ: ${lost.slice(0, 20).join(" ")}`,
      );
    }
    this.#content = found;
    this.#inDoubt = [];
    this.#acknowledged = 0;
  }

  async #lastLook(): Promise<void> {
    const shell = this.#start();
    await this.#look(shell);
    const { exitCode, stderr } = await shell.finish("quit\n");
    if (exitCode !== 0 || stderr !== "") throw new Error(`quit ends with ${exitCode}: ${stderr.slice(0, 500)}`);
  }

  /** `writesUpTo[n]`: how many writes the first n answers of writes acknowledge. */
  #commands(): Asked {
    const asked: Asked = { writes: [], lines: [], writesUpTo: [0] };
    for (let command = 0; command < COMMANDS_PER_ROUND; command++) {
      const dice = this.#random(100);
      if (dice < 2) asked.lines.push("flush");
      else if (dice < 3) asked.lines.push("full_compaction");
      else this.#write(asked, dice);
      // What is no write is answered too, and acknowledges nothing new.
      if (asked.writesUpTo.length <= asked.lines.length) asked.writesUpTo.push(asked.writes.length);
    }
    return asked;
  }

  #write(asked: Asked, dice: number): void {
    const key = `k${this.#random(KEYS)}`;
    if (dice < 25) {
      asked.lines.push(`del ${key}`);
      asked.writes.push({ key, value: undefined });
    } else {
      const value = `${this.#sequence++}`.padEnd(this.#random(8) === 0 ? 1500 : 60, "v");
      asked.lines.push(`put ${key} ${value}`);
      asked.writes.push({ key, value });
    }
  }
}

/** How many of the commands behind the first scan were answered. */
function answersOf({ stdout }: RunningProgram): number {
  return stdout.match(ANSWER)?.length ?? 0;
}

const ANSWER = /^(?:k\d+ (?:put|deleted)|flush success|full compaction success)$/gm;

export async function killRounds(seed: number, options: KillOptions, rounds: number): Promise<Counts> {
  const loop = new KillLoop(seed, options);
  await loop.run(rounds);
  return loop.counts;
}

/** One strategy after the other. */
export const KILLS: TortureProgram = {
  name: "kills",
  about: "kill -9 of the built shell at any moment, for each strategy",
  run: (seed) => killRounds(seed, { strategy: STRATEGIES[Math.abs(seed) % STRATEGIES.length] as Strategy }, ROUNDS),
};
