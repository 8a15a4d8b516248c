import { ENTRY_KIND } from "../../src/key.ts";
import type { CheckedWrite } from "../../src/write/checked-write.ts";
import { resolveBatch } from "../../src/write/resolve-batch.ts";
import type { LedgerWrite } from "./crash-ledger.ts";

/** What can be asked for its content; keys and values are text, one character a byte. */
export type Readable = {
  readonly scan: () => Iterable<readonly [key: string, value: string]>;
  readonly get: (key: string) => string | undefined;
};

/** Those that `fill` uses, and one that nobody writes. */
const ALL_KEYS: readonly string[] = ["never", ...Array.from({ length: 25 }, (_, index) => `k${index}`)];

/** Where the answers of a scan or of a get are not those of `expected`, one sentence each. */
export function contentFaults(found: Readable, expected: ReadonlyMap<string, string>): string[] {
  const content = new Map(found.scan());
  const keys = new Set([...content.keys(), ...expected.keys(), ...ALL_KEYS]);
  const difference = (how: string, key: string, value: string | undefined): string[] => {
    const should = expected.get(key);
    return value === should ? [] : [`${how} finds ${key}=${value?.slice(0, 12)} instead of ${should?.slice(0, 12)}`];
  };
  return [...keys].flatMap((key) => [
    ...difference("a scan", key, content.get(key)),
    ...difference("get", key, found.get(key)),
  ]);
}

export function checkedWrite(write: LedgerWrite): CheckedWrite {
  if ("from" in write) return { kind: ENTRY_KIND.rangeDelete, key: bytes(write.from), value: bytes(write.to) };
  const kind = write.value === undefined ? ENTRY_KIND.delete : ENTRY_KIND.put;
  return { kind, key: bytes(write.key), value: bytes(write.value ?? "") };
}

/** As the handle of the library hands it to the writer. */
export function checkedBatch(writes: readonly LedgerWrite[]): readonly CheckedWrite[] {
  return resolveBatch(writes.map(checkedWrite));
}

export function showContent(content: ReadonlyMap<string, string>): string {
  return [...content].map(([key, value]) => `${key}=${value.slice(0, 12)}`).join(" ");
}

function bytes(text: string): Uint8Array {
  return Buffer.from(text, "latin1");
}
