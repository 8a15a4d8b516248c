import { shownSyntax } from "./command-spec.ts";
import { contextOf } from "./line-context.ts";
import { remainingSyntax } from "./syntax.ts";
import { splitUnfinished } from "./words.ts";

/** Whoever writes more knows what he writes. */
const LINE_LENGTH_MAX = 200;

/** What is still to be written behind the line, in the notation of `help`; empty in the middle of a word. */
export function hintFor(line: string): string {
  if (line.length > LINE_LENGTH_MAX || line.trim() === "") return "";
  const typed = splitUnfinished(Buffer.from(line));
  if (typed === undefined || typed.begun.bytes.length > 0 || typed.begun.isQuoted) return "";
  const context = contextOf(typed.words);
  if (context === undefined || context.kind === "command") return "";
  if (context.kind === "optionArgument") return context.argument;

  const { spec, words, options } = context;
  const syntax = remainingSyntax(shownSyntax(spec), words);
  if (syntax === undefined) return "";
  return [syntax, options.length === 0 ? "" : "[OPTION…]"].filter((part) => part !== "").join(" ");
}
