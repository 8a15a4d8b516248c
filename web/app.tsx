import type { VNode } from "preact";
import { Curves } from "./charts/curves.tsx";
import { listenToKeys } from "./keys.ts";
import { Glance } from "./panels/glance.tsx";
import { Header } from "./panels/header.tsx";
import { Shell } from "./panels/shell.tsx";
import { TablePanel } from "./panels/table-panel.tsx";
import { Timeline } from "./panels/timeline.tsx";
import { link, selectedTable, subject } from "./state/store.ts";
import { Memory } from "./tree/memory.tsx";
import { TreeView } from "./tree/tree-view.tsx";

listenToKeys();

export function App(): VNode {
  const shown = subject.value;
  if (shown === undefined) return <Waiting />;
  return (
    <div class="app">
      <Header subject={shown} />
      <main class="main">
        <section class="stage" aria-label="The tree">
          <Memory />
          <TreeView />
        </section>
        <Curves />
      </main>
      <aside class="side">
        {selectedTable.value === undefined ? <Glance /> : <TablePanel id={selectedTable.value} />}
      </aside>
      <footer class="dock">
        <Timeline />
        {shown.takesCommands && <Shell />}
      </footer>
    </div>
  );
}

function Waiting(): VNode {
  const isRefused = link.value === "refused";
  return (
    <main class="waiting">
      <h1>mini-lsm-cli</h1>
      <p role="status">
        {isRefused
          ? "This page is opened by the link that the shell prints: its last part lets you in."
          : link.value === "ended"
            ? "The program that serves this page is not running."
            : "Looking …"}
      </p>
    </main>
  );
}
