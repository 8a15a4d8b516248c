import fc from "fast-check";
import { ENTRY_KIND } from "../../src/key.ts";
import type { DatabaseFormat } from "../../src/options.ts";
import { compareEntries, type Entry } from "./tables.ts";

/** Keys that meet: one byte, two-letter alphabets with 00 and ff, long shared prefixes. Never empty. */
export const collidingKeys: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 1 }),
  fc.array(fc.constantFrom(0x00, 0xff), { minLength: 1, maxLength: 6 }).map((bytes) => Uint8Array.from(bytes)),
  fc.array(fc.constantFrom(0x61, 0x62), { minLength: 1, maxLength: 6 }).map((bytes) => Uint8Array.from(bytes)),
  fc.uint8Array({ minLength: 1, maxLength: 12 }),
  fc
    .tuple(fc.constantFrom(20, 130, 300), fc.uint8Array({ minLength: 0, maxLength: 3 }))
    .map(([length, tail]) => Uint8Array.from([...new Array<number>(length).fill(0x70), ...tail])),
);

/**
 * Entries in internal order without duplicates, as a table may hold them. At least one. In `native` a key may be empty, and
 * so may the value of a put.
 */
export function sortedEntries(format: DatabaseFormat): fc.Arbitrary<Entry[]> {
  const timestamp = format === "plain" ? fc.constant(0) : fc.oneof(fc.nat(5), fc.maxSafeNat());
  const value = fc.uint8Array({ minLength: 0, maxLength: 30 });
  const key = format === "native" ? fc.oneof({ weight: 9, arbitrary: collidingKeys }, emptyKey) : collidingKeys;
  const entry = fc.record({ key, timestamp, value });
  return fc
    .array(format === "native" ? fc.oneof(entry, emptyPutOf(entry)) : entry, { minLength: 1, maxLength: 60 })
    .map((given) =>
      given.sort(compareEntries).filter((entry, at) => at === 0 || compareEntries(given[at - 1]!, entry) < 0),
    );
}

const emptyKey: fc.Arbitrary<Uint8Array> = fc.constant(new Uint8Array(0));

function emptyPutOf(entry: fc.Arbitrary<Entry>): fc.Arbitrary<Entry> {
  return entry.map(({ key, timestamp }) => ({ key, timestamp, value: new Uint8Array(0), kind: ENTRY_KIND.put }));
}
