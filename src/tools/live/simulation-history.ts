import { runSimulation, type SimulationObserver } from "../simulator/run-simulation.ts";
import type { SimulationOptions } from "../simulator/simulation-options.ts";
import { type ShownTable, shownKey } from "./change.ts";
import { History } from "./history.ts";

/** Runs a simulation as `runSimulation` does, and writes down what happened to its tree. Throws what that throws. */
export function simulateHistory(options: SimulationOptions, write: (line: string) => void): History {
  const history = new History();
  const observer: SimulationObserver = {
    flushed: (table) => history.add({ kind: "flush", table: shown(table) }, undefined),
    compacting: (task, reason) => history.add({ kind: "compactionBegin", task, reason }, undefined),
    compacted: (task, outputs) => {
      history.add({ kind: "compactionEnd", task, outputs: outputs.map(shown) }, undefined);
    },
  };
  runSimulation(options, write, observer);
  return history;
}

function shown({ id, sizeBytes, firstKey, lastKey }: Parameters<SimulationObserver["flushed"]>[0]): ShownTable {
  const keys = { first: shownKey(firstKey), last: shownKey(lastKey) };
  return { id, sizeBytes, keys, entries: undefined, deletes: undefined, rangeDeletes: undefined };
}
