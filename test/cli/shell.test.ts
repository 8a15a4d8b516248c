import { describe, expect, test } from "vitest";
import { CorruptionError, LsmError } from "../../src/errors.ts";
import { answersTo, BANNER, TestShell } from "./harness.ts";

describe("answers", () => {
  test.each([
    ["fill counts what it put", "fill 1 3", "3 values filled with epoch 0\n"],
    ["fill of a reversed range puts nothing", "fill 5 3; scan", "0 values filled with epoch 0\n\n0 keys scanned\n"],
    [
      "fill counts in 64 bits",
      "fill 18446744073709551614 18446744073709551615; scan",
      '2 values filled with epoch 0\nb"18446744073709551614"=b"value18446744073709551614@0"\n' +
        'b"18446744073709551615"=b"value18446744073709551615@0"\n\n2 keys scanned\n',
    ],
    [
      "fill goes on where doubles cannot count",
      "fill 9007199254740993 9007199254740994; get 9007199254740993",
      '2 values filled with epoch 0\n9007199254740993=b"value9007199254740993@0"\n',
    ],
    ["get finds a value", "fill 2 2; get 2", '1 values filled with epoch 0\n2=b"value2@0"\n'],
    ["get shows a missing key as typed", "get é", "é not exist\n"],
    ["get keeps backslashes of a literal key", "get a\\b", "a\\b not exist\n"],
    ["get escapes control characters of a key", "get \u001b[31mred\u0007", "\\x1b[31mred\\x07 not exist\n"],
    ["get escapes what turns the direction of writing", "get \u202eabc", "\\xe2\\x80\\xaeabc not exist\n"],
    ["get shows a key that is no UTF-8 byte by byte", 'get "\\xffé"', "\\xff\\xc3\\xa9 not exist\n"],
    ["put and get take any bytes", 'put "a \\x00\\"" "\\n\\xfe"; get "a \\0\\""', 'a \\0" put\na \\0"=b"\\n\\xfe"\n'],
    ["del answers also for a key that is not there", "del 9", "9 deleted\n"],
    [
      "scan shows byte strings in byte order",
      "fill 9 10; scan",
      '2 values filled with epoch 0\nb"10"=b"value10@0"\nb"9"=b"value9@0"\n\n2 keys scanned\n',
    ],
    [
      "scan includes both bounds",
      "fill 1 4; scan 2 3",
      '4 values filled with epoch 0\nb"2"=b"value2@0"\nb"3"=b"value3@0"\n\n2 keys scanned\n',
    ],
    ["scan of a reversed range is empty", "fill 1 4; scan 3 2", "4 values filled with epoch 0\n\n0 keys scanned\n"],
    ["dump shows L0 only when it holds tables", "dump", "L1 (0): []\ndump success\n"],
    ["flush of nothing says nothing of a table", "flush", "flush success\n"],
    ["quit says nothing", "quit; get 1", ""],
    ["close is quit", "CLOSE; get 1", ""],
    [
      "a key may be the name of something every object has",
      "del __proto__; get constructor",
      "__proto__ deleted\nconstructor not exist\n",
    ],
  ])("%s", async (_, script, expected) => {
    expect(await answersTo(script)).toBe(expected);
  });

  test("the engine's messages stand before the answer of the command that caused them", async () => {
    expect(await answersTo("fill 1 3; flush; full_compaction; dump")).toBe(
      "3 values filled with epoch 0\nflushed 0.sst with size=0\nflush success\n" +
        "force full compaction: ForceFullCompaction { l0_sstables: [0], l1_sstables: [] }\n" +
        "force full compaction done, new SSTs: [2]\nfull compaction success\nL1 (1): [2]\ndump success\n",
    );
  });

  test("the epoch counts successful commands, not help and blank lines", async () => {
    const { stdout } = await new TestShell().pipe(
      "\n  \nget 1\nhelp\nscan\nput a b\nfill 1 1\nbad\nfill 2 2\n",
      "--keep-going",
    );
    expect(stdout).toContain("1 values filled with epoch 3\n1 values filled with epoch 4\n");
  });
});

describe("reading lines", () => {
  test("\\r\\n and \\n end lines, and the last line needs no end", async () => {
    const { stdout } = await new TestShell().pipe("get 1\r\nget 2\nget 3");
    expect(stdout).toBe(`${BANNER}1 not exist\n2 not exist\n3 not exist\n`);
  });

  test("ten thousand lines are all answered, in order", async () => {
    const numbers = Array.from({ length: 10_000 }, (_, number) => number);
    const { stdout } = await new TestShell().pipe(numbers.map((number) => `get ${number}\n`).join(""));
    expect(stdout).toBe(BANNER + numbers.map((number) => `${number} not exist\n`).join(""));
  });

  test("a key of 65 535 bytes arrives whole", async () => {
    const key = "k".repeat(65_535);
    const { stdout } = await new TestShell().pipe(`put ${key} v\nget ${key}\n`);
    expect(stdout).toContain(`${BANNER}${key} put\n${key}=b"v"\n`);
  });

  test("a line beyond the limit is an error, and the one after it is read", async () => {
    const { stdout, stderr } = await new TestShell().pipe(`get ${"k".repeat(3 << 20)}\nget 1\n`, "--keep-going");
    expect(stderr).toBe("error: line 1, column 1048577: this line is too long, expected at most 1048576 bytes\n");
    expect(stdout).toBe(`${BANNER}1 not exist\n`);
  });

  test("-c takes quoted semicolons and line ends as they are, and prints no banner", async () => {
    expect(await answersTo('put "a;b" "\n"; get "a;b"\nget c;')).toBe('a;b put\na;b=b"\\n"\nc not exist\n');
  });
});

describe("errors", () => {
  test("end a piped session, after a clean close", async () => {
    const shell = new TestShell();
    const answer = await shell.pipe("fill 1 2\nflushing\nget 1\n");
    expect(answer).toEqual({
      stdout: `${BANNER}2 values filled with epoch 0\nflushed 0.sst with size=0\n`,
      stderr: 'error: line 2, column 1: unknown command "flushing", did you mean flush?\n',
      exitCode: 1,
    });
    expect(shell.database.isClosed).toBe(true);
  });

  test("are passed over with --keep-going, and still end in exit code 1", async () => {
    const { stdout, exitCode } = await new TestShell().pipe("nonsense\nget 1\nquit\n", "--keep-going");
    expect(stdout).toBe(`${BANNER}1 not exist\n`);
    expect(exitCode).toBe(1);
  });

  test("name their column in the whole text of -c", async () => {
    const { stderr, exitCode } = await new TestShell().run("-c", "get é; get");
    expect(stderr).toBe("error: column 11: KEY of get is missing, expected: get KEY [at NAME]\n");
    expect(exitCode).toBe(1);
  });

  test("of the engine are the same as malformed commands", async () => {
    const shell = new TestShell();
    shell.database.before = (operation) => {
      if (operation === "delete") throw new LsmError("KEY_TOO_LARGE", "key is too large\nfor the format");
    };
    const { stdout, stderr, exitCode } = await shell.pipe("del 1\nget 1\n");
    expect(stdout).toBe(BANNER);
    expect(stderr).toBe("error: line 1: key is too large; for the format\n");
    expect(exitCode).toBe(1);
  });

  test("of damage end in exit code 4, even when passed over", async () => {
    const shell = new TestShell();
    shell.database.before = (operation) => {
      if (operation === "cursor") throw new CorruptionError("1.sst", 7, "bad checksum");
    };
    const { stdout, stderr, exitCode } = await shell.pipe("scan\nget 1\n", "--keep-going");
    expect(stdout).toBe(`${BANNER}1 not exist\n`);
    expect(stderr).toBe("error: line 1: 1.sst at byte 7: bad checksum\n");
    expect(exitCode).toBe(4);
  });

  test("in the middle of a scan close its cursor", async () => {
    const shell = new TestShell();
    shell.database.before = (operation) => {
      if (operation === "next") throw new LsmError("IO_ERROR", "cannot read");
    };
    const { stdout, stderr } = await shell.pipe("fill 1 2\nscan\n");
    expect(stdout).toContain('b"1"=b"value1@0"\n');
    expect(stderr).toBe("error: line 2: cannot read\n");
    expect(shell.database.openCursors).toBe(0);
  });

  test("show a stack only with DEBUG", async () => {
    const shell = new TestShell();
    shell.variables.DEBUG = "1";
    const { stderr } = await shell.run("-c", "nonsense");
    expect(stderr).toContain("    at ");
  });

  test("of opening name the path and the cause", async () => {
    const shell = new TestShell();
    shell.opener.duringOpen = () => {
      throw new LsmError("LOCKED", "in use by process 7");
    };
    const answer = await shell.pipe("get 1\n", "--path", "some/where");
    expect(answer).toEqual({ stdout: "", stderr: "error: cannot open some/where: in use by process 7\n", exitCode: 3 });
  });

  test("of opening a damaged database end in exit code 4", async () => {
    const shell = new TestShell();
    shell.opener.duringOpen = () => {
      throw new CorruptionError("MANIFEST", 0, "bad checksum");
    };
    expect((await shell.pipe("")).exitCode).toBe(4);
  });

  test("of closing end in exit code 1", async () => {
    const shell = new TestShell();
    shell.database.before = (operation) => {
      if (operation === "close") throw new LsmError("IO_ERROR", "disk full");
    };
    const { stderr, exitCode } = await shell.run("-c", "quit");
    expect(stderr).toBe("error: cannot close lsm.db: disk full\n");
    expect(exitCode).toBe(1);
  });
});
