/** The calls that a power loss, a kill or a refusal can fall between. Closing is none: it changes nothing. */
export type Operation =
  | "append"
  | "create"
  | "link"
  | "list"
  | "makeDirectory"
  | "open"
  | "read"
  | "remove"
  | "removeDirectory"
  | "rename"
  | "stat"
  | "sync"
  | "syncDirectory"
  | "truncate";

/** `number` counts from 1. `path` is absolute; of a rename and a link it is the old name. */
export type Call = { readonly number: number; readonly operation: Operation; readonly path: string };

/**
 * What a hook can answer: the call is refused with this code, or, of an append, only so many bytes are written and
 * then the disk is full. A refused append writes nothing; a refused sync loses what was not synced.
 */
export type Injection = "EIO" | "ENOSPC" | "EMFILE" | "EACCES" | { readonly shortWriteBytes: number };

export type CallHook = (call: Call) => Injection | undefined;

/** Thrown by a hook: the program ends here. No later call has any effect; each throws the same signal. */
export class CrashSignal extends Error {
  override readonly name = "CrashSignal";
}
