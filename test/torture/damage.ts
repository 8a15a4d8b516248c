import { LsmError } from "../../src/errors.ts";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import { DATABASE_FORMATS, type DatabaseFormat } from "../../src/options.ts";
import type { WalRecovery } from "../../src/wal/read-wal.ts";
import { EngineDatabase, QUIET } from "../support/engine-database.ts";
import { readFile, writeFile } from "../support/engine-golden.ts";
import { randomOf } from "../support/random.ts";
import type { Counts, TortureProgram } from "./program.ts";

const DIRECTORY = "/db";

/** A small database, killed: a log, two tables in level 0 and a level of several tables under them. */
export type Sound = {
  readonly fs: MemoryFileSystem;
  readonly format: DatabaseFormat;
  /** What it answers. */
  readonly answers: string;
  /** What it answered before the last writes of its log, so many of them as there are answers. */
  readonly earlierAnswers: readonly string[];
};

/** Ways in which a damaged database may answer. */
export const OUTCOMES = ["the same answers", "refused", "a torn tail, with a warning", "wrong"] as const;

type Outcome = (typeof OUTCOMES)[number];

export async function soundDatabase(format: DatabaseFormat, seed: number): Promise<Sound> {
  const random = randomOf(seed);
  const fs = new MemoryFileSystem();
  const options = { ...QUIET, format, durability: "power", blockSizeBytes: 64, tableSizeBytes: 1024 } as const;
  const db = EngineDatabase.open(options, fs);
  const put = (count: number): void => {
    for (let left = count; left > 0; left--) {
      const key = `k${random(40)}`;
      if (random(6) === 0) db.delete(key);
      else db.put(key, `${key}-${seed}-${random(1000)}`);
    }
  };
  put(40);
  await db.run("flush compact");
  put(15);
  if (format === "native") db.writeBatch([{ range: "[k10, k12)" }], true);
  await db.run("flush");
  put(10);
  await db.run("flush");
  const earlierAnswers = Array.from({ length: 8 }, () => {
    const before = answersOf(db);
    put(1);
    return before;
  });
  return { fs: fs.killed(), format, answers: answersOf(db), earlierAnswers };
}

/** All that can be asked: a scan in each direction, and each key. */
function answersOf(db: EngineDatabase): string {
  const keys = Array.from({ length: 41 }, (_, number) => db.get(`k${number}`) ?? "none");
  return `${db.scan()}\n${db.scan("(, )", { direction: "descending" })}\n${keys.join(" ")}`;
}

export function filesOf({ fs }: Sound): string[] {
  return fs.list(DIRECTORY).sort();
}

/** What is answered by a copy in which one file has other bytes, or is gone. */
export function outcomeWith(
  { fs, answers, earlierAnswers }: Sound,
  name: string,
  bytes: Uint8Array | undefined,
  recovery: WalRecovery = "strict",
): Outcome {
  const copy = fs.killed();
  if (bytes === undefined) copy.remove(`${DIRECTORY}/${name}`);
  else writeFile(copy, `${DIRECTORY}/${name}`, bytes);
  try {
    const db = EngineDatabase.open({ ...QUIET, recovery }, copy);
    const found = answersOf(db);
    if (found === answers) return "the same answers";
    const isWarned = db.eventsOf("warning").some(({ message }) => message.includes(name));
    return isWarned && earlierAnswers.includes(found) ? "a torn tail, with a warning" : "wrong";
  } catch (error) {
    if (error instanceof LsmError) return "refused";
    throw error;
  }
}

export function bytesOf({ fs }: Sound, name: string): Uint8Array {
  return Uint8Array.from(readFile(fs, `${DIRECTORY}/${name}`));
}

const TAKEN = 'refused logs opened with recovery "tail"';

/** Every byte of every file of a small database with a bit changed, and with all. Rejects when an answer is wrong. */
export function flipEveryByte(sound: Sound, seed: number): Counts {
  const random = randomOf(seed);
  const counts: Record<string, number> = { flips: 0 };
  for (const name of filesOf(sound)) {
    const bytes = bytesOf(sound, name);
    for (let place = 0; place < bytes.length; place++) {
      for (const bits of [1 << random(8), 0xff, 1 + random(255)]) {
        const damaged = Uint8Array.from(bytes);
        damaged[place]! ^= bits;
        const outcome = outcomeWith(sound, name, damaged);
        if (outcome === "wrong")
          throw new Error(`${sound.format}: byte ${place} of ${name} xor ${bits}: wrong answers`);
        if (outcome === "refused" && name.endsWith(".wal")) {
          const taken = outcomeWith(sound, name, damaged, "tail");
          if (taken === "wrong" || taken === "refused") {
            throw new Error(`${sound.format}: byte ${place} of ${name} xor ${bits}: ${taken} with recovery "tail"`);
          }
          counts[TAKEN] = (counts[TAKEN] ?? 0) + 1;
        }
        counts.flips = (counts.flips ?? 0) + 1;
        counts[outcome] = (counts[outcome] ?? 0) + 1;
      }
    }
  }
  return counts;
}

/** Files deleted, and taken from another database or from another place in this one; by outcome, and which were wrong. */
export function swapFiles(sound: Sound, other: Sound): { readonly counts: Counts; readonly wrong: readonly string[] } {
  const counts: Record<string, number> = { swaps: 0 };
  const wrong: string[] = [];
  const replace = (name: string, what: string, bytes: Uint8Array | undefined): void => {
    const outcome = outcomeWith(sound, name, bytes);
    counts.swaps = (counts.swaps ?? 0) + 1;
    counts[outcome] = (counts[outcome] ?? 0) + 1;
    if (outcome === "wrong") wrong.push(`${name} ${what}`);
  };
  const [names, strange] = [filesOf(sound), filesOf(other)];
  for (const name of names) {
    replace(name, "deleted", undefined);
    for (const from of names.filter((each) => each !== name))
      replace(name, `replaced by ${from}`, bytesOf(sound, from));
    for (const from of strange) replace(name, `replaced by the other's ${from}`, bytesOf(other, from));
  }
  return { counts, wrong };
}

export const FLIPS: TortureProgram = {
  name: "flips",
  about: "every byte of a small database of each format changed, and files swapped or deleted",
  run: async (seed) => {
    const format = DATABASE_FORMATS[Math.abs(seed) % DATABASE_FORMATS.length] as DatabaseFormat;
    const sound = await soundDatabase(format, seed);
    const flips = flipEveryByte(sound, seed);
    const { counts, wrong } = swapFiles(sound, await soundDatabase(format, seed + 1));
    // The formats of the reference have no ids in their files (`docs/reliability.md`).
    if (format === "native" && wrong.length > 0) throw new Error(`wrong answers with ${wrong.join(", ")}`);
    const swaps = Object.entries(counts).map(([kind, count]) => [kind === "swaps" ? kind : `swaps: ${kind}`, count]);
    return { ...flips, ...Object.fromEntries(swaps) };
  },
};
