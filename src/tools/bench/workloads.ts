import type { MiniLsm } from "../../engine/mini-lsm.ts";
import { LsmError } from "../../errors.ts";
import type { BenchData } from "./bench-data.ts";

/** In the order in which they run when nobody chooses. */
export const WORKLOADS = [
  "fillseq",
  "fillrandom",
  "overwrite",
  "readrandom",
  "readmissing",
  "readseq",
  "readreverse",
  "seekrandom",
  "deleterandom",
] as const;
export type WorkloadName = (typeof WORKLOADS)[number];

/** These begin with an empty database; the others go on with what there is. */
export const FILLS: ReadonlySet<WorkloadName> = new Set<WorkloadName>(["fillseq", "fillrandom"]);

/** What workloads work on. */
export type Bench = {
  readonly database: MiniLsm;
  readonly data: BenchData;
  /** Entries per write. */
  readonly batch: number;
  /** Of the entries; undefined when there are none. */
  version: number | undefined;
  /** Carries out a call of the database and notes how long it took. */
  readonly time: <Result>(call: () => Result) => Result;
};

export type Workload = {
  /** Entries that one timed call is about, the last one perhaps fewer. */
  readonly entriesPerCall: (batch: number) => number;
  /** Carries itself out call by call, and yields the number of entries of each. What it reads is compared; throws LsmError CORRUPTION. */
  readonly run: (bench: Bench) => Generator<number>;
};

const SCAN_STRIDE = 1000;
const SEEK_ENTRIES = 10;
const perBatch = (batch: number): number => batch;
const single = (): number => 1;

export const WORKLOAD_BY_NAME: { readonly [name in WorkloadName]: Workload } = {
  fillseq: { entriesPerCall: perBatch, run: (bench) => writeAll(bench, 0, (place) => place) },
  fillrandom: { entriesPerCall: perBatch, run: (bench) => writeAll(bench, 0, (place) => bench.data.shuffled(place)) },
  overwrite: {
    entriesPerCall: perBatch,
    run: (bench) => writeAll(bench, (bench.version ?? 0) + 1, (place) => bench.data.shuffled(place)),
  },
  readrandom: { entriesPerCall: single, run: readRandom },
  readmissing: { entriesPerCall: single, run: readMissing },
  readseq: { entriesPerCall: () => SCAN_STRIDE, run: (bench) => readAll(bench, false) },
  readreverse: { entriesPerCall: () => SCAN_STRIDE, run: (bench) => readAll(bench, true) },
  seekrandom: { entriesPerCall: () => SEEK_ENTRIES, run: seekRandom },
  deleterandom: { entriesPerCall: perBatch, run: deleteAll },
};

function* writeAll(bench: Bench, version: number, indexAt: (place: number) => number): Generator<number> {
  const { database, data, batch } = bench;
  for (let place = 0; place < data.count; place += batch) {
    const count = Math.min(batch, data.count - place);
    if (batch === 1) {
      const index = indexAt(place);
      const [key, value] = [data.key(index), data.value(index, version)];
      bench.time(() => database.put(key, value));
    } else {
      const writes = Array.from({ length: count }, (_, offset) => {
        const index = indexAt(place + offset);
        return { type: "put", key: data.key(index), value: data.value(index, version) } as const;
      });
      bench.time(() => database.write(writes));
    }
    yield count;
  }
  bench.version = version;
}

function* deleteAll(bench: Bench): Generator<number> {
  const { database, data, batch } = bench;
  for (let place = 0; place < data.count; place += batch) {
    const count = Math.min(batch, data.count - place);
    const keys = Array.from({ length: count }, (_, offset) => data.key(data.shuffled(place + offset)));
    const [only] = keys;
    if (count === 1 && only !== undefined) bench.time(() => database.delete(only));
    else bench.time(() => database.write(keys.map((key) => ({ type: "delete", key }))));
    yield count;
  }
  bench.version = undefined;
  using cursor = database.cursor();
  if (cursor.valid) throw wrong("deleterandom", "a key is still there");
}

function* readRandom(bench: Bench): Generator<number> {
  const { database, data } = bench;
  for (let place = 0; place < data.count; place++) {
    const index = data.shuffled(place);
    const key = data.key(index);
    const value = bench.time(() => database.get(key));
    if (value === undefined || !isSame(value, expected(bench, index))) throw wrong("readrandom", `key ${index}`);
    yield 1;
  }
}

function* readMissing(bench: Bench): Generator<number> {
  const { database, data } = bench;
  for (let place = 0; place < data.count; place++) {
    const key = data.missingKey(data.shuffled(place));
    if (bench.time(() => database.get(key)) !== undefined)
      throw wrong("readmissing", "a key was found that is not there");
    yield 1;
  }
}

/** Timed, and then once more to compare what stands there: that would cost as much as reading it. */
function* readAll(bench: Bench, reverse: boolean): Generator<number> {
  const { database, data } = bench;
  let seen = 0;
  using timed = database.cursor({ reverse });
  while (timed.valid) {
    const count = bench.time(() => {
      let read = 0;
      for (; read < SCAN_STRIDE && timed.valid; read++) timed.next();
      return read;
    });
    seen += count;
    yield count;
  }
  if (seen !== data.count) throw wrong(reverse ? "readreverse" : "readseq", `${seen} entries of ${data.count}`);
  using cursor = database.cursor({ reverse });
  for (let place = 0; cursor.valid; place++) {
    compareEntry(bench, cursor, reverse ? data.count - 1 - place : place);
    cursor.next();
    if (place % SCAN_STRIDE === 0) yield 0;
  }
}

function* seekRandom(bench: Bench): Generator<number> {
  const { database, data } = bench;
  for (let place = 0; place < data.count; place += SEEK_ENTRIES) {
    const index = data.shuffled(place);
    const gte = data.key(index);
    const found = bench.time(() => {
      let read = 0;
      using cursor = database.cursor({ gte, limit: SEEK_ENTRIES });
      for (; cursor.valid; cursor.next()) read++;
      return read;
    });
    if (found !== Math.min(SEEK_ENTRIES, data.count - index))
      throw wrong("seekrandom", `${found} entries from ${index} on`);
    using cursor = database.cursor({ gte, limit: SEEK_ENTRIES });
    for (let at = index; cursor.valid; cursor.next()) compareEntry(bench, cursor, at++);
    yield found;
  }
}

type Entry = {
  readonly keyBuffer: Uint8Array;
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly valueBuffer: Uint8Array;
  readonly valueStart: number;
  readonly valueEnd: number;
};

function compareEntry(bench: Bench, entry: Entry, index: number): void {
  const key = entry.keyBuffer.subarray(entry.keyStart, entry.keyEnd);
  const value = entry.valueBuffer.subarray(entry.valueStart, entry.valueEnd);
  if (isSame(key, bench.data.key(index)) && isSame(value, expected(bench, index))) return;
  throw wrong("scan", `key ${index}`);
}

function expected({ data, version }: Bench, index: number): Uint8Array {
  return data.value(index, version ?? 0);
}

function isSame(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0;
}

function wrong(workload: string, what: string): LsmError {
  return new LsmError("CORRUPTION", `${workload} answered wrong: ${what}`);
}
