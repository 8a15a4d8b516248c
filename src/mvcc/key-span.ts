import { lowerBound } from "../codec/lower-bound.ts";

/** The keys from `from` up to and without `to`, as `keyText` makes them. Never empty. */
export type KeySpan = { readonly from: string; readonly to: string };

/** The next key after this one: nothing lies between. */
export function nextKeyText(key: string): string {
  return `${key}\0`;
}

/** Whether the key lies in one of the spans, which are a union. */
export function isWithin(union: readonly KeySpan[], key: string): boolean {
  return union.length > 0 && firstKeyWithin(union, key, nextKeyText(key)) !== undefined;
}

/** The same keys, in spans that are sorted and do not touch. */
export function unionOfSpans(spans: Iterable<KeySpan>): KeySpan[] {
  const union: KeySpan[] = [];
  for (const span of [...spans].sort((left, right) => (left.from < right.from ? -1 : 1))) {
    const last = union.at(-1);
    if (last === undefined || last.to < span.from) union.push({ from: span.from, to: span.to });
    else if (last.to < span.to) union[union.length - 1] = { from: last.from, to: span.to };
  }
  return union;
}

/** The first key that lies in [from, to), or from `from` on, and in one of the spans, which are a union; undefined when there is none. */
export function firstKeyWithin(union: readonly KeySpan[], from: string, to: string | undefined): string | undefined {
  const span = union[lowerBound(union.length, (index) => (union[index] as KeySpan).to <= from)];
  if (span === undefined) return undefined;
  const first = span.from > from ? span.from : from;
  return to === undefined || first < to ? first : undefined;
}
