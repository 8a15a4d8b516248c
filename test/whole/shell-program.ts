import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const PROGRAM: string = fileURLToPath(new URL("../../bin/mini-lsm-cli.js", import.meta.url));

export type Ended = {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
};

/** A directory of its own for one test; `dispose` removes it. */
export class WorkingDirectory {
  readonly path: string = mkdtempSync(join(tmpdir(), "mini-lsm-shell-"));

  dispose(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** A started program whose output is collected. */
export class RunningProgram {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
  stdout = "";
  stderr = "";

  constructor(command: string, argv: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}) {
    this.process = spawn(command, argv, { cwd, env: { ...process.env, NO_COLOR: "1", MINI_LSM_HISTORY: "", ...env } });
    this.process.stdout?.setEncoding("utf8").on("data", (text) => {
      this.stdout += text;
    });
    this.process.stderr?.setEncoding("utf8").on("data", (text) => {
      this.stderr += text;
    });
    // A program that ended before it read everything is not an error of the test.
    this.process.stdin?.on("error", () => {});
    this.ended = new Promise((resolve) => {
      this.process.on("close", (exitCode, signal) => {
        resolve({ stdout: this.stdout, stderr: this.stderr, exitCode, signal });
      });
    });
  }

  send(input: string | Uint8Array): void {
    this.process.stdin?.write(input);
  }

  finish(input: string | Uint8Array = ""): Promise<Ended> {
    this.process.stdin?.end(input);
    return this.ended;
  }

  /** Resolves once stdout, from what `mark` left on, holds the text; rejects when the program ends without. */
  async until(text: string): Promise<void> {
    while (!this.stdout.slice(this.#mark).includes(text)) {
      const isOver = await Promise.race([
        new Promise((resolve) => this.process.stdout?.once("data", () => resolve(false))),
        this.ended.then(() => true),
      ]);
      if (isOver === true && !this.stdout.slice(this.#mark).includes(text)) {
        throw new Error(`ended without ${JSON.stringify(text)}: ${JSON.stringify(this.stdout + this.stderr)}`);
      }
    }
    this.#mark = this.stdout.indexOf(text, this.#mark) + text.length;
  }

  /** What `until` has seen. */
  #mark = 0;
}

export function startShell(cwd: string, ...argv: string[]): RunningProgram {
  return new RunningProgram(process.execPath, [PROGRAM, ...argv], cwd);
}
