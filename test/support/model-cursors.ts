import type { Cursor } from "../../src/engine/cursor.ts";
import type { Direction } from "../../src/iterator/merge-order.ts";
import { entryOf } from "./engine-database.ts";
import { codeOf, expectSame, type ModelChoices } from "./model-choices.ts";
import { keyOf } from "./model-map.ts";

/** A cursor, all it may show in its direction, where in that it stands, and the tables it may keep on disk. */
type OpenCursor = {
  readonly cursor: Cursor;
  readonly direction: Direction;
  readonly expected: readonly string[];
  at: number;
  /** It closes itself when it is moved at its end, and not when a seek finds nothing. */
  isOpen: boolean;
  readonly tables: readonly string[];
};

/** Cursors that stay open while the database goes on, each with what it must show. */
export class ModelCursors {
  readonly #choices: ModelChoices;
  #open: OpenCursor[] = [];

  constructor(choices: ModelChoices) {
    this.#choices = choices;
  }

  /** `expected`: in the cursor's direction. `tables`: names of those of the tree now. */
  add(cursor: Cursor, direction: Direction, expected: readonly string[], tables: readonly string[]): void {
    this.#open.push({ cursor, direction, expected, at: 0, isOpen: expected.length > 0, tables });
    if (this.#open.length > 6) this.abandonOne();
  }

  /** Tables that open cursors may keep on disk. */
  get tables(): string[] {
    return this.#open.flatMap(({ isOpen, tables }) => (isOpen ? tables : []));
  }

  abandonOne(): void {
    const [abandoned] = this.#open.splice(this.#choices.random(this.#open.length), 1);
    if (abandoned === undefined) return;
    compare(abandoned);
    abandoned.cursor.close();
    expectSame("a closed cursor's validity", abandoned.cursor.valid, false);
    abandoned.cursor.close();
  }

  /** Answers how many seeks there were. */
  move(): number {
    let seeks = 0;
    for (const open of this.#open) {
      if (this.#choices.oneIn(3)) {
        seeks++;
        this.#seek(open);
      }
      for (let moves = this.#choices.random(12); moves > 0; moves--) {
        compare(open);
        open.cursor.next();
        open.at++;
        if (open.at >= open.expected.length) open.isOpen = false;
      }
      compare(open);
    }
    return seeks;
  }

  #seek(open: OpenCursor): void {
    const { cursor, direction, expected } = open;
    const target = this.#choices.key();
    const found = expected.findIndex((entry) => isAtOrPast(keyOf(entry), target, direction));
    if (open.isOpen) open.at = found === -1 ? expected.length : found;
    cursor.seek(Buffer.from(target, "latin1"));
    compare(open);
  }

  closeAll(): void {
    for (const { cursor } of this.#open.splice(0)) cursor.close();
  }

  /** Gives up the cursors without closing them. */
  leaveAll(): Cursor[] {
    return this.#open.splice(0).map(({ cursor }) => cursor);
  }
}

/** Moves a cursor to its end; it must show `expected` and nothing else. */
export function compareWhole(cursor: Cursor, expected: readonly string[]): void {
  for (let at = 0; cursor.valid || at < expected.length; at++, cursor.next()) compare({ cursor, expected, at });
}

/** After the database was closed. */
export function refusesToMove(cursor: Cursor): void {
  if (!cursor.valid) return;
  const code = codeOf(() => cursor.next());
  expectSame("moving a cursor after close", code, "DATABASE_CLOSED");
}

function compare({ cursor, expected, at }: Pick<OpenCursor, "cursor" | "expected" | "at">): void {
  expectSame(`entry ${at} of a cursor`, cursor.valid ? entryOf(cursor) : undefined, expected[at]);
}

function isAtOrPast(key: string, target: string, direction: Direction): boolean {
  return direction === "ascending" ? key >= target : key <= target;
}
