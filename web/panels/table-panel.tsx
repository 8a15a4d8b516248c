import { type Signal, useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect } from "preact/hooks";
import type { TableInspection } from "../../src/tools/live/inspection.ts";
import { bytesOfText } from "../../src/tools/live/wire.ts";
import { keyText } from "../key-text.ts";
import { closeTable } from "../keys.ts";
import { connection, model, scene, subject } from "../state/store.ts";
import { bytesText, countText, plural } from "../text.ts";
import { Blocks } from "./blocks.tsx";
import { Filter } from "./filter.tsx";

/** What was asked of the program: an answer, why there is none, or undefined while it is awaited. */
type Asked<Answer> = { readonly answer: Answer } | { readonly refusal: string } | undefined;

/** A table and what is in its file. */
export function TablePanel({ id }: { readonly id: number }): VNode {
  const asked = useInspection(id);
  const table = model.history.tables.get(id);
  const keys = table?.keys;
  const facts = [
    table?.sizeBytes === undefined ? undefined : bytesText(table.sizeBytes),
    table?.entries === undefined ? undefined : plural(table.entries, "entry", "entries"),
    table?.deletes ? `${countText(table.deletes)} of them deletes` : undefined,
    table?.rangeDeletes ? plural(table.rangeDeletes, "range delete") : undefined,
  ].filter((fact) => fact !== undefined);
  return (
    <section class="panel table-panel" aria-labelledby="table-heading">
      <h2 id="table-heading">
        Table {id} <small>{placeOf(id) ?? "no more in the tree"}</small>
        <button type="button" class="close" aria-label="Close" title="Close: Escape" onClick={closeTable}>
          <span aria-hidden="true">×</span>
        </button>
      </h2>
      {facts.length > 0 && <p>{facts.join(", ")}.</p>}
      {keys !== undefined && (
        <p class="keys">
          <span class="key">{keyText(keys.first)}</span> <span class="between">to</span>{" "}
          <span class="key">{keyText(keys.last)}</span>
        </p>
      )}
      <Inside asked={asked} id={id} />
    </section>
  );
}

function Inside({ asked, id }: { readonly asked: Asked<TableInspection>; readonly id: number }): VNode | null {
  if (subject.value?.hasFiles === false) return <p class="empty">A simulated table has no file to look into.</p>;
  if (asked === undefined) return <p class="empty">Reading …</p>;
  if ("refusal" in asked) return <p class="empty">{asked.refusal}</p>;
  const inspection = asked.answer;
  return (
    <>
      {inspection.faults.map((fault) => (
        <p class="trouble" key={fault}>
          Damaged: {fault}
        </p>
      ))}
      <h3>The file</h3>
      <FileMap inspection={inspection} />
      {inspection.rangeDeletes.length > 0 && <RangeDeletes inspection={inspection} />}
      <Blocks key={id} inspection={inspection} />
      {inspection.filter !== undefined && <Filter key={`filter ${id}`} id={id} filter={inspection.filter} />}
    </>
  );
}

/** The parts of the file, as wide as they are long. */
function FileMap({ inspection: { parts, sizeBytes } }: { readonly inspection: TableInspection }): VNode {
  return (
    <>
      <div class="file-map" aria-hidden="true">
        {parts.map(({ name, start, end }) => (
          <div
            key={name}
            class={`part part-${name.replace(" ", "-")}`}
            style={{ flexGrow: (end - start) / sizeBytes }}
          />
        ))}
      </div>
      <ul class="legend">
        {parts.map(({ name, start, end }) => (
          <li key={name} class={`part-${name.replace(" ", "-")}`}>
            {name} <span>{bytesText(end - start)}</span>
          </li>
        ))}
      </ul>
    </>
  );
}

function RangeDeletes({ inspection: { rangeDeletes } }: { readonly inspection: TableInspection }): VNode {
  return (
    <>
      <h3>Range deletes</h3>
      <ul class="range-deletes">
        {rangeDeletes.map(({ from, to, versions }) => (
          <li key={from}>
            <span class="key">{keyText(bytesOfText(from))}</span> <span class="between">to before</span>{" "}
            <span class="key">{keyText(bytesOfText(to))}</span>
            {versions > 1 && ` (${versions} times)`}
          </li>
        ))}
      </ul>
    </>
  );
}

function placeOf(id: number): string | undefined {
  const { level0, levels } = scene.value.tree;
  if (level0.includes(id)) return "in L0";
  const level = levels.find(({ tables }) => tables.includes(id));
  if (level === undefined) return undefined;
  return levels.every(({ number }, index) => number === index + 1) ? `in L${level.number}` : `in tier ${level.number}`;
}

function useInspection(id: number): Asked<TableInspection> {
  const asked: Signal<Asked<TableInspection>> = useSignal(undefined);
  useEffect(() => {
    let isWanted = true;
    const settle = (answer: Asked<TableInspection>): void => {
      if (isWanted) asked.value = answer;
    };
    asked.value = undefined;
    if (subject.peek()?.hasFiles !== false) {
      connection.ask<TableInspection>(`/api/tables/${id}`).then(
        (answer) => settle({ answer }),
        (error: Error) => settle({ refusal: error.message }),
      );
    }
    return () => {
      isWanted = false;
    };
  }, [id]);
  return asked.value;
}
