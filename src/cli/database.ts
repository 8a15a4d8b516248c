import type { Layout, ReadAs } from "../engine/inspector.ts";
import type { Isolation } from "../mvcc/conflict.ts";
import type { Options } from "../options.ts";
import type { GetExplanation } from "../read/explain-get.ts";
import type { ScanStep } from "../read/explain-scan.ts";
import type { TableCensus } from "../read/table-census.ts";
import type { ShownDatabase } from "../tools/live/database-source.ts";

/** What can be read, whether as it is or as it was. */
export interface Reader {
  /** undefined when the key has no value. */
  get(key: Uint8Array): Uint8Array | undefined;
  /** Stands on the first entry of the range in its direction. Must be closed. */
  cursor(range: KeyRange): Cursor;
}

export interface Writer {
  /** Copies both: the caller may reuse them at once. */
  put(key: Uint8Array, value: Uint8Array): void;
  delete(key: Uint8Array): void;
}

/** What the shell needs of an open database. The engine's own class satisfies it without being imported here. */
export interface Database extends Reader, Writer, ShownDatabase {
  /** Throws UNSUPPORTED where the format has none, and so does `transaction`. */
  snapshot(): Snapshot;
  transaction(options: { readonly isolation: Isolation }): Transaction;
  flush(): Promise<void>;
  /** Compacts everything. A signal that fires makes it stop at the next safe point and reject. */
  compact(signal?: AbortSignal): Promise<void>;
  /** Copies the database to a new directory; see the engine's own. */
  checkpoint(directory: string, signal?: AbortSignal): Promise<void>;
  close(): Promise<void>;
  inspect(): Inspector;
}

/** A look inside. */
export interface Inspector {
  layout(): Layout;
  /** Reads all of a table that does not say what it holds; undefined when it is not in the tree any more. */
  census(tableId: number): TableCensus | undefined;
  explainGet(key: Uint8Array, as?: ReadAs): GetExplanation;
  explainScan(range: KeyRange, as?: ReadAs): readonly ScanStep[];
}

/** The database as it was. */
export interface Snapshot extends Reader {
  readonly timestamp: number;
  close(): void;
}

/** The database as it was, and over it the transaction's own writes. Disposing of one that is open rolls it back. */
export interface Transaction extends Reader, Writer, Disposable {
  /** Throws TRANSACTION_CONFLICT; whatever it throws, nothing was written. */
  commit(): void;
}

/** Where the engine's events come from while it is being opened. */
export type EventSource = Pick<Database, "on">;

/** What a scan shows: both ends included; what is left out does not count. */
export type KeyRange = {
  readonly gte?: Uint8Array;
  readonly lte?: Uint8Array;
  /** In addition to the ends. */
  readonly prefix?: Uint8Array;
  readonly reverse?: boolean;
  readonly limit?: number;
};

/** Entries in key order. The bytes are lent: they may be read only while `valid` and until `next()`. */
export interface Cursor {
  readonly valid: boolean;
  readonly keyBuffer: Uint8Array;
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly valueBuffer: Uint8Array;
  readonly valueStart: number;
  readonly valueEnd: number;
  next(): void;
  close(): void;
}

/** Where databases come from. */
export interface DatabaseOpener {
  /** `listen` is called before the first event, so that what happens during opening is heard. */
  open(path: string, options: Partial<Options>, listen: (events: EventSource) => void): Promise<Database>;
  /** Deletes the files of a closed database and nothing else; `left` names what else stands in its directory. */
  destroy(path: string): Promise<Destroyed>;
}

export type Destroyed = { readonly removed: readonly string[]; readonly left: readonly string[] };
