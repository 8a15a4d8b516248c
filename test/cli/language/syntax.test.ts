import { describe, expect, test } from "vitest";
import { explainMismatch, formsOf, matchForm, nextTokens } from "../../../src/cli/language/syntax.ts";
import { splitWords } from "../../../src/cli/language/words.ts";

const words = (text: string) => splitWords(Buffer.from(text));
const show = (form: readonly string[] | undefined) => form?.join(" ");

describe("the forms of a syntax", () => {
  test.each([
    ["", [""]],
    ["A B", ["A B"]],
    ["[A]", ["", "A"]],
    ["A [at N]", ["A at N", "A"]],
    ["[A B] [at N]", ["at N", "A B at N", "", "A B"]],
    ["[fast] [at N] A", ["fast at N A", "fast A", "at N A", "A"]],
  ])("%j", (syntax, forms) => {
    expect(formsOf(syntax).map(show)).toEqual(forms);
  });
});

describe("words have the form", () => {
  test.each([
    ["[A B] [at N]", "", ""],
    ["[A B] [at N]", "1 2", "A B"],
    ["[A B] [at N]", "at 2", "at N"],
    ["[A B] [at N]", "AT 2", "at N"],
    ["[A B] [at N]", '"at" 2', "A B"],
    ["[A B] [at N]", "at at at at", "A B at N"],
    ["[A B] [at N]", "1", undefined],
    ["[A B] [at N]", "1 2 3 4", undefined],
    ["[fast]", "fast", "fast"],
    ["[fast]", "slow", undefined],
  ])("of %s: %j", (syntax, line, form) => {
    expect(show(matchForm(formsOf(syntax), words(line)))).toBe(form);
  });
});

describe("words without a form", () => {
  test.each([
    ["A B", "", { followed: "", unexpected: undefined, expected: ["A"] }],
    ["A B", "1", { followed: "A", unexpected: undefined, expected: ["B"] }],
    ["A B", "1 2 3", { followed: "A B", unexpected: "3", expected: [undefined] }],
    ["A [at N]", "", { followed: "", unexpected: undefined, expected: ["A"] }],
    ["A [at N]", "1 2", { followed: "A", unexpected: "2", expected: ["at", undefined] }],
    ["A [at N]", "1 at", { followed: "A at", unexpected: undefined, expected: ["N"] }],
    ["A [at N] [in M]", "1 x", { followed: "A", unexpected: "x", expected: ["at", "in", undefined] }],
    ["[A B] [at N]", "1 2 3", { followed: "A B", unexpected: "3", expected: ["at", undefined] }],
    ["[fast]", "slow", { followed: "", unexpected: "slow", expected: ["fast", undefined] }],
  ])("of %s are explained: %j", (syntax, line, expected) => {
    const { followed, unexpected, ...rest } = explainMismatch(formsOf(syntax), words(line));
    const word = unexpected && Buffer.from(unexpected.bytes).toString();
    expect({ ...rest, followed: show(followed), unexpected: word }).toEqual(expected);
  });
});

test.each([
  ["A [at N]", "", ["A"]],
  ["A [at N]", "1", ["at"]],
  ["A [at N]", "1 at", ["N"]],
  ["A [at N]", "1 at 2", []],
  ["[A B] [at N]", "", ["at", "A"]],
  ["[A B] [at N]", "1 2", ["at"]],
])("of %s there may stand after %j", (syntax, line, tokens) => {
  expect(nextTokens(formsOf(syntax), words(line))).toEqual(tokens);
});
