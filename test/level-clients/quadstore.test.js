// quadstore: what its README shows, and every pattern it can match against a plain search through the same quads.
import { deepEqual, equal } from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { Level } from "level";
import { Quadstore } from "quadstore";
import { DataFactory } from "rdf-data-factory";

const factory = new DataFactory();
const TERMS = ["subject", "predicate", "object", "graph"];

function quad(s, p, o, g) {
  const object =
    typeof o === "number"
      ? factory.literal(String(o), factory.namedNode("http://www.w3.org/2001/XMLSchema#integer"))
      : factory.namedNode(`ex://${o}`);
  return factory.quad(
    factory.namedNode(`ex://${s}`),
    factory.namedNode(`ex://${p}`),
    object,
    factory.namedNode(`ex://${g}`),
  );
}

/** Quads in an order of their own, as text. */
function shown(quads) {
  return quads.map((quad) => TERMS.map((term) => quad[term].value).join(" ")).sort();
}

describe("quadstore", () => {
  let store;
  let location;
  beforeEach(async () => {
    location = await mkdtemp(join(tmpdir(), "quadstore-"));
    store = new Quadstore({ backend: new Level(location), dataFactory: factory });
    await store.open();
  });
  afterEach(async () => {
    await store.close();
    await rm(location, { recursive: true });
  });

  const quads = [];
  for (let s = 0; s < 4; s++) {
    for (let p = 0; p < 3; p++) {
      for (let o = 0; o < 3; o++)
        for (let g = 0; g < 2; g++) quads.push(quad(`s${s}`, `p${p}`, o === 2 ? s * 10 : `o${o}`, `g${g}`));
    }
  }

  it("puts, gets and deletes quads", async () => {
    await store.put(quads[0]);
    await store.multiPut(quads.slice(1, 4));
    deepEqual(shown((await store.get({})).items), shown(quads.slice(0, 4)));
    await store.del(quads[0]);
    await store.multiDel([quads[1]]);
    await store.patch(quads[2], quads[9]);
    deepEqual(shown((await store.get({})).items), shown([quads[3], quads[9]]));
    await store.multiPatch([quads[3]], quads.slice(20, 30));
    equal((await store.get({})).items.length, 11);
    await store.clear();
    deepEqual((await store.get({})).items, []);
  });

  it("answers every pattern as a search through all quads does", async () => {
    await store.multiPut(quads);
    let patterns = 0;
    for (let mask = 0; mask < 16; mask++) {
      // No index serves a number together with everything else.
      for (const sample of [quads[0], quads[21], quads.at(-3)]) {
        const bound = TERMS.filter((_, index) => (mask >> index) & 1);
        const pattern = Object.fromEntries(bound.map((term) => [term, sample[term]]));
        const expected = quads.filter((quad) => bound.every((term) => quad[term].equals(sample[term])));
        deepEqual(shown((await store.get(pattern)).items), shown(expected));
        patterns++;
      }
    }
    equal(patterns, 48);
  });

  it("matches ranges of numbers, in order, within a limit", async () => {
    await store.multiPut(quads);
    const integer = factory.namedNode("http://www.w3.org/2001/XMLSchema#integer");
    const range = { termType: "Range", gte: factory.literal("10", integer), lt: factory.literal("30", integer) };
    const { items } = await store.get(
      { predicate: factory.namedNode("ex://p1"), object: range },
      { order: ["object"] },
    );
    deepEqual(
      items.map(({ object }) => Number(object.value)),
      [10, 10, 20, 20],
    );
    const limited = await store.get({ graph: factory.namedNode("ex://g1") }, { limit: 5 });
    equal(limited.items.length, 5);
  });

  it("streams in and out", async () => {
    const imported = store.import(Readable.from(quads));
    await new Promise((resolve, reject) => imported.on("end", resolve).on("error", reject));
    const { iterator } = await store.getStream({ graph: factory.namedNode("ex://g0") });
    const found = await iterator.toArray();
    equal(found.length, quads.length / 2);
    const removed = store.removeMatches(null, null, null, factory.namedNode("ex://g0"));
    await new Promise((resolve, reject) => removed.on("end", resolve).on("error", reject));
    equal((await store.get({})).items.length, quads.length / 2);
    equal((await store.match(quads[1].subject).toArray()).length, 9);
  });

  it("keeps scopes of blank nodes, and all of it when it is opened again", async () => {
    const scope = await store.initScope();
    const nameless = factory.quad(factory.blankNode("b"), quads[0].predicate, quads[0].object, quads[0].graph);
    await store.put(nameless, { scope });
    await store.multiPut(quads);
    await store.close();
    store = new Quadstore({ backend: new Level(location), dataFactory: factory });
    await store.open();
    equal((await store.get({})).items.length, quads.length + 1);
    await store.loadScope(scope.id);
    await store.deleteScope(scope.id);
  });
});
