import { crc32 } from "../../../src/codec/crc32.ts";
import type { DatabaseFormat, ReferenceFormat } from "../../../src/options.ts";
import { HEADER, readNative, recordOf, SYNC, writtenLog } from "../../support/native-log.ts";
import { readLog, walBytes } from "../../support/wal-notation.ts";
import type { FuzzTarget } from "./fuzz-target.ts";
import { alter, joined, mutated, pick, type Random, reshape } from "./mutate.ts";

/**
 * Logs whose records have a changed body and a right frame, and now and then something wrong with the frame. Both ways of
 * recovery read them.
 */
const BATCHES = ["a=1 b=22", "key_1=value b=", "a= c=333", "empty="];
const RECOVERIES = ["strict", "tail"] as const;

/** The body of each record of an `mvcc` log, or each whole record of a `plain` one but for its checksum. */
function referenceBodies(format: ReferenceFormat): Uint8Array[] {
  return BATCHES.flatMap((batch) => (format === "plain" ? batch.split(" ") : [batch])).map((batch) => {
    const bytes = walBytes(format, batch);
    return Uint8Array.from(bytes.subarray(format === "mvcc" ? 4 : 0, -4));
  });
}

function referenceRecord(format: ReferenceFormat, body: Uint8Array): Uint8Array {
  const head = new Uint8Array(format === "mvcc" ? 4 : 0);
  const tail = new Uint8Array(4);
  if (format === "mvcc") new DataView(head.buffer).setUint32(0, body.length);
  new DataView(tail.buffer).setUint32(0, crc32(body, 0, body.length));
  return joined(head, body, tail);
}

function referenceTarget(format: ReferenceFormat): FuzzTarget {
  const bodies = referenceBodies(format);
  return {
    name: `log ${format}`,
    attempt: (random) => {
      const count = 1 + random(5);
      const records = Array.from({ length: count }, () => referenceRecord(format, changedBody(random, bodies)));
      const bytes = changedFile(random, joined(...records));
      readLog(bytes, random(3) === 0 ? undefined : format, pick(random, RECOVERIES));
    },
  };
}

const NATIVE_SAMPLE = writtenLog(["a=1 b=22", SYNC, "key_1=value -b", "c..d e=", SYNC, "f="]);
const NATIVE_BODIES = NATIVE_SAMPLE.starts.map((start, index) => {
  const end = NATIVE_SAMPLE.starts[index + 1] ?? NATIVE_SAMPLE.bytes.length;
  return Uint8Array.from(NATIVE_SAMPLE.bytes.subarray(start + 20, end - 4));
});

const NATIVE: FuzzTarget = {
  name: "log native",
  attempt: (random) => {
    let bytes: Uint8Array = HEADER;
    for (let count = random(5); count >= 0; count--) {
      const synced = pick(random, [0, bytes.length, random(bytes.length + 1), bytes.length + 1]);
      bytes = joined(bytes, recordOf(bytes.length, synced, changedBody(random, NATIVE_BODIES)));
    }
    const syncedBytes = pick(random, [0, random(bytes.length + 1), bytes.length, bytes.length + 1]);
    readNative(changedFile(random, bytes), { syncedBytes, recovery: pick(random, RECOVERIES) });
  },
};

function changedBody(random: Random, bodies: readonly Uint8Array[]): Uint8Array {
  const body = pick(random, bodies);
  return random(3) === 0 ? mutated(random, body) : body;
}

function changedFile(random: Random, bytes: Uint8Array): Uint8Array {
  const changed = random(4) === 0 ? reshape(random, bytes) : bytes.slice();
  if (random(3) === 0) alter(random, changed);
  return changed;
}

const REFERENCE_FORMATS: readonly Exclude<DatabaseFormat, "native">[] = ["plain", "mvcc"];

export const LOG_TARGETS: readonly FuzzTarget[] = [...REFERENCE_FORMATS.map(referenceTarget), NATIVE];
