/**
 * Reading TypeScript without a compiler: enough to tell code from comments and strings, and to list imports.
 *
 * TypeScript 7 has no API for other programs yet, and the two questions asked here (which modules does a file name, and
 * does a word stand in code) need no syntax tree.
 */

export type SourceText = {
  /** The text with every comment blanked out. Same length, same lines. */
  readonly uncommented: string;
  /** The text with comments and the insides of strings, templates and regular expressions blanked out. */
  readonly code: string;
};

/** A slash starts a regular expression when the code before it cannot end a value. */
const BEFORE_REGULAR_EXPRESSION = /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of))\s*$/;

const TOKEN_ENDS: { readonly [start: string]: RegExp } = {
  "//": /\n|$/g,
  "/*": /\*\/|$/g,
  '"': /(?<!\\)(?:\\\\)*"|\n|$/g,
  "'": /(?<!\\)(?:\\\\)*'|\n|$/g,
  "/": /(?<!\\)(?:\\\\)*\/|\n|$/g,
};

/** Splits a source into what is code and what is not. Code inside `${…}` of a template counts as code. */
export function readSource(text: string): SourceText {
  const uncommented = [...text.split("")];
  const code = [...text.split("")];
  const blank = (target: string[], from: number, to: number): void => {
    for (let at = from; at < to; at++) if (target[at] !== "\n") target[at] = " ";
  };
  /** One entry per open template: how many braces are open inside its present `${…}`. */
  const templates: number[] = [];
  let at = 0;

  const skipTemplateText = (): void => {
    const end = /(?<!\\)(?:\\\\)*(?:`|\$\{)|$/g;
    end.lastIndex = at;
    const match = end.exec(text);
    const stop = match === null ? text.length : match.index + match[0].length;
    blank(code, at, stop);
    if (match?.[0].endsWith("`")) templates.pop();
    at = stop;
  };

  while (at < text.length) {
    const character = text.charAt(at);
    const pair = text.slice(at, at + 2);
    const isSlash = character === "/" && pair !== "//" && pair !== "/*";
    if (isSlash && !BEFORE_REGULAR_EXPRESSION.test(code.slice(Math.max(0, at - 40), at).join(""))) {
      at++;
    } else if (pair in TOKEN_ENDS || character in TOKEN_ENDS) {
      const start = pair in TOKEN_ENDS ? pair : character;
      const end = new RegExp(TOKEN_ENDS[start]!);
      end.lastIndex = at + start.length;
      const match = end.exec(text);
      const stop = match === null ? text.length : match.index + match[0].length;
      if (start === "//" || start === "/*") blank(uncommented, at, stop);
      blank(code, at, stop);
      at = stop;
    } else if (character === "`") {
      blank(code, at, at + 1);
      at++;
      templates.push(0);
      skipTemplateText();
    } else if (character === "{" && templates.length > 0) {
      templates.push(templates.pop()! + 1);
      at++;
    } else if (character === "}" && templates.length > 0) {
      const open = templates.pop()!;
      at++;
      templates.push(Math.max(0, open - 1));
      if (open === 0) skipTemplateText();
    } else {
      at++;
    }
  }
  return { uncommented: uncommented.join(""), code: code.join("") };
}

/** The module names a source imports or re-exports, statically, as types, by `import()` or by `require()`, in order. */
export function importedModules(source: SourceText): string[] {
  const names: string[] = [];
  for (const match of source.uncommented.matchAll(/\b(from|import|require)\b\s*\(?\s*(["'])([^"'\n]+)\2/g)) {
    const word = match[1]!;
    if (source.code.slice(match.index, match.index + word.length) === word) names.push(match[3]!);
  }
  return names;
}
