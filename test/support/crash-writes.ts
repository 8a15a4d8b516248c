import { ENTRY_KIND } from "../../src/key.ts";
import type { Options } from "../../src/options.ts";
import { checkedBatch, checkedWrite } from "./crash-content.ts";
import type { CrashLedger, LedgerUnit, LedgerWrite } from "./crash-ledger.ts";
import type { EngineDatabase } from "./engine-database.ts";

/** What writes need of the session that they are part of. */
export interface WritesHost {
  readonly db: EngineDatabase;
  readonly ledger: CrashLedger;
  readonly options: Partial<Options>;
  readonly visible: number;
  readonly isDead: boolean;
  readonly refused: { readonly step: string; readonly error: Error }[];
  try(step: string, act: () => void): boolean;
}

/** The writes of a `CrashSession`: each is in the ledger before it is asked for, and acknowledged there when it is answered. */
export class CrashWrites {
  readonly #session: WritesHost;
  #sequence = 0;

  constructor(session: WritesHost) {
    this.#session = session;
  }

  /** One write of `fill`. */
  fill(step: string): void {
    this.write(step, this.#fillWord());
  }

  write(step: string, word: string): void {
    const write = this.writeOf(word);
    const isPower = this.#session.options.durability === "power";
    const { kind, key, value } = checkedWrite(write);
    const { writer } = this.#session.db.engine;
    this.atOnce(step, [write], isPower, () => {
      if (kind === ENTRY_KIND.rangeDelete) writer.writeBatch([{ kind, key, value }], isPower);
      else writer.write(kind, key, value);
    });
  }

  batch(step: string, words: readonly string[], mustSync: boolean): void {
    const writes = words.map((word) => this.writeOf(word));
    const { writer } = this.#session.db.engine;
    this.atOnce(step, writes, mustSync, () => writer.writeBatch(checkedBatch(writes), mustSync));
  }

  /** Does writes that are applied, all of them or a prefix of their units, before it returns. */
  atOnce(step: string, writes: readonly LedgerWrite[], isDurable: boolean, act: () => void): void {
    const before = { length: this.#session.ledger.length, isDead: this.#session.isDead };
    const units = this.#unitsOf(writes);
    this.#session.ledger.issue(units);
    const done = this.#session.try(step, act);
    // Where nothing was written, nothing that was written before is acknowledged anew.
    if (units.length === 0) return;
    if (done) this.#acknowledge(this.#session.ledger.length, isDurable);
    else if (!this.#session.isDead) this.#session.ledger.forget(this.#session.visible);
    else if (before.isDead) this.#session.ledger.forget(before.length);
  }

  async group(step: string, words: readonly string[], isPower: boolean): Promise<void> {
    const start = this.#session.visible;
    const before = { length: this.#session.ledger.length, isDead: this.#session.isDead };
    const then = words.indexOf("then");
    const groups = then < 0 ? words : words.slice(0, then);
    const members = groups.map((word) => {
      const writes = word
        .replace("!", "")
        .split(",")
        .map((each) => this.writeOf(each));
      this.#session.ledger.issue(this.#unitsOf(writes));
      const length = this.#session.ledger.length;
      const mustSync = isPower || word.endsWith("!");
      const written = this.#session.db.engine.writer.writeGrouped(checkedBatch(writes), mustSync);
      return written.then(() => this.#acknowledge(length, mustSync));
    });
    const last = then < 0 ? undefined : words[then + 1];
    const lastDone = last !== undefined && this.#session.try(step, () => this.#putInTurn(last));
    const results = await Promise.allSettled(members);
    for (const result of results)
      if (result.status === "rejected") this.#session.refused.push({ step, error: result.reason });
    if (before.isDead) this.#session.ledger.forget(before.length);
    if (this.#session.isDead) return;
    // The synchronous write comes last, so what else was applied are the first of the others.
    const applied = this.#session.visible - start - (lastDone ? 1 : 0);
    this.#session.ledger.forget(start + applied, lastDone ? 1 : 0);
  }

  #putInTurn(word: string): void {
    const write = this.writeOf(word);
    this.#session.ledger.issue([[write]]);
    const { kind, key, value } = checkedWrite(write);
    this.#session.db.engine.writer.write(kind, key, value);
  }

  #acknowledge(length: number, isDurable: boolean): void {
    if (this.#session.options.durability === "none") return;
    if (isDurable) this.#session.ledger.survivesPowerCut(length);
    else this.#session.ledger.survivesKill(length);
  }

  /** A batch is one unit where files have timestamps, and in `plain` each of its writes is one. */
  #unitsOf(writes: readonly LedgerWrite[]): LedgerUnit[] {
    if (this.#session.db.engine.core.format === "plain") return writes.map((write) => [write]);
    return writes.length === 0 ? [] : [writes];
  }

  /** In the notation of scripts; a put has a value that no other has. */
  writeOf(word: string): LedgerWrite {
    if (word.startsWith("-")) return { key: word.slice(1), value: undefined };
    if (word.startsWith("~")) {
      const [from = "", to = ""] = word.slice(1).split(":");
      return { from, to };
    }
    const sequence = this.#sequence++;
    return { key: word, value: `${word}-${sequence}-`.padEnd(40 + ((sequence * 37) % 160), "v") };
  }

  #fillWord(): string {
    const number = this.#sequence + this.#session.ledger.length;
    const key = `k${(number * 7) % 25}`;
    return number % 5 === 4 ? `-${key}` : key;
  }
}
