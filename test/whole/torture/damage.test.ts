import { describe, expect, test } from "vitest";
import { DATABASE_FORMATS } from "../../../src/options.ts";
import { bytesOf, filesOf, flipEveryByte, outcomeWith, soundDatabase, swapFiles } from "../../torture/damage.ts";

describe.each(DATABASE_FORMATS)("a small %s database", (format) => {
  test("gives no wrong answer, whichever byte is changed", async () => {
    const sound = await soundDatabase(format, 1);
    const counts = flipEveryByte(sound, 1);
    console.log(`${format}: ${JSON.stringify(counts)}`);
    expect(counts.refused).toBeGreaterThan(0.9 * (counts.flips ?? 0));
    expect(filesOf(sound).map((name) => name.replace(/^\d+/, ""))).toEqual([
      ".sst",
      ".sst",
      ".sst",
      ".wal",
      "MANIFEST",
    ]);
  });

  test("says so when a file is missing or is that of somebody else", async () => {
    const [sound, other] = [await soundDatabase(format, 1), await soundDatabase(format, 2)];
    const { counts, wrong } = swapFiles(sound, other);
    console.log(`${format}: ${JSON.stringify(counts)}, wrong: ${wrong.length}`);
    if (format === "native") expect(wrong).toEqual([]);
    // The tables of the reference's formats name neither their database nor themselves, and its manifest no log's size.
    else expect(new Set(wrong.map((what) => what.replace(/^\d+/, "").slice(0, 4)))).toEqual(new Set([".sst", ".wal"]));
  });

  test("a wrong answer is seen where there is one", async () => {
    const [sound, other] = [await soundDatabase(format, 1), await soundDatabase(format, 2)];
    const [name = ""] = filesOf(sound);
    const strangers = { ...sound, answers: other.answers };
    expect(outcomeWith(strangers, name, bytesOf(sound, name))).toBe("wrong");
  });
});
