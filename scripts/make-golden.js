/**
 * Makes the golden database of the version in package.json: test/golden/native-VERSION, what every later version must open
 * and read as it says in `entries.json` beside it. Run once per release, after `npm run build`; never change an old one.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MiniLsm } from "mini-lsm-cli";

const { version } = JSON.parse(readFileSync("package.json", "utf8"));
const directory = join("test/golden", `native-${version}`);
if (existsSync(directory)) throw new Error(`${directory} is there already, and a golden database never changes`);

const small = { blockSizeBytes: 256, tableSizeBytes: 4096, memtableSizeBytes: 2048, memtableLimit: 2 };
const compaction = {
  strategy: "leveled",
  levelSizeMultiplier: 2,
  level0FilesTrigger: 2,
  maxLevels: 3,
  baseLevelSizeBytes: 8192,
};

// Levels, level 0 and a log: what a compaction wrote, what a flush wrote, and what neither did.
const db = await MiniLsm.open(join(directory, "database"), { ...small, format: "native", compaction });
for (let number = 0; number < 300; number++) db.put(`key${number}`, `value${number}`.repeat(1 + (number % 4)));
db.deleteRange({ gte: "key10", lt: "key12" });
while (db.stats().immutableMemtables > 0 || db.stats().memtableBytes > 0) await db.flush();
await db.compact();
db.write([
  { type: "put", key: "", value: "the empty key" },
  { type: "put", key: "empty value", value: "" },
  { type: "put", key: Uint8Array.of(0, 255, 128), value: Uint8Array.of(255, 0, 1) },
  { type: "delete", key: "key0" },
]);
db.put("large", "L".repeat(70_000));
while (db.stats().immutableMemtables > 0 || db.stats().memtableBytes > 0) await db.flush();
db.put("key1", "only in a log");
db.deleteRange({ prefix: "key29" });
db.put("key290", "after the range delete");
const entries = [...db.scan()].map((entry) => entry.map((bytes) => Buffer.from(bytes).toString("base64")));
const structure = JSON.stringify(db.structure());
await db.close();

writeFileSync(
  join(directory, "entries.json"),
  `[\n${entries.map((entry) => `  ${JSON.stringify(entry)}`).join(",\n")}\n]\n`,
);
console.log(`${directory}: ${entries.length} entries in ${structure}`);
