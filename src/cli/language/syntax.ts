import type { Word } from "./words.ts";

/**
 * One way to write the arguments of a command: a token in capitals stands for an argument, any other for itself. A last
 * token that ends in `…` stands for all words that are left, at least one.
 */
export type Form = readonly string[];

/** How far the words of a line follow the forms they could have had. */
export type Mismatch = {
  /** The tokens that the words follow, of a form that goes on differently or ends there. */
  readonly followed: Form;
  /** The first word that no form has there; undefined when words are missing. */
  readonly unexpected: Word | undefined;
  /** What the forms have there; undefined stands for the end of the line. */
  readonly expected: readonly (string | undefined)[];
};

const REST = "…";

/**
 * The forms of a syntax such as `[FROM TO] [at NAME]` or `[on|off]`, where what stands in brackets may be left out. Those
 * with keywords come first, so that a word that may be a keyword is one.
 */
export function formsOf(syntax: string): readonly Form[] {
  let forms: Form[] = [[]];
  for (const part of partsOf(syntax)) {
    const longer = forms.flatMap((form) => part.choices.map((tokens) => [...form, ...tokens]));
    forms = part.isOptional ? [...forms, ...longer] : longer;
  }
  return forms.sort((left, right) => keywordCount(right) - keywordCount(left));
}

/** The form that the words after the command's name have. */
export function matchForm(forms: readonly Form[], words: readonly Word[]): Form | undefined {
  return forms.find((form) => followedCount(form, words) === form.length && takesAll(form, words));
}

/** Why words have no form, which `matchForm` has found. */
export function explainMismatch(forms: readonly Form[], words: readonly Word[]): Mismatch {
  const count = Math.max(...forms.map((form) => followedCount(form, words)));
  const near = forms.filter((form) => followedCount(form, words) === count);
  // Whoever wrote too little is told of the form that takes the fewest words more.
  const nearest = near.reduce((best, form) => (form.length < best.length ? form : best));
  const expected = count < words.length ? near.map((form) => form[count]) : [nearest[count]];
  return { followed: nearest.slice(0, count), unexpected: words[count], expected: [...new Set(expected)] };
}

/** The tokens that may follow words of a line that is being typed. */
export function nextTokens(forms: readonly Form[], words: readonly Word[]): readonly string[] {
  const begun = forms.filter((form) => form.length > words.length && followedCount(form, words) === words.length);
  return [...new Set(begun.flatMap((form) => form.slice(words.length, words.length + 1)))];
}

/** What of a syntax is still to be written behind the words, in its own notation; undefined when they do not follow it. */
export function remainingSyntax(syntax: string, words: readonly Word[]): string | undefined {
  const remaining: string[] = [];
  const parts = partsOf(syntax);
  let left = words;
  for (const [index, part] of parts.entries()) {
    if (left.length === 0) {
      remaining.push(part.text);
      continue;
    }
    const isLaterKeyword = parts.slice(index + 1).some(({ choices }) => choices.some((tokens) => begins(tokens, left)));
    const choice = part.choices.find(
      (tokens) => begins(tokens, left) || (!isLaterKeyword && !isKeyword(tokens[0] ?? "")),
    );
    if (choice === undefined) {
      if (!part.isOptional) return undefined;
      continue;
    }
    const count = followedCount(choice, left);
    left = left.slice(count);
    if (left.length > 0 && count < choice.length) return undefined;
    if (count < choice.length) remaining.push(choice.slice(count).join(" "));
  }
  return left.length === 0 ? remaining.join(" ") : undefined;
}

export function isKeyword(token: string): boolean {
  return token === token.toLowerCase();
}

/** Whether the token stands for all words that are left. */
export function isRest(token: string): boolean {
  return token.endsWith(REST);
}

type Part = { readonly text: string; readonly isOptional: boolean; readonly choices: readonly Form[] };

function partsOf(syntax: string): Part[] {
  return (syntax.match(/\[[^\]]*\]|\S+/g) ?? []).map((text) => ({
    text,
    isOptional: text.startsWith("["),
    choices: text
      .replace(/^\[|\]$/g, "")
      .split("|")
      .map((choice) => choice.split(" ")),
  }));
}

/** Whether a form whose tokens the words all have leaves no word over. */
function takesAll(form: Form, words: readonly Word[]): boolean {
  return form.length === words.length || (form.length < words.length && isRest(form.at(-1) ?? ""));
}

/** Whether the form begins with a keyword, and the words with that. */
function begins(form: Form, words: readonly Word[]): boolean {
  return isKeyword(form[0] ?? "") && fits(words[0], form[0]);
}

/** How many of the first words a form has. */
function followedCount(form: Form, words: readonly Word[]): number {
  let count = 0;
  while (count < form.length && count < words.length && fits(words[count], form[count])) count += 1;
  return count;
}

function fits(word: Word | undefined, token: string | undefined): boolean {
  if (word === undefined || token === undefined) return false;
  return !isKeyword(token) || (!word.isQuoted && Buffer.from(word.bytes).toString().toLowerCase() === token);
}

function keywordCount(form: Form): number {
  return form.filter(isKeyword).length;
}
