import type { Cursor } from "../../src/engine/cursor.ts";
import { Snapshot } from "../../src/engine/snapshot.ts";
import { Transaction } from "../../src/engine/transaction.ts";
import type { Random } from "../../src/fs/crash-states.ts";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import { EngineDatabase, entryOf, type OpenOptions } from "../support/engine-database.ts";
import { rangeOf } from "../support/engine-range.ts";
import { codeOf } from "../support/model-choices.ts";
import type { ModelWrite } from "../support/model-map.ts";
import type { Asked, Operation } from "./history.ts";

const UNLOCKED = async () => ({ release: async () => {} });

/** A database under one set of options that plays a history. */
export class Player {
  readonly #options: () => OpenOptions;
  readonly #random: Random;
  readonly #snapshots = new Map<string, Snapshot>();
  readonly #cursors = new Map<string, Cursor>();
  readonly #transactions = new Map<string, Transaction>();
  #fs = new MemoryFileSystem();
  #db: EngineDatabase;
  #checkpoints = 0;

  /** `options` are asked for at every opening. */
  constructor(options: () => OpenOptions, random: Random) {
    this.#options = options;
    this.#random = random;
    this.#db = EngineDatabase.open(options(), this.#fs);
  }

  get #hasVersions(): boolean {
    return this.#db.engine.core.format !== "plain";
  }

  /** Does the operation. Answers undefined where its format cannot tell: `plain` keeps no versions. */
  async play(operation: Operation): Promise<string | undefined> {
    switch (operation.kind) {
      case "write":
        return this.#write(operation.writes);
      case "get":
        return this.#get(operation.keys, operation.of);
      case "scan":
        return this.#scan(operation, operation.of);
      case "cursor":
        this.#cursors.set(operation.name, this.#cursor(operation));
        return "";
      case "move":
        return this.#move(operation.name, operation.steps);
      case "put":
      case "begin":
      case "commit":
        return this.#transact(operation);
      case "checkpoint":
        return await this.#checkpoint();
      default:
        await this.#keepHouse(operation);
        return "";
    }
  }

  async end(): Promise<void> {
    this.#leave();
    const { faults } = this.#db;
    await this.#db.close();
    if (this.#fs.openFiles > 0) faults.push(`${this.#fs.openFiles} files are open after close`);
    if (faults.length > 0) throw new Error(faults.join("; "));
  }

  /** Ranges one by one where the format cannot delete them at once. */
  #write(writes: readonly ModelWrite[]): string {
    const [only] = writes;
    if (writes.length === 1 && only !== undefined && "key" in only) this.#writeKey(only.key, only.value);
    else if (this.#db.engine.core.format === "native") this.#db.writeBatch(writes, this.#mustSync);
    else this.#writeOneByOne(writes);
    return "";
  }

  /** Under `power` always, as the handle of the library does it. */
  get #mustSync(): boolean {
    return this.#db.engine.core.options.durability === "power" || this.#random(20) === 0;
  }

  #writeKey(key: string, value: string | undefined): void {
    if (value === undefined) this.#db.delete(key);
    else this.#db.put(key, value);
  }

  #writeOneByOne(writes: readonly ModelWrite[]): void {
    for (const write of writes) {
      if ("key" in write) this.#db.writeBatch([write], this.#mustSync);
      else {
        const keys = this.#entries(this.#db.cursor(write.range)).map((entry) => entry.slice(0, entry.indexOf("=")));
        this.#db.writeBatch(
          keys.map((key) => ({ key, value: undefined })),
          this.#mustSync,
        );
      }
    }
  }

  #get(keys: readonly string[], of: string | undefined): string | undefined {
    if (!this.#hasVersions)
      return of === undefined ? keys.map((key) => this.#db.get(key) ?? "none").join(" ") : undefined;
    const reads = this.#reads(of);
    const found = reads.getMany(keys.map((key) => Buffer.from(key, "latin1")));
    if (of === undefined) reads[Symbol.dispose]();
    return found.map((value) => (value === undefined ? "none" : Buffer.from(value).toString("latin1"))).join(" ");
  }

  #reads(of: string | undefined): Snapshot | Transaction {
    if (of === undefined) return new Snapshot(this.#db.engine);
    return (this.#snapshots.get(of) ?? this.#transactions.get(of)) as Snapshot | Transaction;
  }

  #scan(asked: Asked, of: string | undefined): string | undefined {
    if (of === undefined) return this.#entries(this.#cursor(asked)).join(" ");
    if (!this.#hasVersions) return undefined;
    const { range, direction, limit } = asked;
    const cursor = this.#reads(of).cursor({ ...rangeOf(range), reverse: direction === "descending", limit });
    return this.#entries(cursor).join(" ");
  }

  #cursor({ range, direction, limit }: Asked): Cursor {
    return this.#db.cursor(range, { direction, limit });
  }

  #entries(cursor: Cursor): string[] {
    const entries: string[] = [];
    for (; cursor.valid; cursor.next()) entries.push(entryOf(cursor));
    return entries;
  }

  #move(name: string, steps: number): string {
    const cursor = this.#cursors.get(name) as Cursor;
    const entries: string[] = [];
    for (let left = steps; left > 0 && cursor.valid; left--, cursor.next()) entries.push(entryOf(cursor));
    return entries.join(" ");
  }

  #transact(operation: Operation & { kind: "begin" | "put" | "commit" }): string | undefined {
    const { name } = operation;
    if (operation.kind === "begin") {
      if (!this.#hasVersions) return undefined;
      this.#transactions.set(name, new Transaction(this.#db.engine, { isolation: operation.isolation }));
      return "";
    }
    const transaction = this.#transactions.get(name);
    if (operation.kind === "put") {
      const { key, value } = operation.write;
      if (value === undefined) transaction?.delete(Buffer.from(key, "latin1"));
      else transaction?.put(Buffer.from(key, "latin1"), Buffer.from(value, "latin1"));
      return transaction === undefined ? undefined : "";
    }
    return this.#commit(name, operation);
  }

  /** In `plain` what the transaction wrote is written as it ends, when it is to end well. */
  #commit(name: string, { writes, answer }: Operation & { kind: "commit" }): string | undefined {
    const transaction = this.#transactions.get(name);
    if (transaction === undefined) {
      if (answer === "committed") this.#writeOneByOne(writes);
      return undefined;
    }
    this.#transactions.delete(name);
    const code = codeOf(() => transaction.commit(this.#mustSync ? { durability: "power" } : {}));
    return code === "nothing" ? "committed" : code === "TRANSACTION_CONFLICT" ? "conflict" : String(code);
  }

  async #checkpoint(): Promise<string> {
    const directory = `/copy${this.#checkpoints++}`;
    await this.#db.engine.checkpoint(directory, UNLOCKED);
    const copy = EngineDatabase.open({ directory, readOnly: true }, this.#fs);
    const content = this.#entries(copy.cursor()).join(" ");
    await copy.close();
    return content;
  }

  async #keepHouse(operation: Exclude<Operation, { kind: "write" }>): Promise<void> {
    if (operation.kind === "flush") await this.#db.engine.flush();
    else if (operation.kind === "compact") await this.#db.engine.compact();
    else if (operation.kind === "reopen") await this.#reopen();
    else if (operation.kind === "snapshot" && this.#hasVersions) {
      this.#snapshots.set(operation.name, new Snapshot(this.#db.engine));
    } else if (operation.kind === "release") this.#end(this.#snapshots, operation.name)?.close();
    else if (operation.kind === "rollback") this.#end(this.#transactions, operation.name)?.rollback();
    else if (operation.kind === "drop") this.#end(this.#cursors, operation.name)?.close();
  }

  #end<Value>(open: Map<string, Value>, name: string): Value | undefined {
    const ended = open.get(name);
    open.delete(name);
    return ended;
  }

  /** By closing, by a kill, by a power cut: whatever loses nothing here. */
  async #reopen(): Promise<void> {
    const { durability } = this.#db.engine.core.options;
    this.#leave();
    if (durability === "none" || this.#random(2) === 0) await this.#db.close();
    else this.#fs = durability === "power" && this.#random(2) === 0 ? this.#fs.crash("none") : this.#fs.killed();
    this.#db = EngineDatabase.open(this.#options(), this.#fs);
  }

  #leave(): void {
    for (const cursor of this.#cursors.values()) cursor.close();
    for (const snapshot of this.#snapshots.values()) snapshot.close();
    for (const transaction of this.#transactions.values()) transaction.rollback();
    for (const open of [this.#cursors, this.#snapshots, this.#transactions]) open.clear();
  }
}
