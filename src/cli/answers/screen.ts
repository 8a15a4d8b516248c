/** What is known of the place where answers are read. */
export interface Screen {
  /** How many characters fit side by side. */
  readonly columns: number;
  /** Shows more than ASCII. */
  readonly hasUnicode: boolean;
  /** undefined where answers just follow each other. */
  readonly redraw: Redraw | undefined;
}

/** For answers that are to stand where the ones before stood. */
export interface Redraw {
  /** Moves what is seen to where the user can scroll back to. */
  scrollAway(): void;
  /** Erases what is seen; what follows begins at the top. */
  clear(): void;
}

const COLUMNS_DEFAULT = 80;
const COLUMNS_MIN = 20;
const COLUMNS_MAX = 400;

/** Bounded, because terminals have been seen to say 0. */
export function boundedColumns(columns: number | undefined): number {
  if (columns === undefined || !(columns > 0)) return COLUMNS_DEFAULT;
  return Math.min(Math.max(Math.floor(columns), COLUMNS_MIN), COLUMNS_MAX);
}

/** A locale that is none of UTF-8 says so; one that nobody set says nothing. */
export function showsUnicode({ LC_ALL, LC_CTYPE, LANG }: NodeJS.ProcessEnv): boolean {
  const locale = [LC_ALL, LC_CTYPE, LANG].find((name) => name !== undefined && name !== "");
  return locale === undefined || /utf-?8/i.test(locale);
}
