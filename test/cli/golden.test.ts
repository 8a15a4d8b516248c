import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { TestShell } from "./harness.ts";

const transcripts = new URL("../../../shared/golden/transcripts/", import.meta.url);
const isPresent = existsSync(transcripts);

/** What the reference read and printed; table sizes are 0 in the database of these tests. */
function transcript(name: string): { readonly stdin: Buffer; readonly stdout: string } {
  const read = (file: string) => readFileSync(new URL(`${name}/${file}`, transcripts));
  return {
    stdin: read("stdin"),
    stdout: read("stdout")
      .toString()
      .replace(/size=\d+/g, "size=0"),
  };
}

describe.skipIf(!isPresent)("sessions of the reference", () => {
  test.each([
    "blank-lines",
    "case-insensitive",
    "close",
    "crlf",
    "delete-flow",
    "dump-empty-none",
    "fill-max",
    "fill-single",
    "full-compaction-all-deleted",
    "full-compaction-none",
    "path-nested",
    "quit-flushes-memtable",
    "scan-empty-db",
    "scan-lexicographic",
    "scan-outside",
    "scan-reversed",
    "seed-none",
  ])("%s: the answers are the same to the byte", async (name) => {
    const { stdin, stdout } = transcript(name);
    const answer = await new TestShell().pipe(stdin, "--compaction", "none");
    expect(answer).toEqual({ stdout, stderr: "", exitCode: 0 });
  });

  test.each([
    [
      "bad-fill-float",
      'line 1, column 6: START of fill is "1.5", expected a whole number from 0 to 18446744073709551615',
    ],
    ["bad-fill-glued", 'line 1, column 1: unknown command "fill1", did you mean fill?'],
    [
      "bad-fill-negative",
      'line 1, column 6: START of fill is "-1", expected a whole number from 0 to 18446744073709551615',
    ],
    ["bad-fill-one-arg", "line 1, column 7: END of fill is missing, expected: fill START END"],
    ["bad-fill-space-no-arg", "line 1, column 6: START of fill is missing, expected: fill START END"],
    ["bad-full-alone", 'line 1, column 1: unknown command "full", did you mean full_compaction?'],
    ["bad-full-compaction-dash", 'line 1, column 1: unknown command "full-compaction", did you mean full_compaction?'],
    ["bad-get-glued", 'line 1, column 1: unknown command "getx", did you mean get?'],
    ["bad-get-no-arg", "line 1, column 4: KEY of get is missing, expected: get KEY"],
    ["bad-unicode-command", 'line 1, column 1: unknown command "取", expected a command (type "help" for a list)'],
    ["invalid-command-after-data", 'line 2, column 1: unknown command "foo", expected a command'],
    ["invalid-utf8", "line 2, column 5: expected UTF-8 text"],
    ["fill-over-max", 'line 1, column 27: END of fill is "18446744073709551616", expected a whole number'],
    ["fill-float-second", 'line 1, column 8: END of fill is "3.7", expected a whole number'],
    ["fill-glued-suffix", 'line 1, column 8: END of fill is "3abc", expected a whole number'],
    ["get-extra-args", 'line 2, column 7: unexpected "2", expected "at" or the end of the line after: get KEY'],
    ["utf8-keys", 'line 3, column 7: unexpected "x", expected "at" or the end of the line after: get KEY'],
  ])("%s: the malformed line ends the session with a message", async (name, message) => {
    const { stdin } = transcript(name);
    const { stderr, exitCode } = await new TestShell().pipe(stdin, "--compaction", "none");
    expect(stderr).toMatch(/^error: .*\n$/);
    expect(stderr).toContain(message);
    expect(exitCode).toBe(1);
  });

  test("eof-loses-memtable: the end of input closes the database", async () => {
    const { stdin, stdout } = transcript("eof-loses-memtable");
    const answer = await new TestShell().pipe(stdin);
    expect(answer).toEqual({ stdout: `${stdout}flushed 0.sst with size=0\n`, stderr: "", exitCode: 0 });
  });

  test("fill-reversed: a reversed range is empty", async () => {
    const { stdin, stdout } = transcript("fill-reversed");
    const answer = await new TestShell().pipe(stdin);
    expect(answer.stdout).toBe(stdout.replace("18446744073709551612 values", "0 values"));
  });

  test("leading-space: leading blanks are allowed", async () => {
    const { stdin, stdout } = transcript("leading-space");
    expect(await new TestShell().pipe(stdin)).toEqual({ stdout: `${stdout}1 not exist\n`, stderr: "", exitCode: 0 });
  });

  test("nul-byte: control characters of a key are escaped", async () => {
    const { stdin, stdout } = transcript("nul-byte");
    expect((await new TestShell().pipe(stdin)).stdout).toBe(stdout.replace("1\u0000 not", "1\\0 not"));
  });
});
