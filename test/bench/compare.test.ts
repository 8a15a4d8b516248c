import { describe, expect, test } from "vitest";

/** The benchmarks are JavaScript, whose types these are. */
type Entry = readonly [key: Uint8Array, value: Uint8Array];
type Model = {
  readonly count: number;
  write(index: number, key: Uint8Array, value: Uint8Array): void;
  remove(index: number, key: Uint8Array): void;
  checkValue(index: number, value: Uint8Array | undefined): void;
  checkMissing(index: number, value: Uint8Array | undefined): void;
  checkEntries(index: number, step: 1 | -1, limit: number, entries: readonly Entry[]): void;
  walk(step: 1 | -1): { visit(key: Uint8Array, value: Uint8Array): void; end(): void };
};
type Plan = { kinds: Uint8Array; indexes: Uint32Array; width: number; lengths?: Uint32Array };
type Session = { steps: number; ask(step: number): unknown; check(step: number, answer: unknown): void };
type Store = {
  put(key: Uint8Array, value: Uint8Array): void;
  get(key: Uint8Array): Uint8Array | undefined;
  delete(key: Uint8Array): void;
  batch(writes: readonly Entry[]): void;
  getMany(keys: readonly Uint8Array[]): (Uint8Array | undefined)[];
  scan(from: Uint8Array, limit: number): Entry[];
};
type Cell = { workload: string; peer: string; rounds: { operations: number; elapsedMs: number }[] };

const load = (name: string): Promise<Record<string, unknown>> =>
  import(new URL(`../../bench/${name}.js`, import.meta.url).href);
const { Model } = (await load("compare/model")) as { Model: new (indexes: number, valueBytes: number) => Model };
const { Session } = (await load("compare/session")) as {
  Session: new (store: Store, model: Model, plan: Plan, valueBytes: number) => Session;
};
const plans = (await load("compare/plans")) as {
  STEP: { [name: string]: number };
  each(kind: number, indexes: Uint32Array, width?: number): Plan;
  ycsb(how: { steps: number; loaded: number; share: number; common: number; rest: number; isLatest?: boolean }): Plan;
  zipfian(count: number, part: () => number): () => number;
};
const { workloads } = (await load("compare/workloads")) as {
  workloads: { name: string; plan?: (entries: number) => Plan }[];
};
const { quantile } = (await load("compare/spans")) as { quantile(ascending: readonly number[], part: number): number };
const { brief, rateTable } = (await load("compare/report")) as {
  brief(value: number): string;
  rateTable(cells: readonly Cell[], peers: readonly string[], baseline: string): string;
};
const { median, spread } = (await load("statistics")) as {
  median(samples: readonly number[]): number;
  spread(samples: readonly number[]): number;
};

const VALUE_BYTES = 20;
const STEP = plans.STEP as Record<"put" | "get" | "getMissing" | "delete" | "batch" | "getMany" | "scan", number>;

/** A store that does as it should. */
function honestStore(): Store {
  const entries = new Map<string, Uint8Array>();
  const text = (key: Uint8Array): string => Buffer.from(key).toString("latin1");
  const store: Store = {
    put: (key, value) => void entries.set(text(key), Uint8Array.from(value)),
    get: (key) => entries.get(text(key)),
    delete: (key) => void entries.delete(text(key)),
    batch: (writes) => {
      for (const [key, value] of writes) store.put(key, value);
    },
    getMany: (keys) => keys.map((key) => store.get(key)),
    scan: (from, limit) =>
      [...entries]
        .filter(([key]) => key >= text(from))
        .sort(([left], [right]) => (left < right ? -1 : 1))
        .slice(0, limit)
        .map(([key, value]) => [Buffer.from(key, "latin1"), value]),
  };
  return store;
}

/** Puts the entries 0 … 9 and then does a step of this kind for the entry 4; the store may lie from then on. */
function ask(kind: number, lie: (store: Store) => Partial<Store>, width = 1): void {
  const honest = honestStore();
  const model = new Model(10, VALUE_BYTES);
  const filling = new Session(
    honest,
    model,
    plans.each(
      STEP.put,
      Uint32Array.from({ length: 10 }, (_, i) => i),
    ),
    20,
  );
  for (let step = 0; step < filling.steps; step++) filling.ask(step);
  const plan = { ...plans.each(kind, Uint32Array.of(4, 5).subarray(0, width), width), lengths: Uint32Array.of(3) };
  const session = new Session({ ...honest, ...lie(honest) }, model, plan, VALUE_BYTES);
  session.check(0, session.ask(0));
}

function changed(value: Uint8Array | undefined, at: number): Uint8Array | undefined {
  return value?.with(at, (value[at] ?? 0) ^ 1);
}

describe("what a store answers in a comparison", () => {
  const { get, getMissing, getMany, scan } = STEP;
  test.each<[string, number]>([
    ["a get", get],
    ["a get of what is not there", getMissing],
    ["a scan", scan],
  ])("passes when it is right: %s", (_, kind) => {
    expect(() => ask(kind, () => ({}))).not.toThrow();
  });
  test("passes when it is right: many gets", () => {
    expect(() => ask(getMany, () => ({}), 2)).not.toThrow();
  });
  test.each<[string, number, (store: Store) => Partial<Store>]>([
    ["a get that finds nothing", get, () => ({ get: () => undefined })],
    ["a value of another length", get, (store) => ({ get: (key) => store.get(key)?.subarray(1) })],
    ["a value of another entry", get, (store) => ({ get: (key) => changed(store.get(key), 3) })],
    ["a value of another version", get, (store) => ({ get: (key) => changed(store.get(key), 7) })],
    ["a value whose end is damaged", get, (store) => ({ get: (key) => changed(store.get(key), VALUE_BYTES - 1) })],
    ["a value for a key that was never written", getMissing, () => ({ get: () => new Uint8Array(VALUE_BYTES) })],
    [
      "a scan that leaves an entry out",
      scan,
      (store) => ({ scan: (key, n) => store.scan(key, n + 1).toSpliced(1, 1) }),
    ],
    ["a scan that ends early", scan, (store) => ({ scan: (key, n) => store.scan(key, n - 1) })],
    ["a scan that goes on too long", scan, (store) => ({ scan: (key, n) => store.scan(key, n + 1) })],
    ["a scan out of order", scan, (store) => ({ scan: (key, n) => store.scan(key, n).toReversed() })],
  ])("is refused when it is wrong: %s", (_, kind, lie) => {
    expect(() => ask(kind, lie)).toThrow(expect.objectContaining({ name: "WrongAnswer" }));
  });
  test("is refused when one of many gets is wrong, or left out", () => {
    const lies: ((store: Store) => Partial<Store>)[] = [
      (store) => ({ getMany: (keys) => store.getMany(keys).reverse() }),
      (store) => ({ getMany: (keys) => store.getMany(keys).slice(1) }),
    ];
    for (const lie of lies) {
      expect(() => ask(getMany, lie, 2)).toThrow(expect.objectContaining({ name: "WrongAnswer" }));
    }
  });
});

describe("what a store holds at the end of a comparison", () => {
  const key = new Uint8Array(16).fill(0x30);
  const value = new Uint8Array(VALUE_BYTES);

  function written(...indexes: readonly number[]): { model: Model; entries: Entry[] } {
    const model = new Model(10, VALUE_BYTES);
    const entries = indexes.map((index): Entry => {
      model.write(index, key, value);
      return [Uint8Array.from(key), Uint8Array.from(value)];
    });
    return { model, entries };
  }

  function walk({ model, entries }: { model: Model; entries: readonly Entry[] }, step: 1 | -1 = 1): void {
    const { visit, end } = model.walk(step);
    for (const [key, value] of entries) visit(key, value);
    end();
  }

  test("passes when it is what was written, in both directions", () => {
    const { model, entries } = written(1, 4, 7);
    expect(() => walk({ model, entries })).not.toThrow();
    expect(() => walk({ model, entries: entries.toReversed() }, -1)).not.toThrow();
  });
  test.each<[string, (entries: readonly Entry[]) => Entry[]]>([
    ["an entry is gone", (entries) => entries.slice(1)],
    ["the last entry is gone", (entries) => entries.slice(0, -1)],
    ["an entry comes twice", ([first, ...rest]) => (first === undefined ? [] : [first, first, ...rest])],
    ["there is one too many", (entries) => [...entries, ...entries.slice(-1)]],
  ])("is refused when %s", (_, change) => {
    const { model, entries } = written(1, 4, 7);
    expect(() => walk({ model, entries: change(entries) })).toThrow(expect.objectContaining({ name: "WrongAnswer" }));
  });
  test("is refused when a delete was not done", () => {
    const { model, entries } = written(1, 4, 7);
    model.remove(4, key);
    expect(() => walk({ model, entries })).toThrow(expect.objectContaining({ name: "WrongAnswer" }));
  });
  test("is refused when an older version is back", () => {
    const { model, entries } = written(1, 4, 7);
    model.write(4, key, value);
    expect(() => walk({ model, entries })).toThrow(expect.objectContaining({ name: "WrongAnswer" }));
  });
});

describe("the plans of a comparison", () => {
  test("name no entry that is not there, and have steps", () => {
    for (const { name, plan } of workloads) {
      if (plan === undefined || name.startsWith("growth")) continue;
      const { kinds, indexes, width } = plan(2000);
      const inserts = kinds.filter((kind) => kind === STEP.put).length;
      expect([name, kinds.length * width <= indexes.length], name).toEqual([name, true]);
      expect(kinds.length, name).toBeGreaterThan(0);
      expect(Math.max(...indexes), name).toBeLessThan(20_000 + inserts);
    }
  });
  test("of a mix have the shares that they should have", () => {
    const { kinds } = plans.ycsb({ steps: 10_000, loaded: 1000, share: 0.95, common: STEP.get, rest: STEP.put });
    expect(kinds.filter((kind) => kind === STEP.get).length / kinds.length).toBeCloseTo(0.95, 1);
    expect(new Set(kinds)).toEqual(new Set([STEP.get, STEP.put]));
  });
  test("of new entries add them one after another, and read only what is there", () => {
    const how = { steps: 1000, loaded: 100, share: 0.5, common: STEP.get, rest: STEP.put, isLatest: true };
    const { kinds, indexes } = plans.ycsb(how);
    let present = how.loaded;
    for (const [step, kind] of kinds.entries()) {
      if (kind === STEP.put) expect(indexes[step]).toBe(present++);
      else expect(indexes[step]).toBeLessThan(present);
    }
  });
  test("choose low ranks most often where the choice is zipfian", () => {
    let part = 0;
    const rank = plans.zipfian(1000, () => (part = (part + 0.001) % 1));
    const ranks = Array.from({ length: 1000 }, rank);
    const share = (limit: number): number => ranks.filter((each) => each < limit).length / 1000;
    // Of a thousand ranks with a skew of 0.99 the first takes 1 in 7.5, the first ten 4 in 10.
    expect(share(1)).toBeCloseTo(0.13, 1);
    expect(share(10)).toBeCloseTo(0.4, 1);
    expect(Math.max(...ranks)).toBeLessThan(1000);
  });
});

describe("the statistics of a comparison", () => {
  test.each([
    [[5], 5, 0],
    [[1, 9, 5], 5, 0.8],
    [[4, 2, 8, 6], 5, 0.6],
  ])("of %j are the median %d and the spread %d", (samples, middle, part) => {
    expect(median(samples)).toBe(middle);
    expect(spread(samples)).toBeCloseTo(part);
  });
  test.each([
    [0.5, 5],
    [0.9, 9],
    [0.99, 10],
    [1, 10],
    [0, 1],
  ])("find at %d of ten spans the one that is %d long", (part, expected) => {
    expect(quantile([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], part)).toBe(expected);
  });
  test.each([
    [1_250_000, "1.25 M"],
    [999_600, "1 M"],
    [312_400, "312 k"],
    [10_500, "10.5 k"],
    [9_999, "9999"],
    [48.123, "48.1"],
    [0.004123, "0.00412"],
  ])("show %d as %s", (value, text) => {
    expect(brief(value)).toBe(text);
  });
  test("divide what a peer does in a second by what the baseline does", () => {
    const cell = (peer: string, ...elapsedMs: number[]): Cell => ({
      workload: "fill",
      peer,
      rounds: elapsedMs.map((elapsed) => ({ operations: 1000, elapsedMs: elapsed })),
    });
    expect(rateTable([cell("a", 1000, 1000), cell("b", 250, 250)], ["a", "b", "c"], "a")).toBe(
      [
        "| workload | a         | b            | c   |",
        "| -------- | --------- | ------------ | --- |",
        "| fill     | 1000 ±0 % | 4000 ×4 ±0 % | –   |",
      ].join("\n"),
    );
  });
});
