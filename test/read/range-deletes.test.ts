import { describe, expect, test } from "vitest";
import { EngineState } from "../support/engine-state.ts";

/** What a reader sees of the keys, by get and by scans in both directions, which must agree. */
function seen(state: EngineState, readTimestamp?: number, range = "(, )"): string {
  const forward = state.scan(range, readTimestamp);
  const backward = state.scan(range, readTimestamp, "descending");
  expect(backward.split(" ").reverse().join(" ")).toBe(forward);
  for (const entry of forward.split(" ").filter(Boolean)) {
    const [key = "", value] = entry.split("=");
    expect(state.get(key, readTimestamp)).toBe(value);
  }
  return forward;
}

describe("a range delete", () => {
  test.each([
    ["in the memtable", "mem: [b,d)@9 | L0: a@1=1 b@2=2 c@3=3 d@4=4"],
    ["in a frozen memtable", "mem: | imm: [b,d)@9 | L0: a@1=1 b@2=2 c@3=3 d@4=4"],
    ["in a table of L0, over older ones", "L0: [b,d)@9 | L0: a@1=1 b@2=2 c@3=3 d@4=4"],
    ["in a table of L0, over levels", "L0: [b,d)@9 | L1: a@1=1 b@2=2 / c@3=3 d@4=4"],
    ["in a level, over lower ones", "L1: [b,d)@9 | L2: a@1=1 b@2=2 / c@3=3 d@4=4"],
    ["in two tables of a level", "L1: [b,b\0)@9 / [c,d)@9 | L2: a@1=1 b@2=2 / c@3=3 d@4=4"],
    ["over the memtable itself", "mem: a@1=1 b@2=2 c@3=3 d@4=4 [b,d)@9"],
    ["over the table itself", "L0: a@1=1 b@2=2 c@3=3 d@4=4 [b,d)@9"],
    ["over everything above it too, as older entries lie there", "mem: a@1=1 b@2=2 c@3=3 d@4=4 [b,d)@9 | L0: b@0=x"],
  ])("%s hides its keys from those who read at it or later", (_, notation) => {
    const state = new EngineState(notation);
    expect(seen(state)).toBe("a=1 d=4");
    expect(seen(state, 9)).toBe("a=1 d=4");
    expect(seen(state, 8)).toBe("a=1 b=2 c=3 d=4");
    expect([state.get("b"), state.get("c"), state.get("d")]).toEqual([undefined, undefined, "4"]);
  });

  test.each([
    ["in the place of the range delete", "mem: b@1=1 c@2=2 [b,d)@3 b@4=3 | L0: a@0=0"],
    ["in a newer place", "mem: b@4=3 | imm: [b,d)@3 | L0: b@1=1 c@2=2 | L1: a@0=0"],
    ["in a table of the range delete", "L0: b@4=3 [b,d)@3 | L1: b@1=1 c@2=2 | L2: a@0=0"],
  ])("leaves newer writes alone that lie %s", (_, notation) => {
    const state = new EngineState(notation);
    expect(seen(state)).toBe("a=0 b=3");
    expect(seen(state, 3)).toBe("a=0");
    expect(seen(state, 2)).toBe("a=0 b=1 c=2");
  });

  test("leaves alone what its own batch wrote after it, with the same timestamp", () => {
    const state = new EngineState("mem: a@1=1 b@1=1 [a,z)@2 a@2=2");
    expect(seen(state)).toBe("a=2");
    expect(seen(state, 1)).toBe("a=1 b=1");
  });

  test("hides deletes as well as values", () => {
    const state = new EngineState("mem: -a@5 [a,c)@6 | L0: a@1=1 b@2=2 | L1: c@0=0");
    expect(seen(state)).toBe("c=0");
    expect(state.get("a")).toBeUndefined();
    expect(state.get("a", 5)).toBe("deleted");
  });

  test("and others over and beside it hide each what is older, for each reader", () => {
    const state = new EngineState(
      "mem: [c,f)@7 [c,f)@10 | imm: [a,d)@5 e@6=6 | L0: b@4=4 d@4=4 g@4=4 | L1: a@1=1 c@2=2 e@3=3 h@1=1",
    );
    expect(seen(state)).toBe("g=4 h=1");
    expect(seen(state, 6)).toBe("d=4 e=6 g=4 h=1");
    expect(seen(state, 5)).toBe("d=4 e=3 g=4 h=1");
    expect(seen(state, 4)).toBe("a=1 b=4 c=2 d=4 e=3 g=4 h=1");
  });

  test("at the ends of a scan's range counts, though its table holds no entry there", () => {
    const state = new EngineState("L0: [b,y)@9 | L1: a@1=1 / c@2=2 d@3=3 / z@4=4");
    expect(seen(state, undefined, "[c, d]")).toBe("");
    expect(seen(state, undefined, "(a, z)")).toBe("");
    expect(seen(state, undefined, "[a, c]")).toBe("a=1");
    expect(seen(state, 8, "[c, d)")).toBe("c=2");
  });

  test("of the empty key begins at the beginning of all", () => {
    const state = new EngineState("mem: [,b)@9 | L0: @1=0 a@2=1 b@3=2");
    expect(seen(state)).toBe("b=2");
    expect(state.get("")).toBeUndefined();
    expect(state.get("", 8)).toBe("0");
  });

  test("in a table without entries is seen among tables with some", () => {
    const state = new EngineState("L1: a@5=5 / [c,e)@9 / f@5=5 | L2: c@1=1 d@1=1 e@1=1");
    expect(seen(state)).toBe("a=5 e=1 f=5");
    expect(seen(new EngineState("L1: [a,c)@9 / [d,f)@9 | L2: c@1=1 d@1=1"))).toBe("c=1");
  });

  test("that comes while a cursor is open changes nothing for it", () => {
    const state = new EngineState("mem: a@1=1 b@2=2 [x,z)@3 | L0: c@0=0 x@0=0");
    const cursor = state.open("(, )", 3);
    state.state.memtable.deleteRange(Buffer.from("a"), Buffer.from("y"), 4);
    const keys: string[] = [];
    for (; cursor.valid; cursor.next()) {
      const { keyBuffer, keyStart, keyEnd } = cursor.source;
      keys.push(Buffer.from(keyBuffer.slice(keyStart, keyEnd)).toString());
    }
    expect(keys).toEqual(["a", "b", "c"]);
    expect(seen(state)).toBe("");
  });

  test.each(["ascending", "descending"] as const)("is looked at anew by seeks, %s", (direction) => {
    const state = new EngineState("mem: [b,d)@9 | L0: a@1=1 b@2=2 c@3=3 d@4=4");
    const cursor = state.open("(, )", undefined, direction);
    const found: (string | undefined)[] = [];
    for (const target of ["d", "b", "c", "a", "bb", "d"]) {
      cursor.seek(Buffer.from(target));
      const { keyBuffer, keyStart, keyEnd } = cursor.source;
      found.push(cursor.valid ? Buffer.from(keyBuffer.slice(keyStart, keyEnd)).toString() : undefined);
    }
    expect(found.join(" ")).toBe(direction === "ascending" ? "d d d a d d" : "d a a a a d");
  });
});

describe("a scan over much that is deleted", () => {
  /** 4000 keys, of which those from k0100 up to k3900 are deleted, in a level of some fifty tables. */
  function state(above: string): EngineState {
    const key = (index: number) => `k${String(index).padStart(4, "0")}`;
    const tables = Array.from({ length: 50 }, (_, table) =>
      Array.from({ length: 80 }, (_, index) => `${key(table * 80 + index)}@1=1`).join(" "),
    );
    return new EngineState(`${above} | L1: ${tables.join(" / ")}`);
  }
  const count = (text: string) => text.split(" ").filter(Boolean).length;

  test.each([
    ["one range delete", "mem: [k0100,k3900)@9"],
    ["a table without entries", "L0: [k0100,k3900)@9"],
    ["range deletes that join each other", "mem: [k0100,k2000)@9 [k2000,k3000)@10 [k3000,k3900)@11"],
    ["range deletes over each other", "mem: [k0100,k2000)@9 [k1000,k3900)@10 | imm: [k0500,k3000)@8"],
  ])("reads only the tables at its ends, under %s", (_, above) => {
    for (const direction of ["ascending", "descending"] as const) {
      const database = state(above);
      expect(count(database.scan("(, )", 8, direction))).toBeGreaterThan(200);
      const before = database.fixture.fs.reads;
      expect(count(database.scan("(, )", undefined, direction))).toBe(200);
      // Each end lies in two tables, each read has a few blocks of 128 bytes more: all fifty have some two thousand.
      expect(database.fixture.fs.reads - before).toBeLessThan(150);
    }
  });

  test.each(["ascending", "descending"] as const)("skips no gap between range deletes, %s", (direction) => {
    const database = state("mem: [k0100,k1500)@9 [k2010,k2200)@9 [k2200,k3900)@11 [k1500,k2000)@12");
    const shown = database.scan("[k0100, k3900)", undefined, direction).split(" ").sort();
    expect(shown).toEqual(Array.from({ length: 10 }, (_, index) => `k200${index}=1`));
    // One of those that join each other is newer than the reader.
    expect(count(database.scan("[k0100, k3900)", 11, direction))).toBe(510);
    expect(count(database.scan("[k0100, k3900)", 9, direction))).toBe(2210);
  });

  test.each(["ascending", "descending"] as const)("meets newer writes among it, %s", (direction) => {
    const database = state("mem: k2000@20=new | imm: [k0100,k3900)@9 k1500@10=new -k1501@11 | L0: k3000@5=old");
    const keys = database
      .scan("(, )", undefined, direction)
      .split(" ")
      .filter((entry) => entry.endsWith("new"));
    const expected = ["k1500=new", "k2000=new"];
    expect(keys).toEqual(direction === "ascending" ? expected : expected.reverse());
  });

  test.each(["ascending", "descending"] as const)(
    "walks what lies in the place of the range delete, %s",
    (direction) => {
      const words = Array.from({ length: 300 }, (_, index) => `k${String(index + 1000)}@${index + 1}=1`).join(" ");
      const database = new EngineState(`mem: ${words} [k1001,k1299)@500 | L0: k1100@0=0 k1200@0=0`);
      expect(database.scan("(, )", undefined, direction).split(" ").sort().join(" ")).toBe("k1000=1 k1299=1");
      expect(count(database.scan("(, )", 400, direction))).toBe(300);
    },
  );
});
