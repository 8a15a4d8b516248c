/** The public API of `mini-lsm-cli/level`: a database for what is written for `level`. */
export { MiniLevel } from "./adapters/level/mini-level.ts";
export type { DatabaseOptions, EngineOptions, OpenOptions } from "./adapters/level/options.ts";
export { LevelTransaction, type LevelTransactionOptions } from "./adapters/level/transaction.ts";
export type {
  AdditionalIteratorOptions,
  BatchOptions,
  ChainedBatchWriteOptions,
  DelOptions,
  IteratorOptions,
  KeyIteratorOptions,
  PutOptions,
  StartEndOptions,
  ValueIteratorOptions,
  WriteOptions,
} from "./adapters/level/types.ts";
