import type { KeyRange } from "../database.ts";

/** What a line asks for. Keys, values and names of snapshots are the bytes of the words, numbers fit 64 bits without sign. */
export type Command =
  | { readonly kind: "fill"; readonly first: bigint; readonly last: bigint }
  | { readonly kind: "del"; readonly key: Uint8Array }
  | GetCommand
  | { readonly kind: "put"; readonly key: Uint8Array; readonly value: Uint8Array }
  | ScanCommand
  | { readonly kind: "explain"; readonly read: GetCommand | ScanCommand }
  | { readonly kind: "begin"; readonly isSerializable: boolean }
  | { readonly kind: "commit" }
  | { readonly kind: "rollback" }
  | { readonly kind: "snapshot"; readonly name: Uint8Array }
  | { readonly kind: "release"; readonly name: Uint8Array }
  | { readonly kind: "dump" }
  | { readonly kind: "tree" }
  | { readonly kind: "stats" }
  | { readonly kind: "live" }
  | { readonly kind: "flush" }
  | { readonly kind: "full_compaction" }
  | { readonly kind: "backup"; readonly directory: Uint8Array }
  | { readonly kind: "destroy" }
  /** `isOn` is undefined where only the state is asked for. */
  | { readonly kind: "timing"; readonly isOn: boolean | undefined }
  | { readonly kind: "watch"; readonly seconds: number; readonly command: Command; readonly text: string }
  | { readonly kind: "source"; readonly path: Uint8Array }
  | { readonly kind: "help"; readonly topic: CommandName | undefined }
  | { readonly kind: "quit" };

export type GetCommand = { readonly kind: "get"; readonly key: Uint8Array; readonly snapshot: Uint8Array | undefined };

export type ScanCommand = {
  readonly kind: "scan";
  readonly range: KeyRange;
  readonly snapshot: Uint8Array | undefined;
  readonly form: EntryForm;
};

/** How the entries of a scan are shown. */
export type EntryForm = { readonly isKeysOnly: boolean; readonly isHex: boolean };

/** The words a command line may begin with. */
export type CommandName = Command["kind"] | "close" | ".read";

/** A line that is no command: what is wrong and what was expected, in one sentence. */
export class InputError extends Error {
  override readonly name = "InputError";
  /** Where in the line, in characters from 1. */
  readonly column: number;

  constructor(column: number, message: string) {
    super(message);
    this.column = column;
  }
}

/** A command that makes no sense as things are: why, and what to do instead, in one sentence. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
}
