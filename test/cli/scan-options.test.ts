import { describe, expect, test } from "vitest";
import { answersTo, TestShell } from "./harness.ts";

const FILL = "fill 8 12; ";
const FILLED = "5 values filled with epoch 0\n";

describe("scan", () => {
  test.each([
    ["--limit 2", 'b"10"=b"value10@0"\nb"11"=b"value11@0"\n\n2 keys scanned\n'],
    ["--limit=1", 'b"10"=b"value10@0"\n\n1 keys scanned\n'],
    ["--limit 0", "\n0 keys scanned\n"],
    ["--limit 18446744073709551615 11 11", 'b"11"=b"value11@0"\n\n1 keys scanned\n'],
    ["--reverse --limit 1", 'b"9"=b"value9@0"\n\n1 keys scanned\n'],
    ["10 11 --reverse --keys", 'b"11"\nb"10"\n\n2 keys scanned\n'],
    ["--reverse 10 11 --keys", 'b"11"\nb"10"\n\n2 keys scanned\n'],
    ["--prefix 1 --keys", 'b"10"\nb"11"\nb"12"\n\n3 keys scanned\n'],
    ["11 9 --prefix 1 --keys", 'b"11"\nb"12"\n\n2 keys scanned\n'],
    ['--prefix "--" --keys', "\n0 keys scanned\n"],
    ["8 8 --hex", "38=76616c7565384030\n\n1 keys scanned\n"],
    ["8 9 --HEX --Keys", "38\n39\n\n2 keys scanned\n"],
  ])("%s", async (options, expected) => {
    expect(await answersTo(`${FILL}scan ${options}`)).toBe(FILLED + expected);
  });

  test("takes a word that begins with -- in quotes for a key", async () => {
    expect(await answersTo('put "--limit" 1; scan "--" "--z"')).toBe(
      '--limit put\nb"--limit"=b"1"\n\n1 keys scanned\n',
    );
  });

  test("leaves such words to commands without options", async () => {
    expect(await answersTo("put --limit 1; get --limit")).toBe('--limit put\n--limit=b"1"\n');
  });

  test.each([
    [
      "scan --limt 3",
      "column 6: scan has no option --limt, did you mean --limit? (a word that begins with -- stands in quotes)",
    ],
    ["scan --limit", "column 13: N of --limit is missing, expected: --limit N"],
    [
      "scan --limit --keys",
      "column 14: N of --limit is missing, expected: --limit N (a word that begins with -- stands in quotes)",
    ],
    ["scan --limit x", 'column 14: --limit of scan is "x", expected a whole number from 0 to 18446744073709551615'],
    ["scan --limit=", 'column 14: --limit of scan is "", expected a whole number from 0 to 18446744073709551615'],
    ["scan --keys --keys", "column 13: option --keys was given more than once"],
    ["scan --keys=1", "column 6: option --keys takes no value, expected it alone"],
    ["scan 1 --keys", "column 14: TO of scan is missing, give both or none: scan [FROM TO] [at NAME] [OPTION…]"],
    ["scan at a --at b", "column 16: at and --at say the same, expected one of them"],
  ])("refuses %s", async (line, message) => {
    const { stderr, exitCode } = await new TestShell().run("-c", line);
    expect(stderr).toBe(`error: ${message}\n`);
    expect(exitCode).toBe(1);
  });
});
