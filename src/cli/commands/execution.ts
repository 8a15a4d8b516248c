import type { EntryWriter } from "../answers/presentation.ts";
import type { Screen } from "../answers/screen.ts";
import type { TextBuffer } from "../answers/text-buffer.ts";
import type { Database, Destroyed } from "../database.ts";
import type { Command, EntryForm } from "../language/command.ts";
import type { Censuses } from "./censuses.ts";
import type { Latencies } from "./latencies.ts";
import type { Snapshots } from "./snapshots.ts";
import type { Store } from "./store.ts";

/** What a command may use while it runs. */
export interface Execution {
  readonly database: Database;
  /** Where entries are read and written. */
  readonly store: Store;
  readonly snapshots: Snapshots;
  readonly censuses: Censuses;
  readonly latencies: Latencies;
  readonly path: string;
  /** How many commands succeeded before this one. */
  readonly epoch: number;
  /** Fires when the user or a signal wants the command to stop. */
  readonly signal: AbortSignal;
  readonly progress: Progress;
  readonly screen: Screen;
  /** Pending output of the session, for commands that answer while they run. */
  readonly text: TextBuffer;
  /** Whether answers say how long their commands took. */
  isTimed: boolean;
  /** For the entries of a scan. */
  entryWriter(form: EntryForm): EntryWriter;
  /** Writes pending output, waits until the reader has taken it or the signal fires, and lets the event loop run. */
  breathe(): Promise<void>;
  isBreathDue(): boolean;
  /** From here to the end of the command nobody else prints. */
  holdNews(): void;
  /** Carries out a command within this one, and answers it. */
  perform(command: Command): Promise<void>;
  /** Takes the lines of this file next, before what else there is. */
  source(path: Uint8Array): Promise<void>;
  /** The user's answer to a yes-or-no question. Throws InputError when nobody can be asked. */
  confirm(question: string): Promise<boolean>;
  /** The address of the live page, which is served from now on if it was not before. */
  live(): Promise<string>;
  /** Closes the database and deletes its files; the session is over. */
  destroy(): Promise<Destroyed>;
}

/** What is shown while a command takes long. */
export interface Progress {
  /** `total` is undefined when nobody knows it. */
  begin(label: string, total: bigint | undefined): void;
  update(done: number | bigint): void;
  end(): void;
}
