import { beforeEach, describe, expect, test } from "vitest";
import { Logs } from "../../src/engine/logs.ts";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import type { DatabaseFormat } from "../../src/options.ts";
import { newLogBatch } from "../../src/wal/log-batch.ts";
import { nativeLogHeader } from "../../src/wal/native-record.ts";
import { readNativeWal } from "../../src/wal/read-native-wal.ts";
import type { Wal } from "../../src/wal/wal.ts";
import { DATABASE_ID, HEADER } from "../support/native-log.ts";

let fs: MemoryFileSystem;
beforeEach(() => {
  fs = new MemoryFileSystem();
  fs.makeDirectory("/db");
});

function logsOf(format: DatabaseFormat, onDisk: readonly number[] = [], isWritten = true): Logs {
  return new Logs(fs, "/db", isWritten, new Set(onDisk), format === "native" ? DATABASE_ID : new Uint8Array(0));
}

/** A log that takes the writes from now on. */
function begin(logs: Logs, id: number): Wal {
  const log = logs.create(id);
  logs.switchTo(log);
  return log!;
}

/** Adds one put, and answers how long the log is then. */
function write(log: Wal, format: DatabaseFormat): number {
  const batch = newLogBatch(format);
  batch.begin(1);
  batch.put(Buffer.from("a"), 0, 1, Buffer.from("1"), 0, 1);
  batch.end();
  log.append(batch);
  return log.sizeBytes;
}

describe("logs of native", () => {
  test("begin with a header of their memtable and can be read", async () => {
    const logs = logsOf("native");
    write(begin(logs, 1), "native");
    begin(logs, 2);
    await logs.close();
    for (const [id, records] of [
      [1, 1],
      [2, 0],
    ] as const) {
      const log = { databaseId: DATABASE_ID, id, syncedBytes: 0, recovery: "strict" } as const;
      const contents = readNativeWal(fs, `/db/0000${id}.wal`, log, () => {});
      expect(contents).toMatchObject({ records, warning: undefined });
    }
  });

  test("that take no records have a header all the same, and nothing of them is durable", () => {
    const logs = logsOf("native", [7], false);
    expect(logs.create(8)).toBeUndefined();
    expect(fs.stat("/db/00008.wal")?.sizeBytes).toBe(nativeLogHeader(DATABASE_ID, 8).length);
    expect(logs.synced).toEqual([]);
    expect(fs.openFiles).toBe(0);
  });

  test("that cannot be begun are no more on disk, however often", () => {
    const logs = logsOf("native");
    fs.beforeCall = ({ operation }) => (operation === "append" ? { shortWriteBytes: 9 } : undefined);
    for (const id of [1, 2, 3]) expect(() => logs.create(id)).toThrow("ENOSPC");
    expect(fs.list("/db")).toEqual([]);
    expect(fs.openFiles).toBe(0);
    expect(logs.isNeeded).toBe(false);
  });
});

describe.each(["mvcc", "native"] as const)("how much of the logs of %s is durable", (format) => {
  const headerBytes = format === "native" ? HEADER.length : 0;

  test("is all of it after a close, for each log that is still needed", async () => {
    const logs = logsOf(format);
    const first = write(begin(logs, 1), format);
    write(begin(logs, 2), format);
    const third = write(begin(logs, 3), format);
    logs.remove(2);
    await logs.close();
    expect(logs.synced).toEqual([
      { id: 1, sizeBytes: first },
      { id: 3, sizeBytes: third },
    ]);
    for (const { id, sizeBytes } of logs.synced) {
      expect(fs.crash("none").stat(`/db/0000${id}.wal`)?.sizeBytes).toBe(sizeBytes);
    }
  });

  test("is known while they are written, as far as it goes", () => {
    const logs = logsOf(format);
    const log = begin(logs, 1);
    expect(logs.synced).toEqual([]);
    const sizeBytes = write(log, format);
    logs.syncNow();
    write(log, format);
    expect(logs.synced).toEqual([{ id: 1, sizeBytes }]);
  });

  test("is not asked of logs from before, of taken back ones, and of those without a byte", async () => {
    const logs = logsOf(format, [1]);
    logs.takeBack(2, logs.create(2));
    begin(logs, 3);
    await logs.close();
    expect(logs.synced).toEqual(headerBytes === 0 ? [] : [{ id: 3, sizeBytes: headerBytes }]);
  });
});
