import { describe, expect, test } from "vitest";
import { ActiveReaders } from "../../src/mvcc/watermark.ts";
import { randomOf } from "../support/random.ts";

const LATEST = 5000;

test("the timestamps of readers come in ascending order, each once", () => {
  const readers = new ActiveReaders();
  for (const timestamp of [3, 7, 3, 9]) readers.register(timestamp);
  expect(readers.timestamps).toEqual([3, 7, 9]);
  readers.release(7);
  readers.release(3);
  expect(readers.timestamps).toEqual([3, 9]);
});

describe("the watermark", () => {
  test("is the latest timestamp when nobody reads", () => {
    expect(new ActiveReaders().watermark(LATEST)).toBe(LATEST);
  });

  test("is the smallest timestamp read at, in whichever order readers leave", () => {
    const readers = new ActiveReaders();
    for (let timestamp = 0; timestamp <= 1000; timestamp++) {
      readers.register(timestamp);
      expect([readers.watermark(LATEST), readers.timestampCount]).toEqual([0, timestamp + 1]);
    }
    for (let timestamp = 0; timestamp < 500; timestamp++) {
      readers.release(timestamp);
      expect([readers.watermark(LATEST), readers.timestampCount]).toEqual([timestamp + 1, 1000 - timestamp]);
    }
    for (let timestamp = 1000; timestamp > 500; timestamp--) {
      readers.release(timestamp);
      expect([readers.watermark(LATEST), readers.timestampCount]).toEqual([500, timestamp - 500]);
    }
    readers.release(500);
    expect([readers.watermark(LATEST), readers.timestampCount]).toEqual([LATEST, 0]);
  });

  test("stays until the last of several readers at one timestamp has left", () => {
    const readers = new ActiveReaders();
    for (const timestamp of [3, 3, 7, 3, 7]) readers.register(timestamp);
    expect(readers.timestampCount).toBe(2);
    for (const expected of [3, 3, 7]) {
      readers.release(3);
      expect(readers.watermark(LATEST)).toBe(expected);
    }
    readers.release(7);
    expect(readers.watermark(LATEST)).toBe(7);
  });

  test("follows random readers", () => {
    const random = randomOf(52);
    const readers = new ActiveReaders();
    const model: number[] = [];
    let latest = 0;
    for (let step = 0; step < 20_000; step++) {
      const shared = model[random(model.length)];
      if (random(3) === 0) latest += random(3);
      else if (random(2) === 0 || shared === undefined) {
        const timestamp = random(4) === 0 && shared !== undefined ? shared : latest;
        readers.register(timestamp);
        model.push(timestamp);
      } else {
        readers.release(shared);
        model.splice(model.indexOf(shared), 1);
      }
      expect(readers.watermark(latest)).toBe(Math.min(latest, ...model));
      expect(readers.timestampCount).toBe(new Set(model).size);
    }
  });
});

describe("a reader", () => {
  test("is not released more often than registered", () => {
    const readers = new ActiveReaders();
    readers.register(1);
    readers.release(1);
    expect(() => readers.release(1)).toThrow("broken invariant");
  });

  test("does not begin in the past, where versions may be gone", () => {
    const readers = new ActiveReaders();
    readers.register(5);
    expect(() => readers.register(4)).toThrow("broken invariant");
    readers.release(5);
    expect(() => readers.register(4)).toThrow("broken invariant");
  });
});
