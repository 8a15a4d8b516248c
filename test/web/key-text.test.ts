import { expect, test } from "vitest";
import { visible } from "../../src/cli/answers/text.ts";
import { SHOWN_KEY_BYTES_MAX, shownKey } from "../../src/tools/live/change.ts";
import { keyText } from "../../web/key-text.ts";
import { randomOf } from "../support/random.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test("a key reads as the shell shows it, whatever its bytes", () => {
  const random = randomOf(11);
  const keys: Uint8Array[] = Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte));
  for (let count = 0; count < 500; count++) {
    keys.push(Uint8Array.from({ length: 1 + random(12) }, () => random(256)));
    keys.push(bytes(String.fromCodePoint(random(0xd800), 0xe000 + random(0x2000), 0x10000 + random(0x20000))));
  }
  keys.push(bytes("<img src=x>"), bytes("\ufeffa"), bytes("a\u200db"), bytes("\u202eright"), bytes("a\u2028b"));
  expect(keys.map(keyText)).toEqual(keys.map(visible));
});

test("an empty key is called that", () => {
  expect(keyText(new Uint8Array(0))).toBe("(empty)");
});

test("a long key is cut between two characters, and says so", () => {
  const fits = "é".repeat(SHOWN_KEY_BYTES_MAX / 2);
  expect(keyText(shownKey(bytes(fits)))).toBe(fits);
  expect(keyText(shownKey(bytes(`${fits}é`)))).toBe(`${fits}…`);
  const shifted = `x${fits}`;
  expect(keyText(shownKey(bytes(shifted)))).toBe(`${shifted.slice(0, -1)}…`);
  const four = "😀".repeat(30);
  for (const start of ["", "a", "ab", "abc"]) {
    expect(keyText(shownKey(bytes(start + four)))).toMatch(/^[abc]*(?:😀)+…$/u);
  }
});
