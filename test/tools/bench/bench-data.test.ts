import { describe, expect, test } from "vitest";
import { BenchData } from "../../../src/tools/bench/bench-data.ts";

const data = new BenchData(1000, 20);
const numbers = Array.from({ length: 1000 }, (_, index) => index);

describe("the data of a benchmark", () => {
  test("has keys in the order of their numbers, and missing ones between them", () => {
    const keys = numbers.flatMap((index) => [data.key(index), data.missingKey(index)]);
    expect(keys.toSorted(Buffer.compare)).toEqual(keys);
    expect(data.key(7).toString()).toBe(Buffer.from("0000000000000007").toString());
  });

  test("has a random order in which each number stands once", () => {
    const order = numbers.map((place) => data.shuffled(place));
    expect(order).not.toEqual(numbers);
    expect(order.toSorted((left, right) => left - right)).toEqual(numbers);
    expect(new BenchData(1000, 20).shuffled(3)).toBe(order[3]);
  });

  test("has values of one size, another for each key and version", () => {
    const values = [0, 1].flatMap((version) =>
      numbers.map((index) => Buffer.from(data.value(index, version)).toString("hex")),
    );
    expect(new Set(values).size).toBe(2000);
    expect(new Set(values.map((value) => value.length))).toEqual(new Set([40]));
  });
});
