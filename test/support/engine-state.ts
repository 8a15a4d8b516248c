import { fingerprint32 } from "../../src/codec/fingerprint32.ts";
import type { Direction } from "../../src/iterator/merge-order.ts";
import type { LookupResult } from "../../src/iterator/storage-iterator.ts";
import { ENTRY_KIND, TIMESTAMP_MAX } from "../../src/key.ts";
import { Memtable } from "../../src/memtable/memtable.ts";
import { lookUp } from "../../src/read/look-up.ts";
import { ScanIterator } from "../../src/read/scan-iterator.ts";
import type { SSTable } from "../../src/sstable/sstable.ts";
import { buildState, type LsmState } from "../../src/state/lsm-state.ts";
import { rangeOf } from "./engine-range.ts";
import { bytes, type Entry, entries, latin1 } from "./entries.ts";
import { rangeDeletes, rangeDeletesIn } from "./range-deletes.ts";
import { TableFixture } from "./tables.ts";

/**
 * A state made by hand, in one line, newest first: `mem: a=1 -b | imm: c=1 | imm: … | L0: … | L0: … | L1: a=1 / c=2 | L2: …`
 * Each `imm` is a frozen memtable, each `L0` a table, each level a row of tables apart by `/`. Entries are those of
 * `entries.ts`; a later write stands behind an earlier one. With timestamps, as in `a@7=1`, the tables hold versions;
 * without them each write has the next timestamp in memory, and tables have none. With range deletes, as in `[b,d)@8`,
 * tables are native.
 */
export class EngineState {
  readonly state: LsmState;
  readonly fixture: TableFixture;
  #timestamp = 0;

  constructor(notation: string, blockSizeBytes = 128, cacheSizeBytes = 0) {
    this.fixture = new TableFixture({ cacheSizeBytes });
    const places = notation
      .split("|")
      .map((place) => /^\s*(\w+):(.*)$/s.exec(place)?.slice(1))
      .map((parts) => ({ name: parts?.[0] ?? "", content: parts?.[1] ?? "" }));
    const named = (name: string) => places.filter((place) => place.name === name).map((place) => place.content);
    const tables = new Map<number, SSTable>();
    const format = notation.includes("[") ? "native" : notation.includes("@") ? "mvcc" : "plain";
    const makeTable = (content: string): number => {
      const id = tables.size + 1;
      const { fragments } = rangeDeletes(wordsOf(content, true));
      tables.set(id, this.fixture.make(id, format, blockSizeBytes, entries(wordsOf(content, false)), fragments));
      return id;
    };
    const level0 = named("L0").map(makeTable);
    const levels = places
      .filter((place) => /^L[1-9]$/.test(place.name))
      .map(({ name, content }) => ({ number: Number(name.slice(1)), tables: splitTables(content).map(makeTable) }));
    const frozen = named("imm")
      .reverse()
      .map((content) => this.#memtable(content))
      .reverse();
    this.state = buildState(this.#memtable(named("mem")[0] ?? ""), frozen, { level0, levels }, tables);
  }

  /** The value of a key, "deleted", or undefined when no place knows it. */
  get(key: string, readTimestamp: number = TIMESTAMP_MAX): string | undefined {
    const keyBytes = bytes(key);
    const found: LookupResult = { timestamp: 0, kind: 0, valueBuffer: keyBytes, valueStart: 0, valueEnd: 0 };
    const hash = fingerprint32(keyBytes, 0, keyBytes.length);
    if (!lookUp(this.state, hash, keyBytes, 0, keyBytes.length, readTimestamp, found)) return undefined;
    if (found.kind === ENTRY_KIND.delete) return "deleted";
    return latin1(found.valueBuffer.subarray(found.valueStart, found.valueEnd));
  }

  open(range: string, readTimestamp: number = TIMESTAMP_MAX, direction?: Direction): ScanIterator {
    return new ScanIterator(this.state, rangeOf(range), readTimestamp, direction);
  }

  /** Entries of a range as `a=1 b=2`. */
  scan(range: string, readTimestamp?: number, direction?: Direction): string {
    return drainScan(this.open(range, readTimestamp, direction));
  }

  #memtable(content: string): Memtable {
    const memtable = new Memtable(0, { entryOverheadBytes: 0 });
    for (const word of content.split(" ").filter(Boolean)) {
      for (const { from, to, timestamp } of word.startsWith("[") ? rangeDeletesIn(word) : []) {
        memtable.deleteRange(from, to, timestamp);
      }
      for (const entry of word.startsWith("[") ? [] : entries(word)) this.#put(memtable, entry);
    }
    return memtable;
  }

  #put(memtable: Memtable, { key, timestamp, kind, value }: Entry): void {
    const hash = fingerprint32(key, 0, key.length);
    this.#timestamp = timestamp === 0 ? this.#timestamp + 1 : timestamp;
    memtable.put(hash, key, 0, key.length, this.#timestamp, kind, value, 0, value.length);
  }
}

/** The rest of a scan as `a=1 b=2`. */
export function drainScan(iterator: ScanIterator): string {
  const list: string[] = [];
  for (; iterator.valid; iterator.next()) {
    const { keyBuffer, keyStart, keyEnd, valueBuffer, valueStart, valueEnd } = iterator.source;
    list.push(`${latin1(keyBuffer.slice(keyStart, keyEnd))}=${latin1(valueBuffer.slice(valueStart, valueEnd))}`);
  }
  return list.join(" ");
}

/** The words of range deletes, or the others. */
function wordsOf(content: string, areRangeDeletes: boolean): string {
  return content
    .split(" ")
    .filter((word) => word.startsWith("[") === areRangeDeletes)
    .join(" ");
}

function splitTables(content: string): string[] {
  return content.split("/").filter((table) => table.trim() !== "");
}
