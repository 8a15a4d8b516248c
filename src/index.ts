/** The public API: an embedded, ordered key-value store. */
export type { Amplification } from "./engine/amplification.ts";
export { AsyncCursor, type BatchLimits } from "./engine/async-cursor.ts";
export type { Write } from "./engine/batch.ts";
export { Cursor } from "./engine/cursor.ts";
export type { Destroyed } from "./engine/destroy-database.ts";
export type { EngineEvents } from "./engine/events.ts";
export type { OldestReader } from "./engine/holds.ts";
export type { Bytes } from "./engine/key-bytes.ts";
export type { AsText } from "./engine/lent-bytes.ts";
export { MiniLsm } from "./engine/mini-lsm.ts";
export type { Bounds, Range } from "./engine/range.ts";
export { Snapshot } from "./engine/snapshot.ts";
export type { LevelStats, Stats } from "./engine/stats.ts";
export type { TableSummary } from "./engine/table-summary.ts";
export type { TransactOptions } from "./engine/transact.ts";
export { Transaction, type TransactionOptions } from "./engine/transaction.ts";
export type { WriteOptions } from "./engine/write-options.ts";
export { CorruptionError, type ErrorCode, IoError, LsmError } from "./errors.ts";
export type { Isolation } from "./mvcc/conflict.ts";
export {
  type CompactionOptions,
  type DatabaseFormat,
  DEFAULT_OPTIONS,
  type Durability,
  type Options,
} from "./options.ts";
export type { Level, TableInfo, Tree } from "./state/tree.ts";
