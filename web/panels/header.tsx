import type { VNode } from "preact";
import type { Subject } from "../../src/tools/live/source.ts";
import type { Link } from "../state/connection.ts";
import { link } from "../state/store.ts";

const STRATEGY_NAMES = {
  none: "no compaction",
  simple: "simple leveled",
  leveled: "leveled",
  tiered: "tiered",
} as const;

/** What is looked at, and whether it is still there. */
export function Header({ subject }: { readonly subject: Subject }): VNode {
  const { kind, name, format, compaction, notes } = subject;
  const facts = [
    format === undefined ? undefined : `format ${format}`,
    compaction && STRATEGY_NAMES[compaction.strategy],
  ].filter((fact) => fact !== undefined);
  return (
    <header class="header">
      <div class="brand">
        <img src="/icon.svg" alt="" width="22" height="22" />
        <h1>{name}</h1>
        <p class="facts">{facts.join(" · ")}</p>
      </div>
      <p class={`link link-${kind === "live" ? link.value : "recorded"}`} role="status">
        {kind === "live" ? LINK_TEXTS[link.value] : link.value === "ended" ? "the program has ended" : "recorded"}
      </p>
      {notes.map((note) => (
        <p class="note" key={note}>
          {note}
        </p>
      ))}
    </header>
  );
}

const LINK_TEXTS: { readonly [link in Link]: string } = {
  connecting: "connecting",
  open: "live",
  ended: "the shell has ended",
  refused: "not let in",
};
