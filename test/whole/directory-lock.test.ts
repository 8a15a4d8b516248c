import { type ChildProcess, fork, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { acquireDirectoryLock } from "../../src/fs/directory-lock.ts";

const SCRIPT = fileURLToPath(new URL("./directory-lock-contender.mjs", import.meta.url));
const CONTENDERS = 8;
const ROUNDS = 100;
/** Every so many rounds the winner is killed instead of asked to release, and leaves its lock behind. */
const KILL_EVERY = 4;
const TRIES = 60;

type Way = "socket" | "file";
type Attempt = { readonly won: boolean; readonly message?: string };

/** Runs the script; one command at a time. */
class Contender {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;

  constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = new Promise((settle) => child.once("exit", settle));
  }

  static async start(launcher?: { readonly execPath: string; readonly execArgv: string[] }): Promise<Contender> {
    const contender = new Contender(fork(SCRIPT, launcher ?? { execArgv: [] }));
    await contender.#answer();
    return contender;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  ask<Answer>(command: object): Promise<Answer> {
    const answer = this.#answer<Answer>();
    this.#child.send(command);
    return answer;
  }

  #answer<Answer>(): Promise<Answer> {
    return new Promise((settle, fail) => {
      this.#child.once("message", (message: { answer: Answer; failure?: string }) => {
        if (message.failure === undefined) settle(message.answer);
        else fail(new Error(message.failure));
      });
    });
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }
}

let directory: string;
const running = new Set<Contender>();

async function start(launcher?: Parameters<typeof Contender.start>[0]): Promise<Contender> {
  const contender = await Contender.start(launcher);
  running.add(contender);
  return contender;
}

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "mini-lsm-race-"));
});
afterEach(async () => {
  await Promise.all([...running].map((contender) => contender.kill()));
  running.clear();
  rmSync(directory, { recursive: true });
});

const WAYS = (process.platform === "linux" ? ["socket", "file"] : ["file"]) as readonly Way[];

describe.each(WAYS)("decided by the %s", (way) => {
  test(`${CONTENDERS} processes race ${ROUNDS} times, after releases and after kills, and one wins`, async () => {
    const contenders = await Promise.all(Array.from({ length: CONTENDERS }, () => start()));
    for (let round = 1; round <= ROUNDS; round++) {
      const attempts = await Promise.all(
        contenders.map((contender) => contender.ask<Attempt>({ command: "take", directory, way })),
      );
      const winners = contenders.filter((_, index) => attempts[index]?.won);
      expect(winners.length, `winners of round ${round}`).toBe(1);
      const [winner] = winners;
      if (round % KILL_EVERY !== 0) {
        await winner?.ask({ command: "release" });
        continue;
      }
      await winner?.kill();
      expect(existsSync(join(directory, "LOCK"))).toBe(true);
      contenders[contenders.indexOf(winner as Contender)] = await start();
    }
    // A process killed among files may leave a claim; one that only won or lost leaves nothing.
    expect(readdirSync(directory).filter((name) => name !== "LOCK")).toEqual([]);
  });

  test(`${CONTENDERS} processes take and release as fast as they can, and never two at once`, async () => {
    const contenders = await Promise.all(Array.from({ length: CONTENDERS }, () => start()));
    const command = { command: "contend", directory, way, tries: TRIES };
    const results = await Promise.all(contenders.map((contender) => contender.ask<{ won: number }>(command)));
    expect(results.reduce((sum, { won }) => sum + won, 0)).toBeGreaterThan(0);
    expect(readdirSync(directory)).toEqual([]);
  });
});

describe("another process", () => {
  test("is named while it runs, and nothing has to be done when it was killed", async () => {
    const other = await start();
    expect(await other.ask<Attempt>({ command: "take", directory, way: "socket" })).toEqual({ won: true });
    await expect(acquireDirectoryLock(directory)).rejects.toMatchObject({
      code: "LOCKED",
      message: expect.stringContaining(`${directory} is in use by process ${other.pid} on host `),
    });
    await other.kill();
    const lock = await acquireDirectoryLock(directory);
    await lock.release();
    expect(readdirSync(directory)).toEqual([]);
  });

  const isolate = ["--net"];
  const canIsolate = spawnSync("unshare", [...isolate, "true"]).status === 0;

  test.skipIf(!canIsolate)("in another network namespace is refused by LOCK, while it runs", async () => {
    const lock = await acquireDirectoryLock(directory);
    const isolated = await start({ execPath: "unshare", execArgv: [...isolate, process.execPath] });
    const take = { command: "take", directory, way: "socket" };
    expect(await isolated.ask<Attempt>(take)).toMatchObject({
      won: false,
      message: expect.stringContaining(`process ${process.pid}`),
    });
    await lock.release();
    expect(await isolated.ask<Attempt>(take)).toEqual({ won: true });
    await expect(acquireDirectoryLock(directory)).rejects.toMatchObject({ code: "LOCKED" });
    await isolated.kill();
    await (await acquireDirectoryLock(directory)).release();
  });
});
