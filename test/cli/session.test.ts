import { describe, expect, test } from "vitest";
import { CorruptionError } from "../../src/errors.ts";
import { BANNER, TestShell } from "./harness.ts";

describe("messages of the engine", () => {
  test("of opening come before the banner", async () => {
    const shell = new TestShell();
    shell.opener.duringOpen = () => {
      shell.database.emit("recovered", { tables: 2, logs: 1 });
      shell.database.emit("warning", { message: "2.wal: dropped 3 bytes" });
    };
    const { stdout, stderr } = await shell.pipe("");
    expect(stdout).toBe(`2 SSTs opened\n1 WALs recovered\n${BANNER}`);
    expect(stderr).toBe("warning: 2.wal: dropped 3 bytes\n");
  });

  test("wait for the end of a scan", async () => {
    const shell = new TestShell();
    shell.database.before = (operation) => {
      if (operation === "next") shell.database.emit("flush", { id: 7, sizeBytes: 8, entries: 9 });
    };
    const { stdout } = await shell.run("-c", "fill 1 2; scan 1 2");
    expect(stdout.replaceAll("flushed 7.sst with size=8\n", "*")).toBe(
      '2 values filled with epoch 0\nb"1"=b"value1@0"\nb"2"=b"value2@0"\n\n2 keys scanned\n**flushed 0.sst with size=0\n',
    );
  });

  test("for stderr wait too, and keep their order among the others", async () => {
    const shell = new TestShell();
    let moves = 0;
    shell.database.before = (operation) => {
      if (operation !== "next") return;
      moves += 1;
      if (moves === 1) shell.database.emit("warning", { message: "slow disk" });
      expect(shell.stderr.text).toBe("");
    };
    const { stdout, stderr } = await shell.run("-c", "fill 1 2; scan --keys");
    expect(stdout).toContain('b"1"\nb"2"\n\n2 keys scanned\n');
    expect(stderr).toBe("warning: slow disk\n");
    expect(moves).toBe(2);
  });

  test("come at once during a fill", async () => {
    const shell = new TestShell();
    shell.database.before = (operation) => {
      if (operation !== "put") return;
      shell.database.emit("flush", { id: 7, sizeBytes: 8, entries: 9 });
      expect(shell.stdout.text).toMatch(/flushed 7\.sst with size=8\n$/);
    };
    expect((await shell.run("-c", "fill 1 2")).exitCode).toBe(0);
  });

  test("of failed background work go to stderr, and its damage into the exit code", async () => {
    const shell = new TestShell();
    shell.database.before = (operation) => {
      const error = new CorruptionError("3.sst", 9, "bad checksum");
      if (operation === "get") shell.database.emit("backgroundError", { activity: "compaction", error });
    };
    const { stderr, exitCode } = await shell.run("-c", "get 1");
    expect(stderr).toBe("compaction failed: 3.sst at byte 9: bad checksum\n");
    expect(exitCode).toBe(4);
  });
});

describe("stopping", () => {
  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ])("%s during a fill says how far it came and closes the database", async (signal, code) => {
    const shell = new TestShell();
    let puts = 0;
    shell.database.before = (operation) => {
      if (operation === "put" && ++puts === 1000) shell.signals.emit(signal);
    };
    const { stdout, stderr, exitCode } = await shell.run("-c", "fill 1 18446744073709551615; get 1");
    expect(stdout).toBe("flushed 0.sst with size=0\n");
    expect(stderr).toMatch(/^fill interrupted: \d+ values filled with epoch 0\n$/);
    expect(exitCode).toBe(code);
    expect(shell.database.isClosed).toBe(true);
    expect(puts).toBeGreaterThanOrEqual(1000);
  });

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ])("%s while waiting for input closes the database", async (signal, code) => {
    const shell = new TestShell();
    const ending = shell.run();
    shell.stdin.write("get 1\n");
    await shell.stdout.until("1 not exist\n");
    shell.signals.emit(signal);
    expect(await ending).toEqual({ stdout: `${BANNER}1 not exist\n`, stderr: "", exitCode: code });
    expect(shell.database.isClosed).toBe(true);
  });

  test("SIGTERM during opening closes what was opened and runs nothing", async () => {
    const shell = new TestShell();
    shell.opener.duringOpen = () => void shell.signals.emit("SIGTERM");
    const { stdout, exitCode } = await shell.run("-c", "fill 1 1");
    expect(stdout).toBe("");
    expect(exitCode).toBe(143);
    expect(shell.database.isClosed).toBe(true);
  });

  test("SIGINT stops a full compaction", async () => {
    const shell = new TestShell();
    shell.database.before = (operation) => {
      if (operation === "compact") shell.signals.emit("SIGINT");
    };
    const { stderr, exitCode } = await shell.run("-c", "full_compaction; get 1");
    expect(stderr).toBe("full_compaction interrupted: the tables stay as they were\n");
    expect(exitCode).toBe(130);
  });

  test("signals are left alone afterwards", async () => {
    const shell = new TestShell();
    await shell.run("-c", "quit");
    expect(shell.signals.eventNames()).toEqual([]);
  });
});

describe("destroy", () => {
  test("without a terminal and --yes is refused", async () => {
    const shell = new TestShell();
    const { stderr, exitCode } = await shell.pipe("destroy\n");
    expect(stderr).toBe("error: line 1, column 1: destroy cannot ask without a terminal, expected the option --yes\n");
    expect(exitCode).toBe(1);
    expect(shell.opener.destroyedPaths).toEqual([]);
  });

  test("deletes the files of the closed database and ends the session", async () => {
    const shell = new TestShell();
    shell.opener.destroyed = { removed: ["MANIFEST", "00001.sst"], left: ["notes.txt"] };
    const { stdout, exitCode } = await shell.pipe("destroy\nget 1\n", "--yes", "--path", "data");
    expect(stdout).toBe(`${BANNER}data destroyed: 2 files removed\nleft in place: notes.txt\n`);
    expect(exitCode).toBe(0);
    expect(shell.database.isClosed).toBe(true);
    expect(shell.opener.destroyedPaths).toEqual(["data"]);
  });
});
