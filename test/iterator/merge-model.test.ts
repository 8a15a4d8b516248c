import fc from "fast-check";
import { expect, test } from "vitest";
import { MergeIterator } from "../../src/iterator/merge-iterator.ts";
import type { Direction, MergeOrder } from "../../src/iterator/merge-order.ts";
import { TwoMergeIterator } from "../../src/iterator/two-merge-iterator.ts";
import type { Entry } from "../support/entries.ts";
import { bytes, compareEntries, entryAt, latin1, textOf } from "../support/entries.ts";
import { MockIterator } from "../support/mock-iterator.ts";

type Source = { readonly entries: readonly Entry[]; readonly errorWhen: number | undefined };

const keys = fc
  .tuple(fc.constantFrom("", "key-", "a longer prefix"), fc.uint8Array({ minLength: 1, maxLength: 3 }))
  .map(([prefix, tail]) => bytes(prefix + latin1(tail.map((byte) => [0x00, 0x01, 0x7f, 0xff][byte % 4]!))));
const value = fc.uint8Array({ maxLength: 2 });
const versions = fc.array(fc.record({ key: keys, timestamp: fc.nat(4), kind: fc.constantFrom(0, 1), value }), {
  maxLength: 25,
});

/** Sorted, each internal key once; in user order each user key once. */
function sourceEntries(list: readonly Entry[], order: MergeOrder): Entry[] {
  return [...list].sort(compareEntries).filter((entry, at, all) => at === 0 || !same(entry, all[at - 1]!, order));
}

function same(a: Entry, b: Entry, order: MergeOrder): boolean {
  return latin1(a.key) === latin1(b.key) && (order === "user" || a.timestamp === b.timestamp);
}

function sources(order: MergeOrder, count: { minLength: number; maxLength: number }): fc.Arbitrary<Source[]> {
  const errorWhen = fc.option(fc.integer({ min: 1, max: 30 }), { nil: undefined, freq: 20 });
  return fc.array(fc.record({ entries: versions.map((list) => sourceEntries(list, order)), errorWhen }), count);
}

/** The entries of all in the direction's order, each once, from the first source that has it. */
function model(list: readonly Source[], order: MergeOrder, direction: Direction): Entry[] {
  const compare = order === "internal" ? compareEntries : (a: Entry, b: Entry) => Buffer.compare(a.key, b.key);
  const all = list.flatMap((source, index) => source.entries.map((entry) => ({ entry, index })));
  all.sort((a, b) => compare(a.entry, b.entry) || a.index - b.index);
  const kept = all.filter(({ entry }, at) => at === 0 || compare(entry, all[at - 1]!.entry) !== 0);
  const merged = kept.map(({ entry }) => entry);
  return direction === "ascending" ? merged : merged.reverse();
}

/** What a cursor shows until it ends or throws, and whether it threw. */
function run(make: () => MergeIterator | TwoMergeIterator): { readonly shown: Entry[]; readonly failed: boolean } {
  const shown: Entry[] = [];
  let cursor: MergeIterator | TwoMergeIterator | undefined;
  try {
    for (cursor = make(); cursor.valid; cursor.next()) shown.push(entryAt(cursor));
  } catch (error) {
    if (!(error instanceof Error) || error.message !== "fake error!") throw error;
    expect(cursor?.valid ?? false).toBe(false);
    return { shown, failed: true };
  }
  return { shown, failed: false };
}

/** Without a failure all of the model, with one a beginning of it. */
function check(
  list: readonly Source[],
  order: MergeOrder,
  direction: Direction,
  make: (mocks: MockIterator[]) => MergeIterator | TwoMergeIterator,
): void {
  const { shown, failed } = run(() => {
    const mocks = list.map((source) => new MockIterator(source.entries, source.errorWhen));
    if (direction === "descending") for (const mock of mocks) mock.seekToLast();
    return make(mocks);
  });
  const expected = model(list, order, direction);
  expect(textOf(shown)).toBe(textOf(failed ? expected.slice(0, shown.length) : expected));
  const canFail = list.some(({ entries, errorWhen }) => errorWhen !== undefined && errorWhen <= entries.length);
  expect(failed).toBe(canFail);
}

test.each<[MergeOrder, Direction]>([
  ["internal", "ascending"],
  ["internal", "descending"],
  ["user", "ascending"],
  ["user", "descending"],
])("a merge of up to 20 sources agrees with sorting all entries in %s order, %s", (order, direction) => {
  const property = fc.property(sources(order, { minLength: 0, maxLength: 20 }), (list) => {
    check(list, order, direction, (mocks) => new MergeIterator(mocks, order, direction));
  });
  fc.assert(property, { numRuns: 400 });
});

test.each<MergeOrder>(["internal", "user"])("a two-way merge agrees with sorting all entries in %s order", (order) => {
  const property = fc.property(sources(order, { minLength: 2, maxLength: 2 }), (list) => {
    check(list, order, "ascending", ([newer, older]) => new TwoMergeIterator(newer!, older!, order));
  });
  fc.assert(property, { numRuns: 400 });
});
