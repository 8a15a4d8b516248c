import { DATABASE_FORMATS } from "../../src/options.ts";
import { randomOf } from "../support/random.ts";
import { ClassicLevelPlayer } from "./classic-level-player.ts";
import { type Flavour, HistoryWriter, type Step } from "./history.ts";
import { randomOptionSet } from "./option-sets.ts";
import { Player } from "./player.ts";
import type { Counts, TortureProgram } from "./program.ts";

export const OPTION_SETS = 20;

/**
 * One random history, of which a versioned map says what every operation answers, played under random option sets in
 * every format: the answers must be the same, whatever the options and whatever is done to the files meanwhile. Where
 * classic-level is installed it plays too, as far as its interface goes.
 */
export async function sameAnswers(seed: number, steps: number): Promise<Counts> {
  const random = randomOf(seed);
  const flavour: Flavour = random(3) === 0 ? "native alone" : "every format";
  const writer = new HistoryWriter(random, flavour);
  const history = Array.from({ length: steps }, () => writer.step());
  const formats = flavour === "native alone" ? (["native"] as const) : DATABASE_FORMATS;
  let compared = 0;
  for (let set = 0; set < OPTION_SETS; set++) {
    const choice = randomOf(seed * 1009 + set);
    const format = formats[set % formats.length] as (typeof DATABASE_FORMATS)[number];
    const player = new Player(() => randomOptionSet(choice, format), choice);
    compared += await playAll(history, player, `${format}, option set ${set}`);
    await player.end();
  }
  const classic = await ClassicLevelPlayer.open();
  let classicCompared = 0;
  if (classic !== undefined) {
    try {
      classicCompared = await playAll(history, classic, "classic-level");
    } finally {
      await classic.end();
    }
  }
  return {
    "steps of a history": steps,
    "operations on databases": steps * OPTION_SETS,
    "answers compared": compared,
    "answers of classic-level": classicCompared,
  };
}

/** Answers how many answers could be compared. */
async function playAll(history: readonly Step[], player: Pick<Player, "play">, who: string): Promise<number> {
  let compared = 0;
  for (const [index, { operation, answer }] of history.entries()) {
    const fail = (what: string, cause?: unknown): never => {
      throw new Error(`${who}, step ${index}, ${JSON.stringify(operation).slice(0, 300)}: ${what}`, { cause });
    };
    let found: string | undefined;
    try {
      found = await player.play(operation);
    } catch (error) {
      fail(String((error as Error).stack), error);
    }
    if (found === undefined) continue;
    compared++;
    if (found !== answer)
      fail(`${JSON.stringify(found).slice(0, 300)} instead of ${JSON.stringify(answer).slice(0, 300)}`);
  }
  return compared;
}

export const ANSWERS: TortureProgram = {
  name: "answers",
  about: "one history under 20 option sets in all formats gives the same answers",
  run: (seed) => sameAnswers(seed, 1500),
};
