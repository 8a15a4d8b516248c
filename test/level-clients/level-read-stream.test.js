// The examples of level-read-stream's README, and what they say of back pressure and of ends.
import { deepEqual, equal } from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Level } from "level";
import { EntryStream, KeyStream, ValueStream } from "level-read-stream";

describe("level-read-stream", () => {
  let db;
  beforeEach(async () => {
    db = new Level(await mkdtemp(join(tmpdir(), "read-stream-")), { valueEncoding: "json" });
    await db.batch(Array.from({ length: 5000 }, (_, n) => ({ type: "put", key: String(n + 10_000), value: { n } })));
  });
  afterEach(async () => {
    await db.close();
    await rm(db.location, { recursive: true });
  });

  it("pipes entries into a slow writer", async () => {
    let sum = 0;
    const destination = new Writable({
      objectMode: true,
      highWaterMark: 3,
      write({ key, value }, _, next) {
        equal(key, String(value.n + 10_000));
        sum += value.n;
        setImmediate(next);
      },
    });
    await pipeline(new EntryStream(db, { gte: "10000", limit: 1000 }), destination);
    equal(sum, 499_500);
  });

  it("iterates over entries, keys and values, with the options of iterators", async () => {
    const entries = [];
    for await (const entry of new EntryStream(db, { reverse: true, limit: 2 })) entries.push(entry);
    deepEqual(entries, [
      { key: "14999", value: { n: 4999 } },
      { key: "14998", value: { n: 4998 } },
    ]);
    const keys = [];
    for await (const key of new KeyStream(db, { gt: "14996", keyEncoding: "buffer" })) keys.push(key.toString());
    deepEqual(keys, ["14997", "14998", "14999"]);
    let values = 0;
    for await (const { n } of new ValueStream(db)) equal(n, values++);
    equal(values, 5000);
  });

  it("destroys the iterator with the stream", async () => {
    const stream = new EntryStream(db);
    for await (const _ of stream) break;
    equal(stream.destroyed, true);
  });
});
