import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Ended, type RunningProgram, startShell } from "./shell-program.ts";

const transcripts = new URL("../../../shared/golden/transcripts/", import.meta.url);

/** The sessions of the reference's two builds; none where they are not at hand. Those of the mvcc build have a prefix. */
export const TRANSCRIPTS: readonly string[] = existsSync(transcripts) ? readdirSync(transcripts) : [];

export type Build = "plain" | "mvcc";

/** The name of a session of one build. */
export function named(build: Build, name: string): string {
  return build === "mvcc" ? `mvcc-${name}` : name;
}

export function transcript(name: string, file: "stdin" | "stdout" | "args" | "files_after"): string {
  return readFileSync(new URL(`${name}/${file}`, transcripts), "utf8");
}

/**
 * Runs a session in the directory, after those it builds on. A paced one gets a line whenever all has been quiet for so
 * long. The reference knows a format by the build; we are told that of a new database, unless `--serializable` implies it.
 */
export async function replay(name: string, directory: string): Promise<Ended> {
  const before = optional(name, "after");
  if (before !== undefined) await replay(before, directory);
  const argv = transcript(name, "args").split("\n").filter(Boolean);
  const isOfNew = name.startsWith("mvcc-") && before === undefined && !argv.includes("--serializable");
  if (isOfNew) argv.push("--format", "mvcc");
  mkdirSync(directory, { recursive: true });
  const shell = startShell(directory, ...argv);
  const stdin = readFileSync(new URL(`${name}/stdin`, transcripts));
  const paceMs = optional(name, "pace");
  return paceMs === undefined ? shell.finish(stdin) : sendPaced(shell, stdin.toString(), Number(paceMs));
}

async function sendPaced(shell: RunningProgram, stdin: string, paceMs: number): Promise<Ended> {
  await shell.until("A CLI for mini-lsm\n\n");
  for (const line of stdin.split("\n").slice(0, -1)) {
    await quiet(shell, paceMs);
    shell.send(`${line}\n`);
  }
  await quiet(shell, paceMs);
  return shell.finish();
}

/** Until the program has said nothing for so long. */
async function quiet(shell: RunningProgram, milliseconds: number): Promise<void> {
  let length = -1;
  while (length !== shell.stdout.length) {
    length = shell.stdout.length;
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
  }
}

function optional(name: string, file: "after" | "pace"): string | undefined {
  const url = new URL(`${name}/${file}`, transcripts);
  return existsSync(url) ? readFileSync(url, "utf8").trim() : undefined;
}

/** Names and sizes, as `files_after` has them. */
export function filesIn(directory: string, prefix = ""): string[] {
  return readdirSync(directory, { withFileTypes: true })
    .sort((left, right) => (left.name < right.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(directory, entry.name);
      if (entry.isDirectory()) return filesIn(path, `${prefix}${entry.name}/`);
      return [`${prefix}${entry.name} ${statSync(path).size}`];
    });
}

const STRUCTURE = /^L\d+ \(\d+\): \[/;
const BACKGROUND = /^(flush L0 SST|compaction (triggered|finished)|target level sizes:|flushed )/;

/**
 * A session's answers, and apart from them, in no order, what background work said: that may stand between any two
 * answers. The lines of a structure belong to the task they lead to, or to `dump`.
 */
export function settled(stdout: string): { readonly answers: string[]; readonly background: string[] } {
  const answers: string[] = [];
  const background: string[] = [];
  let structure: string[] = [];
  for (const line of stdout.split("\n")) {
    if (STRUCTURE.test(line)) {
      structure.push(line);
      continue;
    }
    const isTask = line.startsWith("running compaction task:");
    (isTask ? background : answers).push(...structure);
    structure = [];
    (isTask || BACKGROUND.test(line) ? background : answers).push(line);
  }
  return { answers, background: background.sort() };
}
