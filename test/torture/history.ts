import type { Random } from "../../src/fs/crash-states.ts";
import type { Direction } from "../../src/iterator/merge-order.ts";
import type { Isolation } from "../../src/mvcc/conflict.ts";
import { type KeyWrite, ModelMap, type ModelWrite } from "../support/model-map.ts";

/** What a range asks for, in the notation of `rangeOf`. */
export type Asked = { readonly range: string; readonly direction: Direction; readonly limit: number };

/** Whose view: that of now, of a snapshot, or of a transaction. */
type View = { readonly of: string | undefined };

/** Something that is done to a database through its interface. Names are of snapshots, cursors and transactions. */
export type Operation =
  | { readonly kind: "write"; readonly writes: readonly ModelWrite[] }
  | ({ readonly kind: "get"; readonly keys: readonly string[] } & View)
  | ({ readonly kind: "scan" } & Asked & View)
  | { readonly kind: "snapshot" | "release" | "drop" | "rollback"; readonly name: string }
  | ({ readonly kind: "cursor"; readonly name: string } & Asked)
  | { readonly kind: "move"; readonly name: string; readonly steps: number }
  | { readonly kind: "begin"; readonly name: string; readonly isolation: Isolation }
  | { readonly kind: "put"; readonly name: string; readonly write: KeyWrite }
  /** With all that the transaction wrote and how it ends, for those who have no transactions. */
  | {
      readonly kind: "commit";
      readonly name: string;
      readonly writes: readonly KeyWrite[];
      readonly answer: "committed" | "conflict";
    }
  | { readonly kind: "flush" | "compact" | "reopen" | "checkpoint" };

/** An operation and what it must be answered. */
export type Step = { readonly operation: Operation; readonly answer: string };

type Transaction = {
  readonly isolation: Isolation;
  readonly view: ModelMap;
  readonly writes: KeyWrite[];
  /** Keys of others that it looked up. */
  readonly read: Set<string>;
  hasScanned: boolean;
  /** What others wrote meanwhile, and the ranges that they deleted. */
  readonly touched: Set<string>;
  isRangeDeleted: boolean;
};

const OPEN_MAX = 4;

/** What a history may hold beside what every format takes. */
export type Flavour = "every format" | "native alone";

/**
 * A random history of a database with what a versioned map answers to each operation: `HistoryWriter` makes up one
 * step after the other, and any database that plays them must answer the same.
 */
export class HistoryWriter {
  readonly #random: Random;
  readonly #flavour: Flavour;
  readonly #keys: readonly string[];
  readonly #map = new ModelMap();
  readonly #snapshots = new Map<string, ModelMap>();
  readonly #cursors = new Map<string, { readonly entries: readonly string[]; at: number }>();
  readonly #transactions = new Map<string, Transaction>();
  #names = 0;
  #marks = 0;

  constructor(random: Random, flavour: Flavour) {
    this.#random = random;
    this.#flavour = flavour;
    const [shortest, longest] = [flavour === "native alone" ? 0 : 1, 2 + random(4)];
    const letters = "\0am\xff";
    this.#keys = Array.from({ length: [20, 100, 500][random(3)] ?? 20 }, () => {
      let key = "";
      for (let left = shortest + random(longest); left > 0; left--) key += letters[random(letters.length)];
      return random(200) === 0 ? key.padEnd(random(2) === 0 ? 300 : 5000, "m") : key;
    });
  }

  step(): Step {
    const operation = this.#operation();
    return { operation, answer: this.#answer(operation) };
  }

  #operation(): Operation {
    const dice = this.#random(1000);
    if (dice < 380) return { kind: "write", writes: [this.#keyWrite()] };
    if (dice < 430) return { kind: "write", writes: Array.from({ length: this.#random(12) }, () => this.#write()) };
    if (dice < 440) return { kind: "write", writes: [{ range: this.#range() }] };
    if (dice < 640) return { kind: "get", keys: [this.#key()], of: this.#view() };
    if (dice < 660) return { kind: "get", keys: Array.from({ length: 8 }, () => this.#key()), of: this.#view() };
    if (dice < 700) return { kind: "scan", ...this.#asked(), of: this.#view() };
    if (dice < 780) return this.#cursorStep();
    if (dice < 820) return this.#snapshotStep();
    if (dice < 970) return this.#transactionStep();
    if (dice < 985) return { kind: "flush" };
    if (dice < 992) return { kind: "compact" };
    return { kind: dice < 999 ? "reopen" : "checkpoint" };
  }

  #cursorStep(): Operation {
    const name = this.#one(this.#cursors);
    if (name === undefined || (this.#cursors.size < OPEN_MAX && this.#random(4) === 0)) {
      return { kind: "cursor", name: this.#name("c"), ...this.#asked() };
    }
    return this.#random(12) === 0 ? { kind: "drop", name } : { kind: "move", name, steps: 1 + this.#random(20) };
  }

  #snapshotStep(): Operation {
    const name = this.#one(this.#snapshots);
    if (name !== undefined && (this.#snapshots.size >= OPEN_MAX || this.#random(2) === 0)) {
      return { kind: "release", name };
    }
    return { kind: "snapshot", name: this.#name("s") };
  }

  #transactionStep(): Operation {
    const name = this.#one(this.#transactions);
    const transaction = name === undefined ? undefined : this.#transactions.get(name);
    if (
      name === undefined ||
      transaction === undefined ||
      (this.#transactions.size < OPEN_MAX && this.#random(8) === 0)
    ) {
      const isolation = (["snapshot", "serializable", "none"] as const)[this.#random(3)] as Isolation;
      return { kind: "begin", name: this.#name("t"), isolation };
    }
    if (this.#random(10) > 1) return { kind: "put", name, write: this.#keyWrite() };
    const answer = verdictOf(transaction, this.#map);
    if (answer === "either" || this.#random(5) === 0) return { kind: "rollback", name };
    return { kind: "commit", name, writes: transaction.writes, answer };
  }

  #answer(operation: Operation): string {
    switch (operation.kind) {
      case "write":
        return this.#apply(operation.writes);
      case "get":
        return operation.keys.map((key) => this.#viewed(operation.of, key).get(key) ?? "none").join(" ");
      case "scan": {
        const { of, range, direction, limit } = operation;
        const transaction = this.#transactions.get(of ?? "");
        if (transaction !== undefined) transaction.hasScanned = true;
        const map = transaction?.view ?? this.#snapshots.get(of ?? "") ?? this.#map;
        return map.entries(range, direction).slice(0, limit).join(" ");
      }
      case "cursor": {
        const { name, range, direction, limit } = operation;
        this.#cursors.set(name, { entries: this.#map.entries(range, direction).slice(0, limit), at: 0 });
        return "";
      }
      case "move":
        return this.#move(operation.name, operation.steps);
      case "begin":
        this.#transactions.set(operation.name, {
          isolation: operation.isolation,
          view: this.#map.copy(),
          writes: [],
          read: new Set(),
          hasScanned: false,
          touched: new Set(),
          isRangeDeleted: false,
        });
        return "";
      case "put":
        this.#transactions.get(operation.name)?.view.write(operation.write);
        this.#transactions.get(operation.name)?.writes.push(operation.write);
        return "";
      case "commit":
        this.#transactions.delete(operation.name);
        if (operation.answer === "committed") this.#apply(operation.writes);
        return operation.answer;
      case "checkpoint":
        return this.#map.entries("(, )", "ascending").join(" ");
      default:
        return this.#housekeeping(operation);
    }
  }

  #housekeeping(operation: Operation): string {
    if (operation.kind === "snapshot") this.#snapshots.set(operation.name, this.#map.copy());
    else if (operation.kind === "release") this.#snapshots.delete(operation.name);
    else if (operation.kind === "drop") this.#cursors.delete(operation.name);
    else if (operation.kind === "rollback") this.#transactions.delete(operation.name);
    else if (operation.kind === "reopen")
      for (const open of [this.#snapshots, this.#cursors, this.#transactions]) open.clear();
    return "";
  }

  #apply(writes: readonly ModelWrite[]): string {
    for (const write of writes) {
      this.#map.write(write);
      for (const transaction of this.#transactions.values()) {
        if ("range" in write) transaction.isRangeDeleted = true;
        else transaction.touched.add(write.key);
      }
    }
    return "";
  }

  #viewed(of: string | undefined, key: string): ModelMap {
    const transaction = this.#transactions.get(of ?? "");
    if (transaction !== undefined && !transaction.writes.some((write) => write.key === key)) transaction.read.add(key);
    return transaction?.view ?? this.#snapshots.get(of ?? "") ?? this.#map;
  }

  #move(name: string, steps: number): string {
    const cursor = this.#cursors.get(name);
    if (cursor === undefined) return "";
    const passed = cursor.entries.slice(cursor.at, cursor.at + steps);
    cursor.at += steps;
    return passed.join(" ");
  }

  #view(): string | undefined {
    const open = [...this.#snapshots.keys(), ...this.#transactions.keys()];
    return this.#random(2) === 0 ? open[this.#random(open.length)] : undefined;
  }

  #one(open: ReadonlyMap<string, unknown>): string | undefined {
    return [...open.keys()][this.#random(open.size)];
  }

  #name(letter: string): string {
    return `${letter}${this.#names++}`;
  }

  #asked(): Asked {
    const limit = this.#random(3) === 0 ? this.#random(12) : Number.POSITIVE_INFINITY;
    return { range: this.#range(), direction: this.#random(2) === 0 ? "ascending" : "descending", limit };
  }

  #range(): string {
    const lower = this.#random(5) === 0 ? "" : this.#key();
    const upper = this.#random(5) === 0 ? "" : this.#random(3) === 0 ? `${lower}m` : this.#key();
    return `${"[("[this.#random(2)]}${lower}, ${upper}${")]"[this.#random(2)]}`;
  }

  #key(): string {
    return this.#keys[this.#random(this.#keys.length)] as string;
  }

  #write(): ModelWrite {
    return this.#random(15) === 0 ? { range: this.#range() } : this.#keyWrite();
  }

  /** A value that no other write has; in `native` now and then the empty one, or one with a block of its own. */
  #keyWrite(): KeyWrite {
    const key = this.#key();
    if (this.#random(4) === 0) return { key, value: undefined };
    const mark = `v${this.#marks++}`;
    if (this.#flavour === "native alone" && this.#random(30) === 0) {
      return { key, value: this.#random(20) === 0 ? mark.padEnd(70_000, "v") : "" };
    }
    return { key, value: mark.padEnd(this.#random(30) === 0 ? 600 : this.#random(40), "v") };
  }
}

/** What a commit must answer; "either" where what is asked of an engine leaves it open. */
function verdictOf(transaction: Transaction, now: ModelMap): "committed" | "conflict" | "either" {
  const { isolation, view, writes, read, hasScanned, touched, isRangeDeleted } = transaction;
  if (writes.length === 0 || isolation === "none") return "committed";
  if (isRangeDeleted) return "either";
  if (isolation === "snapshot") return writes.some(({ key }) => touched.has(key)) ? "conflict" : "committed";
  if (hasScanned && touched.size > 0) return "either";
  const met = [...read].filter((key) => touched.has(key));
  if (met.length === 0) return "committed";
  const own = new Set(writes.map(({ key }) => key));
  return met.some((key) => !own.has(key) && now.get(key) !== view.get(key)) ? "conflict" : "either";
}
