import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fingerprint32 } from "../../src/codec/fingerprint32.ts";
import { BANNER, RealDatabases, TestShell } from "./harness.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "mini-lsm-shell-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** A shell on the database of the directory, which keeps a log so that closing it says nothing. */
function newShell() {
  const shell = new TestShell();
  const databases = new RealDatabases(directory);
  shell.databases = databases;
  const run = (script: string, ...argv: string[]) => shell.run("--enable-wal", ...argv, "-c", script);
  return { shell, databases, run };
}

/** What commands print on an mvcc database; throws when one failed. */
async function answersTo(script: string, ...argv: string[]): Promise<string> {
  const { stdout, stderr, exitCode } = await newShell().run(script, "--format", "mvcc", ...argv);
  if (exitCode !== 0 || stderr !== "") throw new Error(`exit ${exitCode}: ${stderr}`);
  return stdout;
}

/** The one line on stderr of a script whose last command fails. */
async function errorOf(script: string, ...argv: string[]): Promise<string> {
  const { stderr, exitCode } = await newShell().run(script, "--format", "mvcc", ...argv);
  expect(exitCode).toBe(1);
  return stderr;
}

const hash = (key: string) => fingerprint32(Buffer.from(key), 0, key.length);

describe("a transaction", () => {
  test("reads its own writes, and they stay when it is committed", async () => {
    expect(await answersTo("put a 1; begin; put a 2; put b 3; get a; scan; commit; get a; scan")).toBe(
      'a put\ntransaction begun\na put\nb put\na=b"2"\nb"a"=b"2"\nb"b"=b"3"\n\n2 keys scanned\n' +
        'transaction committed\na=b"2"\nb"a"=b"2"\nb"b"=b"3"\n\n2 keys scanned\n',
    );
  });

  test("that is rolled back leaves nothing", async () => {
    expect(await answersTo("fill 1 2; begin; del 1; fill 3 4; scan; rollback; scan")).toBe(
      "2 values filled with epoch 0\ntransaction begun\n1 deleted\n2 values filled with epoch 3\n" +
        'b"2"=b"value2@0"\nb"3"=b"value3@3"\nb"4"=b"value4@3"\n\n3 keys scanned\n' +
        'transaction rolled back\nb"1"=b"value1@0"\nb"2"=b"value2@0"\n\n2 keys scanned\n',
    );
  });

  test("sees the database as it was when it began, and nobody sees its writes before the commit", async () => {
    const { shell, databases } = newShell();
    const ending = shell.run("--format", "mvcc", "--enable-wal");
    shell.stdin.write("put a old\nbegin\nput b new\n");
    await shell.stdout.until("b put\n");
    databases.handle?.put("a", "newer");
    expect(databases.handle?.get("b")).toBeUndefined();
    shell.stdin.end("get a\nscan\ncommit\nget a\nget b\n");
    const { stdout, stderr } = await ending;
    expect(stdout).toBe(
      `${BANNER}a put\ntransaction begun\nb put\na=b"old"\nb"a"=b"old"\nb"b"=b"new"\n\n2 keys scanned\n` +
        'transaction committed\na=b"newer"\nb=b"new"\n',
    );
    expect(stderr).toBe("");
  });

  test.each([
    ["begin; begin", "a transaction is open already: commit or rollback first"],
    ["commit", "no transaction is open: begin one first"],
    ["begin; commit; rollback", "no transaction is open: begin one first"],
  ])("%s: is refused in one line", async (script, message) => {
    expect(await errorOf(script)).toBe(`error: ${message}\n`);
  });

  test.each(["begin; put a 1; quit", "begin; put a 1", "begin; put a 1; close"])(
    "that is open at the end is rolled back, which is said: %s",
    async (script) => {
      expect(await answersTo(script)).toBe("transaction begun\na put\ntransaction rolled back\n");
      expect(await answersTo("get a")).toMatch(/a not exist\n$/);
    },
  );

  test("that is open when a line is wrong, or a signal comes, is rolled back, which is said", async () => {
    const { stdout } = await newShell().run("begin; put a 1; nonsense", "--format", "mvcc");
    expect(stdout).toBe("transaction begun\na put\ntransaction rolled back\n");

    const { shell } = newShell();
    const ending = shell.run("--enable-wal", "--format", "mvcc");
    shell.stdin.write("begin\n");
    await shell.stdout.until("transaction begun\n");
    shell.signals.emit("SIGTERM");
    expect(await ending).toMatchObject({
      stdout: expect.stringMatching(/\ntransaction begun\ntransaction rolled back\n$/),
      exitCode: 143,
    });
  });

  test("does not keep destroy from deleting the database", async () => {
    const { stdout, exitCode } = await newShell().run("begin; put a 1; destroy", "--format", "mvcc", "--yes");
    expect(stdout).toMatch(/^transaction begun\na put\nlsm\.db destroyed: \d files removed\n$/);
    expect(exitCode).toBe(0);
  });

  test("goes on after a command in it that fails", async () => {
    const { shell } = newShell();
    const answer = await shell.pipe(
      'begin\nput a 1\nput "" 2\nflush\ncommit\nget a\n',
      "--format",
      "mvcc",
      "--enable-wal",
      "--keep-going",
    );
    expect(answer.stdout).toContain('flush success\ntransaction committed\na=b"1"\n');
    expect(answer.stderr).toMatch(/^error: line 3: .*empty.*\n$/);
  });

  test("in a plain database is refused with the remedy, in one line", async () => {
    const { stdout, stderr, exitCode } = await newShell().run("begin");
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 1 });
    expect(stderr).toMatch(/^error: transactions are not available in .*: .* convert it to mvcc\n$/);
  });
});

describe("a serializable transaction", () => {
  test("tells the hashes of the keys that it wrote and read when it commits, found or not", async () => {
    expect(await answersTo("fill 1 3; begin serializable; get x; put y 1; get y; del 1; scan 2 3; commit")).toBe(
      "3 values filled with epoch 0\nserializable transaction begun\nx not exist\ny put\n" +
        'y=b"1"\n1 deleted\nb"2"=b"value2@0"\nb"3"=b"value3@0"\n\n2 keys scanned\n' +
        `commit txn: write_set: {${hash("y")}, ${hash("1")}}, ` +
        `read_set: {${[..."xy23"].map(hash).join(", ")}}\ntransaction committed\n`,
    );
  });

  test("tells nothing when it is rolled back, and not every hash of a thousand and more", async () => {
    expect(await answersTo("begin serializable; put a 1; rollback")).not.toContain("commit txn");
    const answers = await answersTo("begin serializable; fill 1 1001; commit");
    expect(answers).toMatch(/\ncommit txn: write_set: \{(\d+, ){1000}…\}, read_set: \{\}\ntransaction committed\n$/);
  });

  test("does not take what a snapshot shows for read", async () => {
    expect(await answersTo("put a 1; snapshot s; begin serializable; get a at s; scan at s; commit")).toContain(
      "commit txn: write_set: {}, read_set: {}\n",
    );
  });

  test("that somebody else spoiled is rolled back, and the next one succeeds", async () => {
    const { shell, databases } = newShell();
    const ending = shell.run("--enable-wal", "--format", "mvcc", "--keep-going");
    shell.stdin.write("begin serializable\nget a\nput b 1\n");
    await shell.stdout.until("b put\n");
    databases.handle?.put("a", "2");
    shell.stdin.end("commit\nget b\nbegin serializable\nget a\nput b 1\ncommit\nget b\n");
    const { stdout, stderr, exitCode } = await ending;
    const sets = `commit txn: write_set: {${hash("b")}}, read_set: {${hash("a")}}\n`;
    expect(stdout).toBe(
      `${BANNER}serializable transaction begun\na not exist\nb put\n${sets}b not exist\n` +
        `serializable transaction begun\na=b"2"\nb put\n${sets}transaction committed\nb=b"1"\n`,
    );
    expect(stderr).toBe(
      'error: line 4: the transaction was rolled back: key "a" was written by another since the transaction began\n',
    );
    expect(exitCode).toBe(1);
  });
});

describe("without serializable", () => {
  test("commits of an mvcc database are not checked, as in the reference", async () => {
    const { shell, databases } = newShell();
    const ending = shell.run("--enable-wal", "--format", "mvcc");
    shell.stdin.write("begin\nput a 1\n");
    await shell.stdout.until("a put\n");
    databases.handle?.put("a", "2");
    shell.stdin.end("commit\nget a\n");
    expect(await ending).toMatchObject({
      stdout: expect.stringMatching(/\ntransaction committed\na=b"1"\n$/),
      stderr: "",
      exitCode: 0,
    });
  });
});

describe("--serializable", () => {
  test("makes every write a transaction that tells its key, and of begin a serializable one", async () => {
    expect(await answersTo("fill 1 2; get 1; put a 1; del 2; begin; get 1; fill 3 4; commit", "--serializable")).toBe(
      [
        `${committed(["1"])}${committed(["2"])}2 values filled with epoch 0\n1=b"value1@0"\n`,
        `${committed(["a"])}a put\n${committed(["2"])}2 deleted\n`,
        'serializable transaction begun\n1=b"value1@0"\n2 values filled with epoch 6\n',
        `${committed(["3", "4"], ["1"])}transaction committed\n`,
      ].join(""),
    );
  });

  test("leaves nothing behind of a write that was refused", async () => {
    const { shell, databases } = newShell();
    const { stdout, stderr } = await shell.pipe(
      'put "" 1\nput a 1\n',
      "--serializable",
      "--enable-wal",
      "--keep-going",
    );
    expect(stdout).toBe(`${BANNER}${committed(["a"])}a put\n`);
    expect(stderr).toMatch(/^error: line 1: .*empty.*\n$/);
    expect(databases.handle?.format).toBe("mvcc");
  });

  function committed(written: string[], read: string[] = []): string {
    return `commit txn: write_set: {${written.map(hash).join(", ")}}, read_set: {${read.map(hash).join(", ")}}\n`;
  }
});

describe("a snapshot", () => {
  test("shows the database as it was, until it is released", async () => {
    expect(
      await answersTo(
        "fill 1 3; snapshot s; put 1 new; del 2; flush; get 1 at s; get 2 at s; scan at s; scan 2 9 at s; scan; release s",
      ).then(withoutSizes),
    ).toBe(
      [
        "3 values filled with epoch 0\nsnapshot s taken\n1 put\n2 deleted\nflushed 0.sst with size=*\nflush success\n",
        '1=b"value1@0"\n2=b"value2@0"\nb"1"=b"value1@0"\nb"2"=b"value2@0"\nb"3"=b"value3@0"\n\n3 keys scanned\n',
        'b"2"=b"value2@0"\nb"3"=b"value3@0"\n\n2 keys scanned\n',
        'b"1"=b"new"\nb"3"=b"value3@0"\n\n2 keys scanned\nsnapshot s released\n',
      ].join(""),
    );
  });

  test("is kept by a full compaction", async () => {
    const answers = await answersTo("put a 1; snapshot s; put a 2; flush; full_compaction; get a at s; get a");
    expect(answers).toMatch(/\nfull compaction success\na=b"1"\na=b"2"\n$/);
  });

  test("does not show what an open transaction wrote", async () => {
    expect(await answersTo("begin; put a 1; snapshot s; get a at s; commit; get a at s; get a")).toBe(
      "transaction begun\na put\nsnapshot s taken\na not exist\n" + 'transaction committed\na not exist\na=b"1"\n',
    );
  });

  test("has any name, which may be used again after its release", async () => {
    expect(await answersTo('snapshot "a \\n"; release "a \\n"; snapshot "a \\n"; snapshot S; snapshot s')).toBe(
      "snapshot a \\n taken\nsnapshot a \\n released\nsnapshot a \\n taken\nsnapshot S taken\nsnapshot s taken\n",
    );
  });

  test.each([
    ["snapshot s; snapshot s", 'a snapshot "s" exists already: release it first, or take another name'],
    ["get a at s", 'there is no snapshot "s", take one first: snapshot NAME'],
    ["snapshot s; scan at t", 'there is no snapshot "t", expected one of "s"'],
    ["snapshot s; snapshot t; release u", 'there is no snapshot "u", expected one of "s", "t"'],
    ["snapshot s; release s; release s", 'there is no snapshot "s", take one first: snapshot NAME'],
    ['snapshot ""', "the name of a snapshot needs at least one character"],
    ["get k; snapshot", "column 16: NAME of snapshot is missing, expected: snapshot NAME"],
  ])("%s: is refused in one line", async (script, message) => {
    expect(await errorOf(script)).toBe(`error: ${message}\n`);
  });

  test("that is not there is told with ten others at most", async () => {
    const script = Array.from({ length: 11 }, (_, index) => `snapshot ${index}`).join("; ");
    expect(await errorOf(`${script}; release x`)).toMatch(/expected one of ("\d", ){9}"9", …\n$/);
  });

  test("in a plain database is refused with the remedy, in one line", async () => {
    const { stderr, exitCode } = await newShell().run("snapshot s");
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^error: snapshots are not available in .*: .* convert it to mvcc\n$/);
  });
});

describe("a database of another format than asked for", () => {
  test.each([
    [
      ["--format", "mvcc"],
      ["--format", "plain"],
      /^error: cannot open lsm\.db: .* format mvcc, and plain was asked for: .*\n$/,
    ],
    [
      ["--format", "plain"],
      ["--format", "mvcc"],
      /^error: cannot open lsm\.db: .* format plain, and mvcc was asked for: .*\n$/,
    ],
    [
      ["--format", "plain"],
      ["--serializable"],
      /^error: cannot open lsm\.db with --serializable: .* format plain, and mvcc was asked for: .*\n$/,
    ],
  ])("%j then %j is refused with exit code 3", async (first, then, message) => {
    expect((await newShell().run("put a 1", ...first)).exitCode).toBe(0);
    const { stdout, stderr, exitCode } = await newShell().run("get a", ...then);
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 3 });
    expect(stderr).toMatch(message);
  });

  test("does not matter when nothing was asked for", async () => {
    await newShell().run("put a 1", "--format", "mvcc");
    expect((await newShell().run("begin; get a")).stdout).toContain('transaction begun\na=b"1"\n');
  });
});

test("the README's session with versions is answered as it says", async () => {
  const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  const [, options = "", session = ""] =
    /```text\n\$ npx mini-lsm-cli (.*--format mvcc)\n([\s\S]*?)```/.exec(readme) ?? [];
  const typed = [...session.matchAll(/^(?:mini-lsm-cli.*)> (.*\n)/gm)].map(([, line]) => line);
  const shown = session.replace(/^mini-lsm-cli.*> .*\n/gm, "");
  expect(typed.length).toBeGreaterThan(5);
  const { stdout } = await newShell().shell.pipe(typed.join(""), ...options.split(" "));
  expect(stdout).toBe(shown);
});

function withoutSizes(answers: string): string {
  return answers.replace(/size=\d+/g, "size=*");
}
