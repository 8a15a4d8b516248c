import { EventEmitter } from "node:events";
import { join } from "node:path";
import { PassThrough, Writable } from "node:stream";
import { parseArguments } from "../../src/cli/arguments.ts";
import type { Database, DatabaseOpener, Destroyed, EventSource } from "../../src/cli/database.ts";
import { type Environment, runShell } from "../../src/cli/shell.ts";
import { MiniLsm } from "../../src/engine/mini-lsm.ts";
import type { Options } from "../../src/options.ts";
import { FakeDatabase, FakeOpener } from "../support/fake-database.ts";

export type Answer = { readonly stdout: string; readonly stderr: string; readonly exitCode: number };

/** A shell on a database in memory, without a terminal. */
export class TestShell {
  readonly database: FakeDatabase = new FakeDatabase();
  readonly opener: FakeOpener = new FakeOpener(this.database);
  readonly stdin: PassThrough = new PassThrough();
  readonly stdout: Collector = new Collector();
  readonly stderr: Collector = new Collector();
  readonly signals: EventEmitter = new EventEmitter();
  /** No test writes to the history of whoever runs it. */
  readonly variables: NodeJS.ProcessEnv = { MINI_LSM_HISTORY: "" };

  /** Where the database of a run comes from. */
  databases: DatabaseOpener = this.opener;

  async run(...argv: string[]): Promise<Answer> {
    const parsed = parseArguments(argv, "0.0.0");
    if (parsed.kind === "leave") return parsed;
    if (parsed.kind !== "shell") throw new Error(`${parsed.kind} has no shell`);
    const environment: Environment = {
      // The parts of a terminal that are used without one are those of any stream.
      stdin: this.stdin as unknown as Environment["stdin"],
      stdout: this.stdout,
      stderr: this.stderr,
      signals: this.signals,
      variables: this.variables,
      opener: this.databases,
    };
    const exitCode = await runShell(parsed.arguments, environment);
    return { stdout: this.stdout.text, stderr: this.stderr.text, exitCode };
  }

  /** Runs with this input and its end. */
  pipe(input: string | Uint8Array, ...argv: string[]): Promise<Answer> {
    this.stdin.end(input);
    return this.run(...argv);
  }
}

/** Real databases, in a directory. `handle` is the one that was opened last, as somebody beside the shell has it. */
export class RealDatabases implements DatabaseOpener {
  readonly #directory: string;
  handle: MiniLsm | undefined;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async open(path: string, options: Partial<Options>, listen: (events: EventSource) => void): Promise<Database> {
    this.handle = await MiniLsm.open(join(this.#directory, path), options, listen);
    return this.handle;
  }

  destroy(path: string): Promise<Destroyed> {
    return MiniLsm.destroy(join(this.#directory, path));
  }
}

/** A shell at a terminal that is played by streams. Keys are what a terminal sends in raw mode. */
export class TestTerminal extends TestShell {
  constructor() {
    super();
    this.variables.NO_COLOR = "1";
    Object.assign(this.stdin, { isTTY: true, isRaw: false, setRawMode: () => this.stdin });
    Object.assign(this.stdout, { isTTY: true, columns: 80, rows: 24 });
  }

  /** Types and resolves as soon as the screen's text ends so. */
  async type(keys: string, ending: string): Promise<void> {
    this.stdin.write(keys);
    await this.stdout.until(ending);
  }
}

/** What was written, all of it. */
export class Collector extends Writable {
  readonly #chunks: Buffer[] = [];

  get text(): string {
    return Buffer.concat(this.#chunks).toString();
  }

  /** Resolves as soon as what was written ends so. */
  async until(ending: string): Promise<void> {
    while (!this.text.endsWith(ending)) await new Promise((resolve) => this.once("written", resolve));
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    this.#chunks.push(chunk);
    done();
    this.emit("written");
  }
}

export const BANNER: string = "Welcome to mini-lsm-cli!\nA CLI for mini-lsm\n\n";

/** Runs one script over `-c` and gives what its commands printed, without what closing says; throws when it failed. */
export async function answersTo(script: string): Promise<string> {
  const { stdout, stderr, exitCode } = await new TestShell().run("-c", script);
  if (exitCode !== 0 || stderr !== "") throw new Error(`exit ${exitCode}: ${stderr}`);
  return stdout.replace(/flushed \d+\.sst with size=0\n$/, "");
}
