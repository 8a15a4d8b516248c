import type { AbstractDatabaseOptions, AbstractOpenOptions } from "abstract-level";
import { OPTION_RANGES, type Options } from "../../options.ts";

/** What can be set when a database is opened. */
export interface OpenOptions extends AbstractOpenOptions {
  /**
   * Bytes of memory for blocks that were read from tables.
   *
   * @defaultValue `128 * 1024 * 1024`
   */
  cacheSize?: number | undefined;

  /**
   * Bytes of keys and values that are collected in memory before they are written to a table, in the background.
   *
   * @defaultValue `2 * 1024 * 1024`
   */
  writeBufferSize?: number | undefined;

  /**
   * Bytes of entries per block. A lookup reads one block.
   *
   * @defaultValue `4096`
   */
  blockSize?: number | undefined;

  /**
   * Descriptors held for tables.
   *
   * @defaultValue `512`
   */
  maxOpenFiles?: number | undefined;

  /**
   * Bytes after which a compaction begins a new table.
   *
   * @defaultValue `16 * 1024 * 1024`
   */
  maxFileSize?: number | undefined;

  /**
   * Options of the engine, under its own names. They go before those above.
   */
  engine?: EngineOptions | undefined;
}

/** Those of `MiniLsm.open` that do not say which database to open. */
export type EngineOptions = Partial<Omit<Options, "createIfMissing" | "errorIfExists" | "format" | "formatOfNew">>;

/** What can be given when a database is made; all but the encodings goes on to `open`. */
export interface DatabaseOptions<K, V> extends AbstractDatabaseOptions<K, V>, Omit<OpenOptions, "passive"> {}

/** The options of the engine. Sizes that other stores allow and the engine does not become the nearest that it does. */
export function engineOptions(options: OpenOptions): Partial<Options> {
  return {
    cacheSizeBytes: nearest("cacheSizeBytes", options.cacheSize),
    memtableSizeBytes: nearest("memtableSizeBytes", options.writeBufferSize),
    blockSizeBytes: nearest("blockSizeBytes", options.blockSize),
    maxOpenFiles: nearest("maxOpenFiles", options.maxOpenFiles),
    tableSizeBytes: nearest("tableSizeBytes", options.maxFileSize),
    ...options.engine,
    createIfMissing: options.createIfMissing,
    errorIfExists: options.errorIfExists,
    format: "native",
  } as Partial<Options>;
}

function nearest(name: keyof typeof OPTION_RANGES, given: number | undefined): number | undefined {
  if (typeof given !== "number" || Number.isNaN(given)) return undefined;
  const [low, high] = OPTION_RANGES[name];
  return Math.min(Math.max(Math.floor(given), low), high);
}
