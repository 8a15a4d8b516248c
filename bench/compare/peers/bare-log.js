import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";

export const what = "one writeSync per record and nothing else: the floor under any log";
export const isPromise = false;
export const only = ["fillseq", "fillrandom", "fill-10k", "fill-1m"];
const KEY_BYTES = 16;
/** As much as a record of this project's log has beside key and value. */
const HEAD_BYTES = 41;

/** @param {string} directory */
export function open(directory) {
  const path = join(directory, "log");
  const file = openSync(path, "a");
  let record = Buffer.alloc(0);
  let valueBytes = 0;
  return {
    put: (key, value) => {
      if (record.length === 0) {
        valueBytes = value.length;
        record = Buffer.alloc(HEAD_BYTES + KEY_BYTES + valueBytes);
        record.writeUInt32BE(valueBytes, 0);
      }
      record.set(key, HEAD_BYTES);
      record.set(value, HEAD_BYTES + KEY_BYTES);
      writeSync(file, record, 0, record.length);
    },
    sweep: (_, visit) => {
      for (const [key, value] of entriesOf(readFileSync(path))) visit(key, value);
    },
    close: () => closeSync(file),
  };
}

/** @param {Buffer} bytes */
function entriesOf(bytes) {
  const entries = [];
  for (let at = 0; at < bytes.length; ) {
    const keyAt = at + HEAD_BYTES;
    const valueAt = keyAt + KEY_BYTES;
    const end = valueAt + bytes.readUInt32BE(at);
    entries.push([bytes.subarray(keyAt, valueAt), bytes.subarray(valueAt, end)]);
    at = end;
  }
  return entries.sort(([left], [right]) => Buffer.compare(left, right));
}
