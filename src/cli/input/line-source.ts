/** One line of input, without its line end. */
export type Line = {
  readonly bytes: Uint8Array;
  /** The file it is from, as it is to be shown, where a command named one. */
  readonly file?: string;
  /** Which line of a script this is, from 1; undefined at a prompt and for `-c`. */
  readonly number: number | undefined;
  /** Characters that stand before this command on the same line, as with `-c`. */
  readonly columnsBefore: number;
};

/** Where lines come from. One reader takes them, in order. */
export interface LineSource {
  /** Somebody sits at it: errors do not end the session. */
  readonly isInteractive: boolean;
  /** The next line if it is there already. */
  poll(): Line | undefined;
  /** The next line; undefined at the end of input or after `close`. Called only after `poll` found none. */
  wait(): Promise<Line | undefined>;
  /** What Ctrl-C means to it, after whatever ran was told to stop. True: the session is to end. */
  interrupt(): boolean;
  /** Stops reading. A pending `wait` ends. */
  close(): void;
}
