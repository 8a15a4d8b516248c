import { describe, expect, test } from "vitest";
import { crc32 } from "../../../src/codec/crc32.ts";
import { logFileName, MANIFEST_NAME, tableFileName } from "../../../src/fs/file-names.ts";
import type { Edit } from "../../../src/manifest/edit.ts";
import type { StateRecord } from "../../../src/manifest/native-state.ts";
import { DATABASE_FORMATS, type DatabaseFormat } from "../../../src/options.ts";
import type { NewTable } from "../../../src/sstable/table-output.ts";
import { FaultyDatabase } from "../../support/faulty-database.ts";
import type { ForgedTable, Stretch } from "../../support/forged-table.ts";

const ALL = DATABASE_FORMATS;
const REFERENCE = ["plain", "mvcc"] as const;
const VERSIONED = ["mvcc", "native"] as const;
const NATIVE = ["native"] as const;
const PLAIN = ["plain"] as const;
const MVCC = ["mvcc"] as const;

/** What is planted, into which formats, and how verify calls it. `FILE` in the expression is the file at fault. */
type Kind = {
  readonly name: string;
  readonly formats: readonly DatabaseFormat[];
  /** Answers the file at fault. */
  readonly plant: (db: FaultyDatabase) => string;
  readonly says: RegExp;
};

function kind(name: string, formats: Kind["formats"], says: RegExp, plant: Kind["plant"]): Kind {
  return { name, formats, says, plant };
}

/** A fault in the first table of level 1. */
function inTable(
  name: string,
  formats: Kind["formats"],
  says: RegExp,
  forge: (table: ForgedTable, db: FaultyDatabase) => void,
): Kind {
  return kind(name, formats, says, (db) => {
    db.forge(db.deep, (table) => forge(table, db));
    return tableFileName(db.deep);
  });
}

/** A fault in its second block, whose checksum is made right again. */
function inBlock(
  name: string,
  formats: Kind["formats"],
  says: RegExp,
  forge: (table: ForgedTable, block: Stretch) => void,
): Kind {
  return inTable(name, formats, says, (table) => {
    const block = table.blocks[1] as Stretch;
    forge(table, block);
    table.seal(block);
  });
}

function inIndex(name: string, formats: Kind["formats"], says: RegExp, forge: (table: ForgedTable) => void): Kind {
  return inTable(name, formats, says, (table) => {
    forge(table);
    table.sealIndex();
  });
}

function inFooter(name: string, field: number, value: bigint, says: RegExp): Kind {
  return inTable(name, NATIVE, says, (table) => {
    table.bytes.writeBigUInt64BE(value, table.footer.start + 8 * field);
    table.sealFooter();
  });
}

function inHeader(name: string, says: RegExp, forge: (bytes: Buffer) => void): Kind {
  return inTable(name, NATIVE, says, (table) => {
    forge(table.bytes);
    table.sealHeader();
  });
}

/** Another word of the manifest about the first table of level 1. */
function misdescribed(name: string, change: (table: NewTable) => Partial<NewTable>, says: RegExp): Kind {
  return kind(name, NATIVE, says, (db) => {
    const forge = (table: NewTable): NewTable => (table.id === db.deep ? { ...table, ...change(table) } : table);
    db.remanifest((edits) => ({
      edits: edits.map((edit) =>
        edit.kind === "compaction" ? { ...edit, tables: (edit.tables ?? []).map(forge) } : edit,
      ),
    }));
    return tableFileName(db.deep);
  });
}

function inManifest(name: string, formats: Kind["formats"], says: RegExp, plant: (db: FaultyDatabase) => void): Kind {
  return kind(name, formats, says, (db) => {
    plant(db);
    return MANIFEST_NAME;
  });
}

function inLog(name: string, formats: Kind["formats"], says: RegExp, plant: (bytes: Buffer) => unknown): Kind {
  return kind(name, formats, says, (db) => {
    const { log } = db;
    db.change(log, plant);
    return log;
  });
}

/** Where the second frame of a manifest starts. */
function secondFrame(db: FaultyDatabase): number {
  const bytes = db.bytes(MANIFEST_NAME);
  return db.format === "native" ? 40 + 16 + bytes.readUInt32BE(40) : 12 + Number(bytes.readBigUInt64BE(0));
}

/** A frame of the reference's manifest around any text. */
function frameOf(text: string): Buffer {
  const frame = Buffer.alloc(text.length + 12);
  frame.writeBigUInt64BE(BigInt(text.length));
  frame.write(text, 8);
  frame.writeUInt32BE(crc32(frame, 8, frame.length - 4), frame.length - 4);
  return frame;
}

/** Makes the checksum of the first record of a log right. */
function sealRecord(bytes: Buffer, format: DatabaseFormat): void {
  if (format === "mvcc") {
    const end = 4 + bytes.readUInt32BE(0);
    bytes.writeUInt32BE(crc32(bytes, 4, end), end);
    return;
  }
  const end = 40 + 20 + bytes.readUInt32BE(40);
  bytes.writeUInt32BE((crc32(bytes, 40, end) ^ bytes.readUInt32BE(36)) >>> 0, end);
}

/** The level below level 0, with another table in it. */
function withInLevel1(state: StateRecord, table: NewTable): StateRecord {
  return { ...state, tables: { level0: [], levels: [{ number: 1, tables: [table] }] } };
}

function flushOf(edits: readonly Edit[], id: number): Edit & { kind: "flush" } {
  return edits.find((edit) => edit.kind === "flush" && edit.id === id) as Edit & { kind: "flush" };
}

const KINDS: readonly Kind[] = [
  kind("a table that is missing", ALL, /^FILE: the table is missing/, (db) => {
    db.remove(tableFileName(db.deep));
    return tableFileName(db.deep);
  }),
  kind("an empty table", ALL, /^FILE at 0: a file of 0 bytes is no table|does not begin as one/, (db) => {
    db.write(tableFileName(db.deep), Buffer.alloc(0));
    return tableFileName(db.deep);
  }),
  kind("half a table", ALL, /^FILE at \d+: (the bloom filter|the index|the checksum)/, (db) => {
    db.change(tableFileName(db.deep), (bytes) => bytes.subarray(0, bytes.length / 2));
    return tableFileName(db.deep);
  }),
  kind(
    "a table with bytes behind its end",
    ALL,
    /^FILE at \d+: (the bloom filter cannot|the checksum of the footer)/,
    (db) => {
      db.change(tableFileName(db.deep), (bytes) => Buffer.concat([bytes, Buffer.from([9, 9, 9])]));
      return tableFileName(db.deep);
    },
  ),
  kind("a directory in the place of a table", ALL, /^FILE: .*EISDIR/, (db) => {
    db.remove(tableFileName(db.deep));
    db.fs.makeDirectory(`/db/${tableFileName(db.deep)}`);
    return tableFileName(db.deep);
  }),
  inTable(
    "a filter that starts outside of the file",
    REFERENCE,
    /^FILE at \d+: the bloom filter cannot start at/,
    ({ bytes }) => {
      bytes.writeUInt32BE(bytes.length, bytes.length - 4);
    },
  ),
  inTable(
    "a filter without room for bits",
    REFERENCE,
    /^FILE at \d+: a bloom filter of 4 bytes is too short/,
    ({ bytes }) => {
      bytes.writeUInt32BE(bytes.length - 8, bytes.length - 4);
    },
  ),
  inTable(
    "an index that starts behind its end",
    REFERENCE,
    /^FILE at \d+: the index cannot start at/,
    ({ bytes, filter }) => {
      bytes.writeUInt32BE(filter.start, filter.start - 4);
    },
  ),
  inTable("a flipped bit in the filter", ALL, /^FILE at \d+: the checksum of the bloom filter/, ({ bytes, filter }) => {
    bytes[filter.start]! ^= 4;
  }),
  kind("a filter that hides a key", ALL, /^FILE at \d+: the bloom filter hides a key/, (db) => {
    db.rewrite(db.deep, (entries) => entries.map((entry, index) => (index === 7 ? { ...entry, hash: 12345 } : entry)));
    return tableFileName(db.deep);
  }),
  inTable("a flipped bit in the index", ALL, /^FILE at \d+: the checksum of the index/, ({ bytes, index }) => {
    bytes[index.start + 9]! ^= 1;
  }),
  inIndex(
    "an index with another number of blocks",
    ALL,
    /^FILE at \d+: .*(expected|too many|do not fit)/,
    ({ bytes, index }) => {
      bytes.writeUInt32BE(bytes.readUInt32BE(index.start) + 1, index.start);
    },
  ),
  inIndex(
    "an index without blocks",
    ALL,
    /^FILE at \d+: (the table has no blocks|bytes too many|.*too many in the)/,
    ({ bytes, index }) => {
      bytes.writeUInt32BE(0, index.start);
    },
  ),
  inIndex(
    "a first block that starts elsewhere",
    ALL,
    /^FILE at \d+: block 0 starts at \d+, out of order/,
    ({ bytes, indexKeys }) => {
      bytes[(indexKeys[0] ?? 0) - 3]! ^= 1;
    },
  ),
  inIndex(
    "blocks that do not follow each other",
    ALL,
    /^FILE at \d+: block 2 starts at \d+, out of order/,
    ({ bytes, indexKeys }) => {
      bytes.writeUInt32BE(41, (indexKeys[2] ?? 0) - 6);
    },
  ),
  inIndex(
    "a block that starts behind the index",
    ALL,
    /^FILE at \d+: block 1 does not end before|FILE at \d+: .*out of order/,
    ({ bytes, indexKeys, index }) => {
      bytes.writeUInt32BE(index.start + 5, (indexKeys[1] ?? 0) - 6);
    },
  ),
  inIndex(
    "another first key in the index than in the block",
    ALL,
    /^FILE at \d+: block 1 (does not begin with the key|begins before the end)/,
    ({ bytes, indexKeys }) => {
      bytes[(indexKeys[1] ?? 0) + 5]! -= 1;
    },
  ),
  inIndex(
    "another last key in the index than in the block",
    ALL,
    /^FILE at \d+: block 0 does not end with the key/,
    ({ bytes, indexKeys, format }) => {
      const at = indexKeys[1] ?? 0;
      const sizes = { plain: 4 + 2, mvcc: 4 + 2 + 8, native: 8 + 2 + 8 };
      bytes[at - sizes[format] - 1]! -= 1;
    },
  ),
  inIndex(
    "another timestamp in the index than in the block",
    VERSIONED,
    /^FILE at \d+: block 1 does not begin with the key/,
    ({ bytes, indexKeys }) => {
      bytes[(indexKeys[1] ?? 0) + 6 + 7]! ^= 1;
    },
  ),
  inIndex(
    "another newest timestamp in the index than in the table",
    MVCC,
    /^FILE at \d+: the index says that the newest timestamp is/,
    ({ bytes, index }) => {
      bytes[index.end - 5]! ^= 1;
    },
  ),
  inIndex(
    "an empty key in the index",
    REFERENCE,
    /^FILE at \d+: a key in the index is empty/,
    ({ bytes, indexKeys }) => {
      bytes.writeUInt16BE(0, (indexKeys[0] ?? 0) - 2);
    },
  ),
  inTable(
    "a flipped bit in a value",
    ALL,
    /^FILE at \d+: the checksum of block 1 does not match/,
    ({ bytes, blocks }) => {
      bytes[(blocks[1]?.start ?? 0) + 20]! ^= 1;
    },
  ),
  inTable("a block of zeros", ALL, /^FILE at \d+: the checksum of block 1 does not match/, ({ bytes, blocks }) => {
    bytes.fill(0, blocks[1]?.start, blocks[1]?.end);
  }),
  inTable(
    "a flipped bit in the checksum of a block",
    ALL,
    /^FILE at \d+: the checksum of block 1 does not match/,
    ({ bytes, blocks }) => {
      bytes[(blocks[1]?.end ?? 0) - 1]! ^= 1;
    },
  ),
  inBlock("a block without entries", ALL, /^FILE at \d+: the block has no entries/, ({ bytes }, { end }) => {
    bytes.writeUInt16BE(0, end - 6);
  }),
  inBlock(
    "a block with more entries than it has room for",
    ALL,
    /^FILE at \d+: 9999 entry offsets do not fit/,
    ({ bytes }, { end }) => {
      bytes.writeUInt16BE(9999, end - 6);
    },
  ),
  inBlock(
    "an entry that starts elsewhere than its offset says",
    ALL,
    /^FILE at \d+: entry \d+ starts at \d+, not at/,
    ({ bytes }, { end }) => {
      bytes.writeUInt16BE(bytes.readUInt16BE(end - 8) + 1, end - 8);
    },
  ),
  inBlock(
    "an entry that shares more than there is",
    ALL,
    /^FILE at \d+: entry 1 shares more than the first key has/,
    (table, block) => {
      table.bytes.writeUInt16BE(99, table.entry(block, 1).start);
    },
  ),
  inBlock(
    "an entry that shares less than it could",
    ALL,
    /^FILE at \d+: an entry shares more with the first key than it says/,
    (table, block) => {
      const { start, keyAt, keyEnd } = table.entry(block, 1);
      const { bytes } = table;
      const valueLengthAt = table.valueLengthAt(keyEnd);
      const lengthBytes = table.format === "native" ? 4 : 2;
      const valueLength = bytes.readUIntBE(valueLengthAt, lengthBytes);
      const valueEnd = valueLengthAt + lengthBytes + valueLength;
      const overlap = bytes.readUInt16BE(start);
      // The suffix takes one byte of what is shared, and the value gives one up.
      bytes.copyWithin(keyAt + 1, keyAt, valueEnd - 1);
      bytes[keyAt] = bytes[table.entry(block, 0).keyAt + overlap - 1] ?? 0;
      bytes.writeUInt16BE(overlap - 1, start);
      bytes.writeUInt16BE(keyEnd - keyAt + 1, start + 2);
      bytes.writeUIntBE(valueLength - 1, valueLengthAt + 1, lengthBytes);
    },
  ),
  inBlock(
    "a value that does not fit in its block",
    ALL,
    /^FILE at \d+: the value of entry 0 does not fit/,
    (table, block) => {
      const at = table.valueLengthAt(table.entry(block, 0).keyEnd);
      if (table.format === "native") table.bytes.writeUInt32BE(60_000, at);
      else table.bytes.writeUInt16BE(60_000, at);
    },
  ),
  inBlock(
    "a timestamp that no program writes",
    VERSIONED,
    /^FILE at \d+: the timestamp of entry 0 is larger than/,
    (table, block) => {
      table.bytes[table.entry(block, 0).keyEnd + 1] = 0xff;
    },
  ),
  inBlock("an entry of an unknown kind", NATIVE, /^FILE at \d+: entry 0 has the unknown kind 7/, (table, block) => {
    table.bytes[table.entry(block, 0).keyEnd] = 7;
  }),
  inBlock("a delete with a value", NATIVE, /^FILE at \d+: entry 0 is a delete with a value/, (table, block) => {
    table.bytes[table.entry(block, 0).keyEnd] = 1;
  }),
  kind("an empty key in a block", PLAIN, /^FILE at \d+: an entry has an empty key/, (db) => {
    db.rewrite(db.deep, (entries) => entries.slice(0, 1));
    db.forge(db.deep, (table) => {
      const { keyAt, keyEnd } = table.entry(table.firstBlock, 0);
      const length = keyEnd - keyAt;
      const valueLength = table.bytes.readUInt16BE(keyEnd);
      table.bytes.writeUInt16BE(0, keyAt - 2);
      table.bytes.writeUInt16BE(length + valueLength, keyAt);
      table.seal(table.firstBlock);
    });
    return tableFileName(db.deep);
  }),
  kind(
    "two entries of a block in the wrong order",
    ALL,
    /^FILE at \d+: an entry stands behind one with a larger key/,
    (db) => {
      db.rewrite(db.deep, ([first, second, third, ...rest]) => [first!, third!, second!, ...rest]);
      return tableFileName(db.deep);
    },
  ),
  kind("a key twice in a table", PLAIN, /^FILE at \d+: a key stands in the table twice/, (db) => {
    db.rewrite(db.deep, ([first, second, ...rest]) => [first!, second!, second!, ...rest]);
    return tableFileName(db.deep);
  }),
  kind("a version of a key twice in a table", VERSIONED, /^FILE at \d+: a key has the version \d+ twice/, (db) => {
    db.rewrite(db.deep, ([first, second, ...rest]) => [first!, second!, second!, ...rest]);
    return tableFileName(db.deep);
  }),
  kind(
    "an older version of a key before a newer one",
    VERSIONED,
    /^FILE at \d+: the version 900 of a key stands behind/,
    (db) => {
      db.rewrite(db.deep, ([first, second, ...rest]) => [first!, second!, { ...second!, timestamp: 900 }, ...rest]);
      return tableFileName(db.deep);
    },
  ),
  kind("blocks in the wrong order", ALL, /^FILE at \d+: (an entry stands behind|block \d+ begins before)/, (db) => {
    db.rewrite(db.deep, (entries) => [...entries.slice(12), ...entries.slice(0, 12)]);
    return tableFileName(db.deep);
  }),
  kind("a table of another format", REFERENCE, /^FILE(: the table is of format| at \d+: )/, (db) => {
    db.rewrite(db.deep, (entries) => entries, db.format === "plain" ? "mvcc" : "plain");
    return tableFileName(db.deep);
  }),
  kind(
    "a table in the place of another",
    REFERENCE,
    /^FILE: table \d+ of L1 does not start behind the end of/,
    (db) => {
      db.write(tableFileName(db.deepest), db.bytes(tableFileName(db.deep)));
      return MANIFEST_NAME;
    },
  ),
  kind("a table in the place of another", NATIVE, /^FILE at 0: the file says that it is table \d+, not/, (db) => {
    db.write(tableFileName(db.deepest), db.bytes(tableFileName(db.deep)));
    return tableFileName(db.deepest);
  }),
  kind("an older state of a table", NATIVE, /^FILE: the manifest says that the number of entries is/, (db) => {
    db.rewrite(db.deep, (entries) => entries.slice(0, -3));
    return tableFileName(db.deep);
  }),
  inTable("a table that does not begin as one", NATIVE, /^FILE at 0: the file does not begin as one/, ({ bytes }) => {
    bytes[3]! ^= 1;
  }),
  inTable("a flipped bit in the header", NATIVE, /^FILE at 0: the checksum of the file header/, ({ bytes }) => {
    bytes[30]! ^= 1;
  }),
  inHeader("a log's header on a table", /^FILE at 0: the file says that it is a log/, (bytes) => {
    bytes[10] = 3;
  }),
  inHeader("a header of an unknown kind", /^FILE at 0: a file of kind 9/, (bytes) => {
    bytes[10] = 9;
  }),
  inHeader("a table of another database", /^FILE at 0: the file belongs to another database/, (bytes) => {
    bytes[12]! ^= 1;
  }),
  inHeader("a table under another's name", /^FILE at 0: the file says that it is table \d+, not/, (bytes) => {
    bytes[35]! ^= 8;
  }),
  inTable("a flipped bit in the footer", NATIVE, /^FILE at \d+: the checksum of the footer/, ({ bytes, footer }) => {
    bytes[footer.start + 7]! ^= 1;
  }),
  inTable("a table that does not end as one", NATIVE, /^FILE at \d+: the file does not end as a table/, ({ bytes }) => {
    bytes[bytes.length - 1]! ^= 1;
  }),
  inFooter("parts that do not follow each other", 0, 39n, /^FILE at \d+: the parts of the table do not follow/),
  inFooter(
    "another number of entries in the footer",
    3,
    30n,
    /^FILE at \d+: the footer says that the number of entries is 30/,
  ),
  inFooter(
    "more deletes than entries in the footer",
    4,
    9999n,
    /^FILE at \d+: the table has more deletes than entries/,
  ),
  inFooter(
    "another number of deletes in the footer",
    4,
    1n,
    /^FILE at \d+: the footer says that the number of deletes is 1/,
  ),
  inFooter(
    "another number of range deletes in the footer",
    5,
    3n,
    /^FILE at \d+: the footer says that the number of range deletes is 3/,
  ),
  inFooter(
    "another newest timestamp in the footer",
    6,
    9999n,
    /^FILE at \d+: the footer says that the newest timestamp is 9999/,
  ),
  kind("a flipped bit among the range deletes", NATIVE, /^FILE at \d+: the checksum of the range deletes/, (db) => {
    db.forge(db.second, ({ bytes, rangeDeletes }) => {
      bytes[rangeDeletes.start + 9]! ^= 1;
    });
    return tableFileName(db.second);
  }),
  kind("a range delete that covers nothing", NATIVE, /^FILE at \d+: a range delete covers no key/, (db) => {
    db.forge(db.second, (table) => {
      table.bytes[table.rangeDeletes.start + 8] = 0x7a;
      table.seal(table.rangeDeletes);
    });
    return tableFileName(db.second);
  }),
  kind(
    "a range delete without a time",
    NATIVE,
    /^FILE at \d+: the timestamps of a range delete do not descend/,
    (db) => {
      db.forge(db.second, (table) => {
        table.bytes.fill(0, table.rangeDeletes.end - 12, table.rangeDeletes.end - 4);
        table.seal(table.rangeDeletes);
      });
      return tableFileName(db.second);
    },
  ),
  misdescribed(
    "another size in the manifest",
    ({ sizeBytes }) => ({ sizeBytes: sizeBytes + 1 }),
    /^FILE: the manifest says that the table's size is/,
  ),
  misdescribed(
    "another number of entries in the manifest",
    ({ entryCount }) => ({ entryCount: entryCount + 1 }),
    /^FILE: the manifest says that the number of entries is/,
  ),
  misdescribed(
    "another number of deletes in the manifest",
    () => ({ deleteCount: 1 }),
    /^FILE: the manifest says that the number of deletes is 1/,
  ),
  misdescribed(
    "another number of range deletes in the manifest",
    () => ({ rangeDeleteCount: 1 }),
    /^FILE: the manifest says that the number of range deletes is 1/,
  ),
  misdescribed(
    "another newest timestamp in the manifest",
    () => ({ maxTimestamp: 1 }),
    /^FILE: the manifest says that the newest timestamp is 1/,
  ),
  misdescribed(
    "another first key in the manifest",
    () => ({ firstKey: Buffer.from("a") }),
    /^FILE: the table begins with another key/,
  ),
  misdescribed(
    "another last key in the manifest",
    () => ({ lastKey: Buffer.from("key000x") }),
    /^FILE: the table ends with another key/,
  ),
  inManifest("a manifest that is missing", ALL, /^FILE at 0: the manifest is missing although tables stand/, (db) => {
    db.remove(MANIFEST_NAME);
  }),
  inManifest("an empty manifest", ALL, /^FILE at 0: the manifest holds no record although tables stand/, (db) => {
    db.write(MANIFEST_NAME, Buffer.alloc(0));
  }),
  inManifest(
    "a flipped bit in the first frame",
    ALL,
    /^FILE at \d+: (manifest checksum mismatched|the checksum of the manifest's first frame)/,
    (db) => {
      db.flip(MANIFEST_NAME, db.format === "native" ? 60 : 12);
    },
  ),
  inManifest(
    "a flipped bit in a later frame",
    ALL,
    /^FILE at \d+: (manifest checksum mismatched|damaged manifest frame)/,
    (db) => {
      db.flip(MANIFEST_NAME, secondFrame(db) + 13);
    },
  ),
  inManifest(
    "a frame whose length is damaged",
    ALL,
    /^FILE at \d+: (damaged manifest frame|manifest checksum)/,
    (db) => {
      db.flip(MANIFEST_NAME, secondFrame(db) + (db.format === "native" ? 2 : 6));
    },
  ),
  inManifest("a frame of zeros", ALL, /^FILE at \d+: (damaged manifest frame|invalid manifest record)/, (db) => {
    const at = secondFrame(db);
    db.change(MANIFEST_NAME, (bytes) => void bytes.fill(0, at, at + 12));
  }),
  inManifest("a frame that is no JSON", REFERENCE, /^FILE at \d+: invalid manifest record: not JSON/, (db) => {
    db.change(MANIFEST_NAME, (bytes) => Buffer.concat([bytes, frameOf("{")]));
  }),
  inManifest(
    "a record of an unknown kind",
    REFERENCE,
    /^FILE at \d+: invalid manifest record: unknown record kind/,
    (db) => {
      db.change(MANIFEST_NAME, (bytes) => Buffer.concat([bytes, frameOf('{"Vacuum":1}')]));
    },
  ),
  inManifest(
    "the flush of a memtable that was never announced",
    REFERENCE,
    /^FILE at \d+: memtable 77 was flushed but never/,
    (db) => {
      db.change(MANIFEST_NAME, (bytes) => Buffer.concat([bytes, frameOf('{"Flush":77}')]));
    },
  ),
  inManifest("a memtable that is announced twice", ALL, /^FILE at \d+: memtable 88 was announced twice/, (db) => {
    const edit: Edit = { kind: "newMemtable", id: 88, hasLog: false };
    db.remanifest((edits) => ({ edits: [...edits, edit, edit] }));
  }),
  inManifest(
    "a merge of tables that are not there",
    ALL,
    /^FILE at \d+: L0 is .* which does not hold all of \[99\]/,
    (db) => {
      const task = { strategy: "full", level0: [99], level1: db.tree.levels[0]?.tables ?? [] } as const;
      db.remanifest((edits) => ({ edits: [...edits, { kind: "compaction", task, outputs: [], tables: [] }] }));
    },
  ),
  inManifest("a table that is made twice", ALL, /^FILE at \d+: table \d+ exists already/, (db) => {
    const made = (edits: readonly Edit[]): Edit => edits.find(({ kind }) => kind === "compaction") as Edit;
    const task = {
      strategy: "leveled",
      upperLevel: undefined,
      upperTables: [],
      lowerLevel: 2,
      lowerTables: [],
      isLowerLevelBottom: true,
    } as const;
    db.remanifest((edits) => ({ edits: [...edits, { ...made(edits), task } as Edit] }));
  }),
  inManifest("a merge upward", ALL, /^FILE at \d+: L2 cannot be merged into L1/, (db) => {
    const task = {
      strategy: "leveled",
      upperLevel: 2,
      upperTables: [],
      lowerLevel: 1,
      lowerTables: [],
      isLowerLevelBottom: true,
    } as const;
    db.remanifest((edits) => ({ edits: [...edits, { kind: "compaction", task, outputs: [], tables: [] }] }));
  }),
  inManifest(
    "tables of one level that overlap",
    ALL,
    /^FILE: table \d+ of L1 does not start behind the end of table/,
    (db) => {
      const { second, deep } = db;
      db.remanifest((edits) => {
        const task = {
          strategy: "leveled",
          upperLevel: undefined,
          upperTables: [second],
          lowerLevel: 1,
          lowerTables: [],
          isLowerLevelBottom: true,
        } as const;
        const table = flushOf(edits, second).table;
        const tables = table === undefined ? [] : [{ ...table, id: 70 }];
        db.write(tableFileName(70), db.bytes(tableFileName(deep)));
        return { edits: [...edits, { kind: "compaction", task, outputs: [70], tables }] };
      });
    },
  ),
  inManifest(
    "tables of level 0 in the wrong order",
    VERSIONED,
    /^FILE: table \d+ of L0 stands below table \d+ and holds a newer/,
    (db) => {
      const { newest, second } = db;
      db.remanifest((edits) => {
        const [older, newer] = [flushOf(edits, second), flushOf(edits, newest)];
        const rest = edits.filter((edit) => edit !== older && edit !== newer);
        const lastMemtable = rest.findLastIndex(({ kind }) => kind === "newMemtable");
        return { edits: [...rest.slice(0, lastMemtable + 1), newer, older, ...rest.slice(lastMemtable + 1)] };
      });
    },
  ),
  inManifest("a table that stands in the tree twice", NATIVE, /^FILE at 40: a table stands in the tree twice/, (db) => {
    db.remanifest((edits, state) => {
      const table = flushOf(edits, db.newest).table as NewTable;
      const tables = { level0: [table, table], levels: [] };
      return { edits: [], state: { ...state, nextId: 99, tables } };
    });
  }),
  inManifest("ids that are not below the next one", NATIVE, /^FILE at 40: id \d+ is not below the next one/, (db) => {
    db.remanifest((edits, state) => ({
      edits: [],
      state: withInLevel1(state, flushOf(edits, db.newest).table as NewTable),
    }));
  }),
  inManifest("levels without a numbering", NATIVE, /^FILE at 40: the levels are numbered neither/, (db) => {
    db.remanifest((edits, state) => {
      const table = flushOf(edits, db.newest).table as NewTable;
      return {
        edits: [],
        state: { ...state, nextId: 99, tables: { level0: [], levels: [{ number: 55, tables: [table] }] } },
      };
    });
  }),
  inManifest(
    "a flipped bit in the header of the manifest",
    NATIVE,
    /^FILE at 0: the checksum of the file header/,
    (db) => {
      db.flip(MANIFEST_NAME, 20);
    },
  ),
  kind("the manifest of another database", NATIVE, /^FILE at 0: the file belongs to another database/, (db) => {
    db.remanifest(() => ({ databaseId: Buffer.alloc(16, 7) }));
    return tableFileName(db.deep);
  }),
  kind("an old copy of the manifest", ALL, /^FILE: the table is missing, though the manifest names it/, (db) => {
    // From before the merge, whose inputs are gone.
    db.remanifest((edits) => ({
      edits: edits.slice(
        0,
        edits.findIndex(({ kind }) => kind === "compaction"),
      ),
    }));
    return tableFileName(0);
  }),
  kind("a log that is missing", NATIVE, /^FILE: the log is missing, though the manifest announces it$/, (db) => {
    const { log } = db;
    db.remove(log);
    return log;
  }),
  kind(
    "a log that is missing beside others",
    REFERENCE,
    /^FILE: the log is missing, though the manifest announces it beside others/,
    (db) => {
      db.remanifest((edits) => ({ edits: [...edits, { kind: "newMemtable", id: 61, hasLog: true }] }));
      return logFileName(61);
    },
  ),
  kind(
    "a log that nobody announced",
    ALL,
    /^FILE at (?:0|40): the manifest does not announce this log, though it holds/,
    (db) => {
      db.write(logFileName(62), db.bytes(db.log));
      return logFileName(62);
    },
  ),
  inLog(
    "a flipped bit in the first record of a log",
    ALL,
    /^FILE at \d+: (WAL checksum|damaged WAL record)/,
    (bytes) => {
      bytes[bytes[0] === 0x89 ? 66 : 10]! ^= 1;
    },
  ),
  inLog(
    "a flipped bit in the last record of a log",
    ALL,
    /^FILE at \d+: (WAL checksum|damaged WAL record)/,
    (bytes) => {
      bytes[bytes.length - 6]! ^= 1;
    },
  ),
  inLog("a log with a hole of zeros", ALL, /^FILE at \d+: (empty WAL|damaged WAL|WAL checksum)/, (bytes) => {
    bytes.fill(0, 50, 140);
  }),
  inLog("a log that lost its end", NATIVE, /^FILE at \d+: the log ends, although the manifest says/, (bytes) =>
    bytes.subarray(0, 40),
  ),
  inLog(
    "a log cut in the middle of what is durable",
    NATIVE,
    /^FILE at \d+: damaged WAL record, although the manifest/,
    (bytes) => bytes.subarray(0, bytes.length - 9),
  ),
  inLog(
    "a length that swallows the rest of a log",
    REFERENCE,
    /^FILE at 0: damaged WAL (record|frame): a whole one follows/,
    (bytes) => {
      bytes[0] = 0xef;
    },
  ),
  inLog(
    "bytes behind the end of a log that are no record",
    REFERENCE,
    /^FILE at \d+: (empty WAL|WAL checksum)/,
    (bytes) => Buffer.concat([bytes, Buffer.from("00000000000000000000000000000001", "hex")]),
  ),
  inLog("a flipped bit in the header of a log", NATIVE, /^FILE at 0: damaged WAL header/, (bytes) => {
    bytes[20]! ^= 1;
  }),
  kind("a table's header on a log", NATIVE, /^FILE at 0: the file says that it is a table/, (db) => {
    const { log } = db;
    db.change(log, (bytes) => {
      bytes[10] = 2;
      bytes.writeUInt32BE(crc32(bytes, 0, 36), 36);
    });
    return log;
  }),
  kind(
    "a timestamp in a log that no program writes",
    VERSIONED,
    /^FILE at \d+: a 64-bit field is larger than/,
    (db) => {
      const { log } = db;
      db.change(log, (bytes) => {
        bytes[db.format === "mvcc" ? 12 : 60] = 0xff;
        sealRecord(bytes, db.format);
      });
      return log;
    },
  ),
  kind("timestamps in a log that go back", VERSIONED, /^FILE at \d+: WAL timestamp \d+ after 999999/, (db) => {
    const { log } = db;
    db.change(log, (bytes) => {
      bytes.writeBigUInt64BE(999_999n, db.format === "mvcc" ? 12 : 60);
      sealRecord(bytes, db.format);
    });
    return log;
  }),
  kind(
    "an entry in a log that is longer than its record",
    VERSIONED,
    /^FILE at \d+: \d+ bytes expected, \d+ left/,
    (db) => {
      const { log } = db;
      db.change(log, (bytes) => {
        if (db.format === "mvcc") bytes.writeUInt16BE(999, 20);
        else bytes.writeUInt32BE(999, 69);
        sealRecord(bytes, db.format);
      });
      return log;
    },
  ),
  kind("an entry of an unknown kind in a log", NATIVE, /^FILE at \d+: WAL entry of kind 9/, (db) => {
    const { log } = db;
    db.change(log, (bytes) => {
      bytes[68] = 9;
      sealRecord(bytes, "native");
    });
    return log;
  }),
  kind(
    "a log that is older than the tables",
    NATIVE,
    /^FILE: the log begins at timestamp 1, and what stands below it/,
    (db) => {
      const { log } = db;
      db.change(log, (bytes) => {
        bytes.writeBigUInt64BE(1n, 60);
        sealRecord(bytes, "native");
      });
      return log;
    },
  ),
  kind("a log of the other format", REFERENCE, /^FILE at 0: .*is a log of format/, (db) => {
    const { log } = db;
    const frame = Buffer.from("00000010 0001 61 0000000000000001 0003 726564 00000000".replaceAll(" ", ""), "hex");
    sealRecord(frame, "mvcc");
    db.write(log, db.format === "plain" ? frame : Buffer.from("00056170706c6500037265646beec62d", "hex"));
    return log;
  }),
];

describe("what faults are planted into", () => {
  test.each(ALL)("is sound, in %s, and has something of everything", async (format) => {
    const { verification, tree } = await FaultyDatabase.make(format);
    const { faults, notes, tables, blocks, entries, logs, records, sizeBytes, format: found } = verification;
    expect({ faults, notes, found, logs }).toEqual({ faults: [], notes: [], found: format, logs: 1 });
    expect({ level0: tree.level0.length, levels: tree.levels.length }).toEqual({ level0: 2, levels: 1 });
    expect(Math.min(tables - 3, blocks - 20, entries - 150, records - 10, sizeBytes - 4000)).toBeGreaterThanOrEqual(0);
  });
});

describe("verify finds", () => {
  test("more than forty kinds of faults in each format", () => {
    for (const format of ALL) {
      const names = new Set(KINDS.filter(({ formats }) => formats.includes(format)).map(({ name }) => name));
      expect(names.size, format).toBeGreaterThan(40);
    }
  });

  const cases = KINDS.flatMap(({ formats, ...rest }) => formats.map((format) => ({ format, ...rest })));
  test.each(cases)("$name, in $format", async ({ format, plant, says }) => {
    const database = await FaultyDatabase.make(format);
    const file = plant(database);
    const { faults } = database;
    const found = faults.map((fault) => (fault.startsWith(file) ? `FILE${fault.slice(file.length)}` : fault));
    expect(found).toContainEqual(expect.stringMatching(says));
  });
});
