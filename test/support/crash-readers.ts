import type { Reads } from "../../src/engine/reads.ts";
import { Snapshot } from "../../src/engine/snapshot.ts";
import { Transaction } from "../../src/engine/transaction.ts";
import type { Isolation } from "../../src/mvcc/conflict.ts";
import { contentFaults } from "./crash-content.ts";
import { applyWrites, type LedgerWrite } from "./crash-ledger.ts";
import type { EngineDatabase } from "./engine-database.ts";

/** Snapshots and transactions by name, each with what it must see for as long as it is open. */
export class CrashReaders {
  readonly #open = new Map<string, { readonly reads: Snapshot | Transaction; readonly content: Map<string, string> }>();
  /** What open transactions would write, in order. */
  readonly #writes = new Map<string, LedgerWrite[]>();

  snapshot(name: string, db: EngineDatabase, content: ReadonlyMap<string, string>): void {
    this.#open.set(name, { reads: new Snapshot(db.engine), content: new Map(content) });
  }

  begin(name: string, isolation: Isolation, db: EngineDatabase, content: ReadonlyMap<string, string>): void {
    this.#open.set(name, { reads: new Transaction(db.engine, { isolation }), content: new Map(content) });
    this.#writes.set(name, []);
  }

  write(name: string, write: LedgerWrite): void {
    const transaction = this.transaction(name);
    if ("from" in write) throw new Error("transactions delete no ranges");
    if (write.value === undefined) transaction.delete(write.key);
    else transaction.put(write.key, write.value);
    this.#writes.get(name)?.push(write);
    applyWrites(this.#open.get(name)?.content ?? new Map(), [write]);
  }

  transaction(name: string): Transaction {
    const reads = this.#open.get(name)?.reads;
    if (reads instanceof Transaction) return reads;
    throw new Error(`no transaction is called ${name}`);
  }

  writesOf(name: string): readonly LedgerWrite[] {
    return this.#writes.get(name) ?? [];
  }

  /** Closes a snapshot, or rolls a transaction back that is still open. */
  release(name: string): void {
    const reads = this.#open.get(name)?.reads;
    if (reads === undefined) throw new Error(`no snapshot and no transaction is called ${name}`);
    reads[Symbol.dispose]();
    this.forget(name);
  }

  /** It has ended by itself: a transaction that was committed, or refused. */
  forget(name: string): void {
    this.#open.delete(name);
    this.#writes.delete(name);
  }

  /** They ended with the database. */
  forgetAll(): void {
    this.#open.clear();
    this.#writes.clear();
  }

  /** Where they see something else than they must, one sentence each. Reading makes a serializable transaction another one. */
  faults(): string[] {
    return [...this.#open].flatMap(([name, { reads, content }]) =>
      reads instanceof Transaction && reads.isolation === "serializable"
        ? []
        : contentFaults(readable(reads), content).map((fault) => `${name}: ${fault}`),
    );
  }

  /** Reads for a transaction's own sake: what a key or, with an empty one, everything is. It counts as read. */
  faultsOf(name: string, key: string): string[] {
    const open = this.#open.get(name);
    if (open === undefined) throw new Error(`no transaction is called ${name}`);
    const { scan, get } = readable(open.reads);
    if (key === "") return contentFaults({ scan, get: (each) => open.content.get(each) }, open.content);
    const found = get(key);
    const should = open.content.get(key);
    return found === should ? [] : [`${name}: get finds ${key}=${found} instead of ${should}`];
  }
}

function readable(reads: Reads) {
  return {
    scan: () => reads.scan({ as: "utf8" }),
    get: (key: string) => reads.get(key, { as: "utf8" }),
  };
}
