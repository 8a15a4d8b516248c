import { csvColumns, csvEntry, csvLine } from "../../../src/tools/transfer/csv.ts";
import { CsvRecords } from "../../../src/tools/transfer/csv-records.ts";
import { jsonLine, parseJsonLine } from "../../../src/tools/transfer/json-lines.ts";
import { bytesOf } from "../../support/tables.ts";
import type { FuzzTarget } from "./fuzz-target.ts";
import { mutated, pick } from "./mutate.ts";

/** Text that an export wrote of keys and values that are hard to write, changed and imported. */
const ENTRIES = [
  [bytesOf("key"), bytesOf("value")],
  [bytesOf('a,"b"\n'), bytesOf("é\u2028\0")],
  [Uint8Array.of(0xff, 0x00), Uint8Array.of()],
] as const;

const encoder = new TextEncoder();
const LINES = ENTRIES.map(([key, value]) => encoder.encode(jsonLine(key, value)));
const CSV = encoder.encode(`key,value,base64\r\n${ENTRIES.map(([key, value]) => csvLine(key, value)).join("")}`);

const JSON_LINE: FuzzTarget = {
  name: "import of a JSON line",
  attempt: (random) => void parseJsonLine(mutated(random, pick(random, LINES)), "line 1"),
};

/** In chunks that are cut anywhere. */
const CSV_TEXT: FuzzTarget = {
  name: "import of CSV",
  attempt: (random) => {
    const bytes = mutated(random, CSV);
    const cut = random(bytes.length + 1);
    const records = new CsvRecords();
    const found = [...records.push(bytes.subarray(0, cut)), ...records.push(bytes.subarray(cut))];
    const [header, ...rest] = [...found, records.end() ?? []].flat();
    if (header === undefined) return;
    const columns = csvColumns(header);
    for (const record of rest) csvEntry(record, columns);
  },
};

export const TRANSFER_TARGETS: readonly FuzzTarget[] = [JSON_LINE, CSV_TEXT];
