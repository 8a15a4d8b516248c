// The conformance suite of the datastore interface (IPFS), on datastore-level.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LevelDatastore } from "datastore-level";
import { interfaceDatastoreTests } from "interface-datastore-tests";

describe("datastore-level", () => {
  interfaceDatastoreTests({
    async setup() {
      const store = new LevelDatastore(await mkdtemp(join(tmpdir(), "datastore-")));
      await store.open();
      return store;
    },
    async teardown(store) {
      await store.close();
      await rm(store.db.location, { recursive: true });
    },
  });
});
