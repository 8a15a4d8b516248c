import type { Isolation } from "../../mvcc/conflict.ts";
import type { Tree } from "../../state/tree.ts";
import type { Destroyed } from "../database.ts";
import type { CommandName } from "../language/command.ts";
import type { Screen } from "./screen.ts";

/** What a command did: all that its answer says. The entries of a scan are printed while they are read. */
export type Outcome =
  | { readonly kind: "filled"; readonly count: bigint; readonly epoch: number }
  | { readonly kind: "found"; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly kind: "missing"; readonly key: Uint8Array }
  | { readonly kind: "stored"; readonly key: Uint8Array }
  | { readonly kind: "deleted"; readonly key: Uint8Array }
  | { readonly kind: "scanned"; readonly count: number }
  | { readonly kind: "begun"; readonly isolation: Isolation }
  | { readonly kind: "committed" }
  | { readonly kind: "rolledBack" }
  | { readonly kind: "snapshotTaken"; readonly name: Uint8Array }
  | { readonly kind: "snapshotReleased"; readonly name: Uint8Array }
  | { readonly kind: "structure"; readonly tree: Tree }
  | Drawn
  | { readonly kind: "live"; readonly url: string }
  | { readonly kind: "flushed" }
  | { readonly kind: "fullyCompacted" }
  | BackedUp
  | { readonly kind: "destroyed"; readonly path: string; readonly files: Destroyed }
  | { readonly kind: "kept"; readonly path: string }
  | { readonly kind: "timing"; readonly isOn: boolean }
  | { readonly kind: "watched"; readonly rounds: number }
  | { readonly kind: "sourced"; readonly path: string }
  | { readonly kind: "help"; readonly topic: CommandName | undefined }
  | { readonly kind: "left" }
  /** Stopped before its end; `progress` says how far it came. */
  | { readonly kind: "interrupted"; readonly command: CommandName; readonly progress: string };

/** `to` is as it was given; the counts are those of the copy's tables. */
export type BackedUp = {
  readonly kind: "backedUp";
  readonly to: string;
  readonly tables: number;
  readonly entries: number;
  readonly sizeBytes: number;
};

/** Facts about the inside. */
export type Drawn = {
  readonly kind: "drawn";
  /** For programs: what JSON can hold, bytes as `bytesProperty` has them. */
  readonly facts: { readonly [name: string]: unknown };
  /** For people: whole lines. */
  readonly draw: (screen: Screen) => string;
};
