import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { insideOf, type ModelWrite } from "../support/model-map.ts";
import type { Asked, Operation } from "./history.ts";

/** What is used of a `ClassicLevel`. */
type Level = {
  get(key: Buffer): Promise<Buffer | undefined>;
  batch(writes: readonly object[]): Promise<void>;
  iterator(options: object): { all(): Promise<[Buffer, Buffer][]> };
  compactRange(from: Buffer, to: Buffer): Promise<void>;
  open(): Promise<void>;
  close(): Promise<void>;
};

type LevelConstructor = new (directory: string, options: object) => Level;

/** LevelDB itself, where somebody has installed it beside this package; no test needs it. */
export class ClassicLevelPlayer {
  readonly #directory: string;
  readonly #level: Level;

  private constructor(directory: string, level: Level) {
    this.#directory = directory;
    this.#level = level;
  }

  /** undefined where classic-level is not installed. */
  static async open(): Promise<ClassicLevelPlayer | undefined> {
    // No dependency of this package, so that no compiler knows it.
    const name: string = "classic-level";
    const found = (await import(name).catch(() => undefined)) as { ClassicLevel: LevelConstructor } | undefined;
    if (found === undefined) return undefined;
    const directory = mkdtempSync(join(tmpdir(), "mini-lsm-classic-"));
    const encodings = { keyEncoding: "buffer", valueEncoding: "buffer" };
    return new ClassicLevelPlayer(directory, new found.ClassicLevel(directory, encodings));
  }

  /** As `Player.play`: undefined where its interface has no such thing, or not the same. */
  async play(operation: Operation): Promise<string | undefined> {
    if (operation.kind === "write") {
      await this.#write(operation.writes);
      return "";
    }
    if (operation.kind === "commit" && operation.answer === "committed") await this.#write(operation.writes);
    if (operation.kind === "get" && operation.of === undefined) {
      const found = await Promise.all(operation.keys.map((key) => this.#level.get(Buffer.from(key, "latin1"))));
      return found.map((value) => value?.toString("latin1") ?? "none").join(" ");
    }
    if (operation.kind === "scan" && operation.of === undefined) {
      const entries = await this.#entries(operation);
      return entries.map(([key, value]) => `${key}=${value}`).join(" ");
    }
    if (operation.kind === "compact") await this.#level.compactRange(Buffer.from([0]), Buffer.alloc(8, 0xff));
    if (operation.kind === "reopen") {
      await this.#level.close();
      await this.#level.open();
    }
    return undefined;
  }

  async end(): Promise<void> {
    await this.#level.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #write(writes: readonly ModelWrite[]): Promise<void> {
    for (const write of writes) {
      if ("key" in write) await this.#level.batch([batchEntry(write.key, write.value)]);
      else {
        const all = await this.#entries({ range: "(, )", direction: "ascending", limit: Number.POSITIVE_INFINITY });
        const keys = all.map(([key]) => key).filter(insideOf(write.range));
        await this.#level.batch(keys.map((key) => batchEntry(key, undefined)));
      }
    }
  }

  /** Ranges are cut here: those with an empty or inverted one, which every store has its own idea of, too. */
  async #entries({ range, direction, limit }: Asked): Promise<[key: string, value: string][]> {
    const all = await this.#level.iterator({ reverse: direction === "descending" }).all();
    const inside = insideOf(range);
    const entries = all.map(([key, value]) => [key.toString("latin1"), value.toString("latin1")] as [string, string]);
    return entries.filter(([key]) => inside(key)).slice(0, limit);
  }
}

function batchEntry(key: string, value: string | undefined): object {
  const bytes = Buffer.from(key, "latin1");
  return value === undefined
    ? { type: "del", key: bytes }
    : { type: "put", key: bytes, value: Buffer.from(value, "latin1") };
}
