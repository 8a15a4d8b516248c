import type { Outcome } from "../answers/outcome.ts";
import { visible } from "../answers/text.ts";
import type { Command } from "../language/command.ts";
import type { Execution } from "./execution.ts";
import { explain } from "./explain.ts";
import { fill } from "./fill.ts";
import { scan } from "./scan.ts";
import { shellBackup } from "./shell-backup.ts";
import { stats } from "./stats.ts";
import { tree } from "./tree.ts";
import { watch } from "./watch.ts";

/** Carries out one command. What needs no waiting is answered at once, so that a script of small commands is fast. */
export function execute(execution: Execution, command: Command): Outcome | Promise<Outcome> {
  const { database, store, snapshots } = execution;
  switch (command.kind) {
    case "fill":
      return fill(execution, command);
    case "scan":
      return scan(execution, command);
    case "get": {
      const { key, snapshot } = command;
      const value = (snapshot === undefined ? store : snapshots.find(snapshot)).get(key);
      return value === undefined ? { kind: "missing", key } : { kind: "found", key, value };
    }
    case "put":
      store.put(command.key, command.value);
      return { kind: "stored", key: command.key };
    case "del":
      store.delete(command.key);
      return { kind: "deleted", key: command.key };
    case "begin":
      return { kind: "begun", isolation: store.begin(command.isSerializable) };
    case "commit":
      store.commit();
      return { kind: "committed" };
    case "rollback":
      store.rollback();
      return { kind: "rolledBack" };
    case "snapshot":
      snapshots.take(command.name);
      return { kind: "snapshotTaken", name: command.name };
    case "release":
      snapshots.release(command.name);
      return { kind: "snapshotReleased", name: command.name };
    case "dump":
      return { kind: "structure", tree: database.structure() };
    case "explain":
      return explain(execution, command.read);
    case "tree":
      return tree(execution);
    case "stats":
      return stats(execution);
    case "live":
      return execution.live().then((url) => ({ kind: "live", url }));
    case "flush":
      return database.flush().then(() => ({ kind: "flushed" }));
    case "full_compaction":
      return fullCompaction(execution);
    case "backup":
      return shellBackup(execution, command.directory);
    case "destroy":
      return destroy(execution);
    case "timing":
      if (command.isOn !== undefined) execution.isTimed = command.isOn;
      return { kind: "timing", isOn: execution.isTimed };
    case "watch":
      return watch(execution, command);
    case "source":
      return execution.source(command.path).then(() => ({ kind: "sourced", path: visible(command.path) }));
    case "help":
      return { kind: "help", topic: command.topic };
    case "quit":
      return { kind: "left" };
  }
}

async function fullCompaction({ database, progress, signal }: Execution): Promise<Outcome> {
  progress.begin("full_compaction", undefined);
  try {
    await database.compact(signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    return { kind: "interrupted", command: "full_compaction", progress: "the tables stay as they were" };
  } finally {
    progress.end();
  }
  return { kind: "fullyCompacted" };
}

async function destroy(execution: Execution): Promise<Outcome> {
  const { path } = execution;
  if (!(await execution.confirm(`Delete the database ${path} and everything in it?`))) return { kind: "kept", path };
  return { kind: "destroyed", path, files: await execution.destroy() };
}
