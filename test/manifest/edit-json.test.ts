import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LsmError } from "../../src/errors.ts";
import type { Edit } from "../../src/manifest/edit.ts";
import { decodeEdit, encodeEdit } from "../../src/manifest/edit-json.ts";

const text = (edit: Edit): string => new TextDecoder().decode(encodeEdit(edit));
const parse = (json: string): Edit => decodeEdit(new TextEncoder().encode(json));

const levels =
  '"upper_level":3,"upper_level_sst_ids":[7],"lower_level":4,"lower_level_sst_ids":[5,6],"is_lower_level_bottom_level":true';

describe("an edit as JSON", () => {
  test.each<[string, Edit]>([
    ['{"NewMemtable":5}', { kind: "newMemtable", id: 5 }],
    ['{"Flush":0}', { kind: "flush", id: 0 }],
    [
      '{"Compaction":[{"ForceFullCompaction":{"l0_sstables":[3,1],"l1_sstables":[]}},[]]}',
      { kind: "compaction", task: { strategy: "full", level0: [3, 1], level1: [] }, outputs: [] },
    ],
    [
      '{"Compaction":[{"Simple":{"upper_level":null,"upper_level_sst_ids":[2,1],"lower_level":1,"lower_level_sst_ids":[],"is_lower_level_bottom_level":false}},[3]]}',
      {
        kind: "compaction",
        task: {
          strategy: "simple",
          upperLevel: undefined,
          upperTables: [2, 1],
          lowerLevel: 1,
          lowerTables: [],
          isLowerLevelBottom: false,
        },
        outputs: [3],
      },
    ],
    [
      `{"Compaction":[{"Leveled":{${levels}}},[8,9]]}`,
      {
        kind: "compaction",
        task: {
          strategy: "leveled",
          upperLevel: 3,
          upperTables: [7],
          lowerLevel: 4,
          lowerTables: [5, 6],
          isLowerLevelBottom: true,
        },
        outputs: [8, 9],
      },
    ],
    [
      '{"Compaction":[{"Tiered":{"tiers":[[3,[3]],[1,[1,2]]],"bottom_tier_included":false}},[4]]}',
      {
        kind: "compaction",
        task: {
          strategy: "tiered",
          tiers: [
            { id: 3, tables: [3] },
            { id: 1, tables: [1, 2] },
          ],
          isBottomIncluded: false,
        },
        outputs: [4],
      },
    ],
  ])("%s is written and read", (json, edit) => {
    expect(text(edit)).toBe(json);
    expect(parse(json)).toEqual(edit);
  });

  test("is read in any field order, with fields nobody knows and white space", () => {
    const json =
      ' {"Compaction" : [ {"Simple":{"is_lower_level_bottom_level":true,\n"since":"0.3","lower_level_sst_ids":[],"lower_level":1,"upper_level_sst_ids":[ 2 ]}}, [3 ] ]}\t';
    expect(text(parse(json))).toBe(
      '{"Compaction":[{"Simple":{"upper_level":null,"upper_level_sst_ids":[2],"lower_level":1,"lower_level_sst_ids":[],"is_lower_level_bottom_level":true}},[3]]}',
    );
  });

  test.each([
    "",
    "null",
    "[]",
    '{"Flush":1',
    "{}",
    '{"Flush":1,"NewMemtable":2}',
    '{"Drop":1}',
    '{"Flush":-1}',
    '{"Flush":-0}',
    '{"Flush":1.5}',
    '{"Flush":"1"}',
    '{"Flush":9007199254740992}',
    '{"Compaction":[]}',
    `{"Compaction":[{"Leveled":{${levels}}}]}`,
    `{"Compaction":[{"Leveled":{${levels}}},[1],[2]]}`,
    `{"Compaction":[{"Leveled":{${levels}}},[null]]}`,
    `{"Compaction":[{"Leveled":{${levels.replace("true", "1")}}},[1]]}`,
    `{"Compaction":[{"Leveled":{${levels.replace('"lower_level":4,', "")}}},[1]]}`,
    '{"Compaction":[{"ForceFullCompaction":{"l0_sstables":[3,1]}},[4]]}',
    '{"Compaction":[{"Tiered":{"tiers":[[3]],"bottom_tier_included":true}},[4]]}',
    '{"Compaction":[{"Tiered":{"tiers":3,"bottom_tier_included":true}},[4]]}',
    '{"Compaction":[{"Other":{}},[4]]}',
  ])("%j is refused", (json) => {
    expect(() => parse(json)).toThrow(expect.objectContaining({ code: "CORRUPTION" }));
  });

  test("bytes that are not UTF-8 are refused", () => {
    expect(() => decodeEdit(Uint8Array.of(0x7b, 0xff, 0x7d))).toThrow(LsmError);
  });

  test("any JSON at all is either an edit that is written back to the same meaning, or refused", () => {
    const members = fc.constantFrom("Flush", "NewMemtable", "Compaction", "Simple", "tiers");
    const json = fc.oneof(fc.json(), fc.dictionary(members, fc.jsonValue()).map(JSON.stringify));
    fc.assert(
      fc.property(json, (candidate) => {
        try {
          const edit = parse(candidate);
          expect(parse(text(edit))).toEqual(edit);
        } catch (error) {
          expect(error).toMatchObject({ code: "CORRUPTION" });
        }
      }),
    );
  });
});
