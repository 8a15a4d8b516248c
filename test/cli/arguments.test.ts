import { describe, expect, test } from "vitest";
import { UNSAFE } from "../../src/cli/answers/text.ts";
import { parseArguments } from "../../src/cli/arguments.ts";
import { resolveOptions } from "../../src/options.ts";
import { SIMULATION_DEFAULTS } from "../../src/tools/simulator/simulation-options.ts";

/** The first line on stderr, with the exit code. */
function refusalOf(...argv: string[]): string {
  const parsed = parseArguments(argv, "1.2.3");
  return parsed.kind === "leave" ? `${parsed.exitCode}: ${parsed.stderr.split("\n")[0]}` : "accepted";
}

function accepted(...argv: string[]) {
  const parsed = parseArguments(argv, "1.2.3");
  if (parsed.kind !== "shell") throw new Error(JSON.stringify(parsed));
  return parsed.arguments;
}

test.each([["--compaction", "\x1b[31mleveled"], ["--\x1b]0;title\x07"], ["--\u202e"], ["simulate", "\x9b31m"]])(
  "what is refused is shown so that it cannot drive the terminal: %j",
  (...argv) => {
    const shown = refusalOf(...argv);
    expect(shown).toMatch(/^2: .*\\x/);
    expect(shown.replace(UNSAFE, "")).toBe(shown);
  },
);

describe("arguments", () => {
  test("left out mean the reference's sizes and lsm.db", () => {
    const { path, options, script, keepsGoing, saysYes } = accepted();
    expect({ path, script, keepsGoing, saysYes }).toEqual({
      path: "lsm.db",
      script: undefined,
      keepsGoing: false,
      saysYes: false,
    });
    expect(resolveOptions(options)).toMatchObject({
      blockSizeBytes: 4096,
      tableSizeBytes: 2_097_152,
      memtableSizeBytes: 2_097_152,
      memtableLimit: 3,
      compaction: {
        strategy: "leveled",
        levelSizeMultiplier: 2,
        level0FilesTrigger: 2,
        maxLevels: 4,
        baseLevelSizeBytes: 134_217_728,
      },
      durability: "none",
      recovery: "strict",
    });
  });

  test.each([
    ["simple", { strategy: "simple", sizeRatioPercent: 200, level0FilesTrigger: 2, maxLevels: 4 }],
    [
      "tiered",
      {
        strategy: "tiered",
        tiersTrigger: 3,
        maxSizeAmplificationPercent: 200,
        sizeRatioPercent: 1,
        minMergeWidth: 2,
        maxMergeWidth: undefined,
      },
    ],
    ["none", { strategy: "none" }],
  ])("--compaction %s has the reference's numbers", (strategy, compaction) => {
    expect(resolveOptions(accepted("--compaction", strategy).options).compaction).toEqual(compaction);
  });

  test.each([
    [["--enable-wal"], "process"],
    [["--durability", "power"], "power"],
    [["--durability", "power", "--enable-wal"], "power"],
    [["--enable-wal", "--durability=process"], "process"],
    [["--durability", "none"], "none"],
  ])("%j set what a write survives", (argv, durability) => {
    expect(resolveOptions(accepted(...argv).options).durability).toBe(durability);
  });

  test.each([
    [[], undefined, false],
    [["--format", "plain"], "plain", false],
    [["--format", "mvcc"], "mvcc", false],
    [["--format=native"], "native", false],
    [["--serializable"], "mvcc", true],
    [["--serializable", "--format", "mvcc"], "mvcc", true],
    [["--serializable", "--format", "native"], "native", true],
  ])("%j ask for the format %s", (argv, format, isSerializable) => {
    expect(accepted(...argv)).toMatchObject({ isSerializable, options: { format } });
  });

  test("--recovery tail opens damaged logs", () => {
    expect(resolveOptions(accepted("--recovery", "tail").options).recovery).toBe("tail");
  });

  test("are read in both forms", () => {
    expect(accepted("--path=a", "-c", "get 1", "--keep-going", "--yes")).toMatchObject({
      path: "a",
      script: "get 1",
      keepsGoing: true,
      saysYes: true,
    });
  });

  test.each([
    ["4096", 4096],
    ["4k", 4096],
    ["4K", 4096],
    ["4KiB", 4096],
    ["2mib", 2_097_152],
    ["1g", 1_073_741_824],
  ])("a size of %s is so many bytes", (text, bytes) => {
    expect(accepted("--target-sst-size", text).options).toMatchObject({
      tableSizeBytes: bytes,
      memtableSizeBytes: Math.min(bytes, 64 << 20),
    });
  });

  test("--read-only opens without the lock", () => {
    expect(accepted("--read-only").options.readOnly).toBe(true);
    expect(accepted().options.readOnly).toBe(false);
  });

  test("a large memtable limit does not stop writers before flushing starts", () => {
    expect(() => resolveOptions(accepted("--memtable-limit", "100").options)).not.toThrow();
  });

  test("name every command when one is not known", () => {
    expect(refusalOf("extra")).toMatch(
      /^2: error: unknown command 'extra', expected simulate, convert, (\w+, )*\w+ or none$/,
    );
  });

  test.each([
    [["--bogus"], "2: error: unknown option '--bogus'"],
    [["--path"], "2: error: option '--path <directory>' argument missing"],
    [["--path", ""], "2: error: option '--path <directory>' argument '' is invalid. Expected the name of a directory."],
    [["--path", "a", "--path=b"], "2: error: option '--path <directory>' given more than once"],
    [["--yes", "--yes"], "2: error: option '--yes' given more than once"],
    [
      ["--compaction", "level"],
      "2: error: option '--compaction <strategy>' argument 'level' is invalid. Allowed choices are simple, leveled, tiered, none.",
    ],
    [["--enable-wal", "--durability", "none"], "2: error: --enable-wal contradicts --durability none"],
    [
      ["--durability", "max"],
      "2: error: option '--durability <level>' argument 'max' is invalid. Allowed choices are none, process, power.",
    ],
    [
      ["--recovery", "lax"],
      "2: error: option '--recovery <mode>' argument 'lax' is invalid. Allowed choices are strict, tail.",
    ],
    [
      ["--serializable", "--format", "plain"],
      "2: error: --serializable contradicts --format plain, which has no transactions",
    ],
    [
      ["--format", "rocks"],
      "2: error: option '--format <format>' argument 'rocks' is invalid. Allowed choices are plain, mvcc, native.",
    ],
    [
      ["--block-size", "4q"],
      "2: error: option '--block-size <size>' argument '4q' is invalid. Expected a size such as 4096, 4k, 4KiB or 2MiB.",
    ],
    [
      ["--block-size", "1g"],
      "2: error: option '--block-size <size>' argument '1g' is invalid. Expected 16 bytes to 64 KiB.",
    ],
    [
      ["--block-size=-1"],
      "2: error: option '--block-size <size>' argument '-1' is invalid. Expected a size such as 4096, 4k, 4KiB or 2MiB.",
    ],
    [
      ["--memtable-limit", "0"],
      "2: error: option '--memtable-limit <count>' argument '0' is invalid. Expected a whole number from 1 to 1024.",
    ],
  ])("%j are refused", (argv, message) => {
    expect(refusalOf(...argv)).toBe(message);
  });

  test.each<[string[], object]>([
    [["simple"], SIMULATION_DEFAULTS.simple],
    [["tiered"], SIMULATION_DEFAULTS.tiered],
    [["leveled"], SIMULATION_DEFAULTS.leveled],
    [["tiered", "--dump-real-id"], { ...SIMULATION_DEFAULTS.tiered, dump: "ids" }],
    [["tiered", "--dump-real-id", "--size-only"], { ...SIMULATION_DEFAULTS.tiered, dump: "sizes" }],
    [
      "simple --iterations 3 --level0-file-num-compaction-trigger 4 --max-levels 5 --size-ratio-percent 6".split(" "),
      {
        ...SIMULATION_DEFAULTS.simple,
        iterations: 3,
        compaction: { strategy: "simple", level0FilesTrigger: 4, maxLevels: 5, sizeRatioPercent: 6 },
      },
    ],
    [
      "tiered --num-tiers 3 --max-size-amplification-percent 4 --size-ratio 5 --min-merge-width 6 --max-merge-width 7".split(
        " ",
      ),
      {
        ...SIMULATION_DEFAULTS.tiered,
        compaction: {
          strategy: "tiered",
          tiersTrigger: 3,
          maxSizeAmplificationPercent: 4,
          sizeRatioPercent: 5,
          minMergeWidth: 6,
          maxMergeWidth: 7,
        },
      },
    ],
    [
      "leveled --level0-file-num-compaction-trigger 3 --max-levels 5 --level-size-multiplier 6 --base-level-size-mb 7 --sst-size-mb 8 --seed 18446744073709551615".split(
        " ",
      ),
      {
        ...SIMULATION_DEFAULTS.leveled,
        compaction: {
          strategy: "leveled",
          level0FilesTrigger: 3,
          maxLevels: 5,
          levelSizeMultiplier: 6,
          baseLevelSizeBytes: 7 << 20,
        },
        tableSizeBytes: 8 << 20,
        seed: 2n ** 64n - 1n,
      },
    ],
  ])("simulate %j is a simulation", (argv, simulation) => {
    expect(parseArguments(["simulate", ...argv], "1.2.3")).toEqual({ kind: "simulate", simulation });
  });

  test.each([
    [["foo"], "2: error: unknown command 'foo'"],
    [
      ["simple", "--iterations", "x"],
      "2: error: option '--iterations <count>' argument 'x' is invalid. Expected a whole number from 0 to 4294967295.",
    ],
    [
      ["leveled", "--seed", "18446744073709551616"],
      "2: error: option '--seed <number>' argument '18446744073709551616' is invalid. Expected a whole number from 0 to 18446744073709551615.",
    ],
    [["simple", "--num-tiers", "2"], "2: error: unknown option '--num-tiers'"],
    [["simple", "extra"], "2: error: too many arguments for 'simple'. Expected 0 arguments but got 1."],
    [["simple", "--size-only", "--size-only"], "2: error: option '--size-only' given more than once"],
    [["simple", "--path", "a"], "2: error: unknown option '--path'"],
  ])("simulate %j are refused", (argv, message) => {
    expect(refusalOf("simulate", ...argv)).toBe(message);
  });

  test("of the shell do not go with simulate", () => {
    expect(refusalOf("--path", "a", "simulate", "simple")).toBe(
      "2: error: option '--path <directory>' is for the shell, which simulate does not start",
    );
  });

  test("of simulate without a strategy show its help on stderr", () => {
    const parsed = parseArguments(["simulate"], "1.2.3");
    expect(parsed).toMatchObject({ kind: "leave", exitCode: 2, stdout: "" });
    expect(parsed.kind === "leave" && parsed.stderr).toContain("leveled");
  });

  test.each([
    ["simulate", "--help"],
    ["help", "simulate"],
  ])("%s %s names every strategy", (...argv) => {
    const parsed = parseArguments(argv, "1.2.3");
    if (parsed.kind !== "leave") throw new Error("expected help");
    expect(parsed.exitCode).toBe(0);
    for (const strategy of ["simple", "tiered", "leveled"]) expect(parsed.stdout).toContain(`  ${strategy} [options]`);
  });

  test("close to a known option get a suggestion", () => {
    const parsed = parseArguments(["--pth", "a"], "1.2.3");
    expect(parsed.kind === "leave" && parsed.stderr).toContain("Did you mean --path?");
  });

  test.each(["-V", "--version"])("%s shows the version", (flag) => {
    expect(parseArguments([flag], "1.2.3")).toEqual({
      kind: "leave",
      exitCode: 0,
      stdout: "mini-lsm-cli 1.2.3\n",
      stderr: "",
    });
  });

  test.each(["-h", "--help"])("%s shows every option", (flag) => {
    const parsed = parseArguments([flag], "1.2.3");
    if (parsed.kind !== "leave") throw new Error("expected help");
    expect(parsed.exitCode).toBe(0);
    for (const option of [
      "--path",
      "--compaction",
      "--enable-wal",
      "--durability",
      "--recovery",
      "--format",
      "--serializable",
      "-c, --command",
      "--yes",
    ]) {
      expect(parsed.stdout).toContain(option);
    }
  });
});
