import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { BANNER, DEVIATIONS, entries } from "./shell-deviations.ts";
import { type Build, filesIn, named, replay, settled, TRANSCRIPTS, transcript } from "./shell-transcript.ts";

const BUILDS: readonly Build[] = ["plain", "mvcc"];

/** Sessions of both builds that are answered as the reference does, to the byte, and leave files of the same sizes. */
const THE_SAME_IN_BOTH = `
  big-fill-leveled-paced big-fill-none-quit big-fill-none-reopen blank-lines case-insensitive close
  compact4-simple-paced crlf dump-empty-none dump-empty-simple dump-empty-tiered fill-max
  fill-single full-compaction-all-deleted full-compaction-none nowal-written-opened-with-wal path-nested
  quit-flushes-memtable quit-flushes-memtable-reopen quit-wal quit-wal-reopen scan-empty-db scan-lexicographic
  scan-outside scan-reversed seed-leveled-wal-paced seed-leveled-wal-reopen seed-simple-paced seed-simple-reopen
  seed-simple-wal-paced seed-simple-wal-reopen seed-tiered-paced seed-tiered-reopen
`
  .trim()
  .split(/\s+/);

const THE_SAME = [
  ...BUILDS.flatMap((build) => THE_SAME_IN_BOTH.map((name) => named(build, name))),
  "default-args",
  "delete-flow",
  "mvcc-serializable",
];

const directory = mkdtempSync(join(tmpdir(), "mini-lsm-golden-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Runs a session on files of its own. */
async function run(name: string) {
  const place = join(directory, name);
  const { signal: _, ...ended } = await replay(name, place);
  return { ...ended, files: filesIn(place) };
}

const filesOf = (name: string): string[] => transcript(name, "files_after").split("\n").filter(Boolean);
const finished = (background: string[]): string[] =>
  background.filter((line) => line.startsWith("compaction finished"));
const withoutStructure = (answers: string[]): string[] => answers.filter((line) => !/^L\d/.test(line));

describe.skipIf(TRANSCRIPTS.length === 0)("sessions of the reference", () => {
  test("are all accounted for", () => {
    const deviating = Object.values(DEVIATIONS).flatMap((group) => Object.keys(group));
    const apart = BUILDS.flatMap((build) => [
      named(build, "seed-leveled-unpaced"),
      named(build, "reopen-none-as-leveled"),
    ]);
    const accounted = [...THE_SAME, ...deviating, ...apart];
    expect(accounted.sort()).toEqual([...TRANSCRIPTS].sort());
  });

  test.concurrent.each(THE_SAME)("%s: the answers and the files are the same", async (name) => {
    const { stdout, ...rest } = await run(name);
    const reference = transcript(name, "stdout");
    if (reference.includes("running compaction task")) expect(settled(stdout)).toEqual(settled(reference));
    else expect(stdout).toBe(reference);
    expect(rest).toEqual({ stderr: "", exitCode: 0, files: filesOf(name) });
  });

  describe.each(Object.entries(DEVIATIONS))("%s", (_, sessions) => {
    test.concurrent.each(Object.entries(sessions))("%s", async (name, deviation) => {
      const reference = transcript(name, "stdout");
      expect(await run(name)).toEqual({
        stdout: deviation.stdout?.(reference) ?? reference,
        stderr: deviation.stderr ?? "",
        exitCode: deviation.exitCode ?? 0,
        files: deviation.files ?? filesOf(name),
      });
    });
  });

  describe.each([
    { build: "plain", unpaced: 46_291, reopened: 3058 },
    { build: "mvcc", unpaced: 62_367, reopened: 4266 },
  ] as const)("of the $build build", ({ build, unpaced, reopened }) => {
    test.concurrent("seed-leveled-unpaced: the compaction begins with the flush and ends before the database closes", async () => {
      const name = named(build, "seed-leveled-unpaced");
      const { stdout, stderr, exitCode, files } = await run(name);
      const { answers, background } = settled(stdout);
      // Whether `dump` comes before its end is chance.
      expect(withoutStructure(answers)).toEqual(withoutStructure(settled(transcript(name, "stdout")).answers));
      expect(finished(background)).toEqual(["compaction finished: 2 files removed, 1 files added, output=[3]"]);
      expect({ stderr, exitCode, files }).toEqual({
        stderr: "",
        exitCode: 0,
        files: [`db/00003.sst ${unpaced}`, "db/MANIFEST 302"],
      });
    });

    test.concurrent("reopen-none-as-leveled: a database opens with another strategy, which brings it into its shape", async () => {
      const { stdout, stderr, exitCode, files } = await run(named(build, "reopen-none-as-leveled"));
      const { answers, background } = settled(stdout);
      expect(answers.join("\n")).toBe(
        [
          `1 SSTs opened\n${BANNER}L1 (0): []\nL2 (0): []\nL3 (0): []\nL4 (1): [8]\ndump success\n`,
          `${entries(58, 59, 2)}${entries(6, 6, 0)}${entries(61, 62, 2)}\n5 keys scanned\n`,
        ].join(""),
      );
      expect(finished(background)).toEqual(
        [6, 7, 8].map((id) => `compaction finished: 1 files removed, 1 files added, output=[${id}]`),
      );
      expect({ stderr, exitCode, files }).toEqual({
        stderr: "",
        exitCode: 0,
        files: [`db/00008.sst ${reopened}`, "db/MANIFEST 805"],
      });
    });
  });
});
