/** Puts colour on what is shown at a terminal. */
export interface Painter {
  prompt(text: string): string;
  /** What nobody typed, behind the line that is being typed; undefined where it could not be told from that. */
  readonly hint: ((text: string) => string) | undefined;
  /** Lines of the engine between answers. */
  news(lines: string): string;
  /** Errors and warnings. */
  trouble(lines: string): string;
}

export type ColourWishes = {
  readonly isStdoutTerminal: boolean;
  readonly isStderrTerminal: boolean;
  readonly variables: NodeJS.ProcessEnv;
};

const same = (text: string): string => text;
export const PLAIN: Painter = { prompt: same, hint: undefined, news: same, trouble: same };

/** Colours at a terminal only, unless NO_COLOR or a terminal without colours forbids them; FORCE_COLOR overrules both. */
export async function loadPainter({ isStdoutTerminal, isStderrTerminal, variables }: ColourWishes): Promise<Painter> {
  if (!wantsColours(variables) || !(isStdoutTerminal || isStderrTerminal)) return PLAIN;

  // Loaded only here: pipes and scripts need not pay for it.
  const { Chalk } = await import("chalk");
  const stdout = new Chalk({ level: isStdoutTerminal ? 1 : 0 });
  const stderr = new Chalk({ level: isStderrTerminal ? 1 : 0 });
  return {
    prompt: (text) => stdout.cyan(text),
    hint: (text) => (isStdoutTerminal ? stdout : stderr).dim(text),
    news: (lines) => paintLines(lines, stdout.dim),
    trouble: (lines) => paintLines(lines, stderr.red),
  };
}

/** Leaves the last line end alone, so that nothing stands on the line that follows. */
function paintLines(lines: string, paint: (text: string) => string): string {
  return lines.endsWith("\n") ? `${paint(lines.slice(0, -1))}\n` : paint(lines);
}

function wantsColours({ FORCE_COLOR, NO_COLOR, TERM }: NodeJS.ProcessEnv): boolean {
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== "0" && FORCE_COLOR !== "false";
  return (NO_COLOR ?? "") === "" && TERM !== "dumb";
}
