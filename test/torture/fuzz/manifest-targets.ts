import { crc32 } from "../../../src/codec/crc32.ts";
import { SIZE_NATIVE_HEADER } from "../../../src/codec/native-header.ts";
import { decodeFrames } from "../../../src/manifest/manifest-frame.ts";
import { decodeNativeFrames } from "../../../src/manifest/native-frame.ts";
import { replay } from "../../../src/recovery/replay.ts";
import { replayNative } from "../../../src/recovery/replay-native.ts";
import { describedTable, nativeEdit, nativeManifest } from "../../support/native-manifest.ts";
import type { FuzzTarget } from "./fuzz-target.ts";
import { alter, joined, mutated, pick, type Random, reshape } from "./mutate.ts";

const FILE = "db/MANIFEST";
const SIZE_CHECKSUM = 4;
/** Before each frame's body, and where in it the body's length stands. */
const REFERENCE_HEAD = { size: 8, lengthAt: 4 } as const;
const NATIVE_HEAD = { size: 12, lengthAt: 0 } as const;

/** Records of the reference, one of every kind; replayed in this order they make a tree. */
const RECORDS: readonly unknown[] = [
  { NewMemtable: 1 },
  { Flush: 1 },
  { NewMemtable: 2 },
  { Flush: 2 },
  { Compaction: [{ ForceFullCompaction: { l0_sstables: [2, 1], l1_sstables: [] } }, [3]] },
  { NewMemtable: 4 },
  { Flush: 4 },
  { Compaction: [{ Leveled: levels([4], [3]) }, [5, 6]] },
  { NewMemtable: 7 },
  { Flush: 7 },
  { Compaction: [{ Simple: levels([7], [5, 6]) }, [8]] },
  { Compaction: [{ Tiered: { tiers: [[8, [8]]], bottom_tier_included: true } }, [9]] },
];

function levels(upper: readonly number[], lower: readonly number[]): object {
  return {
    upper_level: null,
    upper_level_sst_ids: upper,
    lower_level: 1,
    lower_level_sst_ids: lower,
    is_lower_level_bottom_level: true,
  };
}

const STRANGE: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  1.5,
  2 ** 53,
  1e308,
  "1",
  "",
  [],
  {},
  [[]],
  { __proto__: 1 },
  { constructor: 1 },
];

/** A copy in which one value in some depth is another one, or stands twice, or is gone. */
function changedJson(random: Random, value: unknown): unknown {
  if (random(4) === 0) return random(2) === 0 ? pick(random, STRANGE) : random(12);
  if (Array.isArray(value) && value.length > 0) {
    const at = random(value.length);
    const members = [value[at], changedJson(random, value[at])].slice(random(3));
    return [...value.slice(0, at), ...members, ...value.slice(at + 1)];
  }
  if (typeof value !== "object" || value === null) return pick(random, STRANGE);
  const fields = Object.entries(value);
  if (fields.length === 0) return pick(random, STRANGE);
  const [name, content] = pick(random, fields);
  const renamed = random(6) === 0 ? pick(random, ["Flush", "Simple", "__proto__", ""]) : name;
  return Object.fromEntries([...fields.filter(([other]) => other !== name), [renamed, changedJson(random, content)]]);
}

function referenceFrame(json: Uint8Array): Uint8Array {
  const frame = joined(new Uint8Array(8), json, new Uint8Array(4));
  const view = new DataView(frame.buffer);
  view.setUint32(4, json.length);
  view.setUint32(8 + json.length, crc32(json, 0, json.length));
  return frame;
}

/** A manifest of the reference with a change in one record, its frame made right again. */
export function changedReferenceManifest(random: Random, manifest: Uint8Array): Uint8Array {
  const bodies = bodiesOf(manifest, 0, REFERENCE_HEAD);
  const changedAt = random(bodies.length);
  const frames = bodies.map((body, index) => {
    if (index !== changedAt) return referenceFrame(body);
    const json = changedJson(random, JSON.parse(new TextDecoder().decode(body)));
    const bytes = new TextEncoder().encode(JSON.stringify(json));
    return referenceFrame(random(4) === 0 ? mutated(random, bytes) : bytes);
  });
  return changedFile(random, joined(...frames));
}

const REFERENCE: FuzzTarget = {
  name: "manifest of the reference",
  attempt: (random) => {
    const records = RECORDS.slice(0, 1 + random(RECORDS.length));
    const frames = records.map((record) => referenceFrame(new TextEncoder().encode(JSON.stringify(record))));
    const bytes = changedReferenceManifest(random, joined(...frames));
    replay(decodeFrames(bytes, FILE).records, FILE);
  },
};

/** A state with tables and memtables, and then edits of each kind. */
const NATIVE_BYTES = nativeManifest(
  {
    nextId: 9,
    lastTimestamp: 500,
    tables: {
      level0: [describedTable(4, "a-f")],
      levels: [{ number: 1, tables: [describedTable(2), describedTable(3, "~-~")] }],
    },
    liveMemtables: [{ id: 6, hasLog: true, syncedBytes: 40 }],
  },
  [nativeEdit("memtable 9"), nativeEdit("synced 6 120")],
  [nativeEdit("flush 6 a-f"), nativeEdit("memtable 10 -")],
  [
    {
      kind: "compaction",
      task: { strategy: "full", level0: [6, 4], level1: [2, 3] },
      outputs: [11],
      tables: [describedTable(11)],
    },
  ],
);

/** What is in each frame from `start` on. */
function bodiesOf(
  bytes: Uint8Array,
  start: number,
  head: { readonly size: number; readonly lengthAt: number },
): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const bodies: Uint8Array[] = [];
  for (let at = start; at < bytes.length; ) {
    const bodyEnd = at + head.size + view.getUint32(at + head.lengthAt);
    bodies.push(bytes.slice(at + head.size, bodyEnd));
    at = bodyEnd + SIZE_CHECKSUM;
  }
  return bodies;
}

/** A frame around any body, written down as the format says; `before` is all that stands before it, `mixed` the checksum it is mixed with. */
function nativeFrame(before: Uint8Array, mixed: number, body: Uint8Array): Uint8Array {
  const frame = joined(new Uint8Array(NATIVE_HEAD.size), body, new Uint8Array(SIZE_CHECKSUM));
  const view = new DataView(frame.buffer);
  const checksumAt = NATIVE_HEAD.size + body.length;
  view.setUint32(0, body.length);
  view.setBigUint64(4, BigInt(before.length));
  view.setUint32(checksumAt, (crc32(frame, 0, checksumAt) ^ mixed) >>> 0);
  return joined(before, frame);
}

function checksumAtEnd(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(bytes.length - SIZE_CHECKSUM);
}

/** A native manifest with a change in one frame, and the frames made right again. */
export function changedNativeManifest(random: Random, manifest: Uint8Array): Uint8Array {
  const bodies = bodiesOf(manifest, SIZE_NATIVE_HEADER, NATIVE_HEAD);
  const changedAt = random(bodies.length);
  let bytes: Uint8Array = manifest.slice(0, SIZE_NATIVE_HEADER);
  let mixed = checksumAtEnd(bytes);
  for (const [index, body] of bodies.entries()) {
    bytes = nativeFrame(bytes, mixed, index === changedAt ? mutated(random, body) : body);
    if (index === 0) mixed = checksumAtEnd(bytes);
  }
  return changedFile(random, bytes);
}

const NATIVE: FuzzTarget = {
  name: "manifest native",
  attempt: (random) => {
    const frames = decodeNativeFrames(changedNativeManifest(random, NATIVE_BYTES), FILE);
    replayNative({ ...frames, warning: undefined }, FILE);
  },
};

function changedFile(random: Random, bytes: Uint8Array): Uint8Array {
  const changed = random(6) === 0 ? reshape(random, bytes) : bytes.slice();
  if (random(6) === 0) alter(random, changed);
  return changed;
}

export const MANIFEST_TARGETS: readonly FuzzTarget[] = [REFERENCE, NATIVE];
