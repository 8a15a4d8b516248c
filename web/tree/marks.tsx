import { type Signal, signal } from "@preact/signals";
import type { VNode } from "preact";
import { useRef } from "preact/hooks";
import type { ShownTable } from "../../src/tools/live/change.ts";
import { keyText } from "../key-text.ts";
import { model, selectedTable } from "../state/store.ts";
import { bytesText, plural } from "../text.ts";
import type { FlowInputs } from "./flow.tsx";
import type { Layout, Mark } from "./layout.ts";
import type { Movement } from "./movement.ts";

/** The table that the keyboard would go to; undefined: the first. */
const focused: Signal<number | undefined> = signal(undefined);

export type MarksProps = {
  readonly layout: Layout;
  readonly movement: Movement;
  readonly inputs: FlowInputs | undefined;
};

/** The tables themselves. One stop for the tabulator; arrows go from table to table. */
export function Marks({ layout, movement, inputs }: MarksProps): VNode {
  const group = useRef<HTMLFieldSetElement>(null);
  const { marks } = layout;
  const current = marks.find((mark) => mark.ids[0] === focused.value) ?? marks[0];
  const onKeyDown = (event: KeyboardEvent): void => {
    const next = current && neighbour(marks, current, event.key);
    if (next === undefined) return;
    event.preventDefault();
    focused.value = next.ids[0];
    group.current?.querySelector<HTMLElement>(`[data-table="${next.ids[0]}"]`)?.focus();
  };
  return (
    <fieldset class="marks" aria-label="Tables; arrow keys move, Enter looks inside" ref={group} onKeyDown={onKeyDown}>
      {movement.leaving.map((mark) => (
        <div key={`leaving ${mark.ids[0]}`} class={`mark leaving depth-${depthClass(mark)}`} style={styleOf(mark)} />
      ))}
      {marks.map((mark) => (
        <TableMark
          key={mark.ids[0]}
          mark={mark}
          role={roleOf(mark, inputs)}
          isArriving={mark.ids.every((id) => movement.arriving.has(id))}
          isStop={mark === current}
        />
      ))}
    </fieldset>
  );
}

function TableMark(props: {
  readonly mark: Mark;
  readonly role: string;
  readonly isArriving: boolean;
  readonly isStop: boolean;
}): VNode {
  const { mark, role, isArriving, isStop } = props;
  const [id = 0] = mark.ids;
  const isJoined = mark.ids.length > 1;
  const isSelected = selectedTable.value !== undefined && mark.ids.includes(selectedTable.value);
  const classes = [
    "mark",
    `depth-${depthClass(mark)}`,
    role,
    isArriving && "arriving",
    isJoined && "joined",
    mark.isPlaceless && "placeless",
    mark.height < NAMED_PX && "low",
    isSelected && "selected",
  ];
  const tables = mark.ids.map((each) => model.history.tables.get(each));
  return (
    <button
      type="button"
      class={classes.filter(Boolean).join(" ")}
      style={styleOf(mark)}
      data-table={id}
      tabIndex={isStop ? 0 : -1}
      aria-label={labelOf(mark, tables)}
      aria-pressed={isSelected}
      title={labelOf(mark, tables)}
      onFocus={() => {
        focused.value = id;
      }}
      onClick={() => {
        selectedTable.value = isSelected ? nextOf(mark, selectedTable.value) : id;
      }}
    >
      <span>{isJoined ? `${mark.ids.length} tables` : id}</span>
    </button>
  );
}

/** A joined mark shows one of its tables after another. */
function nextOf({ ids }: Mark, selected: number | undefined): number | undefined {
  return selected === undefined ? ids[0] : ids[ids.indexOf(selected) + 1];
}

function roleOf({ ids }: Mark, inputs: FlowInputs | undefined): string {
  if (inputs === undefined) return "";
  if (ids.some((id) => inputs.upper.has(id))) return "input upper";
  return ids.some((id) => inputs.lower.has(id)) ? "input lower" : "";
}

function labelOf({ ids }: Mark, tables: readonly (ShownTable | undefined)[]): string {
  const [first, last] = [tables[0]?.keys?.first, tables.at(-1)?.keys?.last];
  const keys = first && last ? `, keys ${keyText(first)} to ${keyText(last)}` : "";
  if (ids.length > 1) return `${plural(ids.length, "table")}${keys}`;
  const sizeBytes = tables[0]?.sizeBytes;
  return `Table ${ids[0]}${sizeBytes === undefined ? "" : `, ${bytesText(sizeBytes)}`}${keys}`;
}

function styleOf({ x, width, top, height }: Mark): { readonly [property: string]: string } {
  return { left: `${x * 100}%`, width: `${width * 100}%`, height: `${height}px`, transform: `translateY(${top}px)` };
}

/** Lower marks have no room for their number. */
const NAMED_PX = 14;
const DEPTHS = 7;

/** Deeper levels share the last colour. */
function depthClass({ depth }: Mark): number {
  return Math.min(depth, DEPTHS - 1);
}

/** Left and right in the same lane, up and down to the nearest lane that has something. */
function neighbour(marks: readonly Mark[], from: Mark, key: string): Mark | undefined {
  const middle = from.x + from.width / 2;
  const distance = (mark: Mark): number => Math.abs(mark.x + mark.width / 2 - middle);
  const nearest = (candidates: readonly Mark[]): Mark | undefined => {
    return candidates.reduce<Mark | undefined>((best, mark) => {
      return best === undefined || distance(mark) < distance(best) ? mark : best;
    }, undefined);
  };
  switch (key) {
    case "ArrowLeft":
      return nearest(marks.filter((mark) => mark.top === from.top && mark.x < from.x));
    case "ArrowRight":
      return nearest(marks.filter((mark) => mark.top === from.top && mark.x > from.x));
    case "ArrowUp": {
      const top = Math.max(...marks.filter((mark) => mark.top < from.top).map((mark) => mark.top));
      return nearest(marks.filter((mark) => mark.top === top));
    }
    case "ArrowDown": {
      const top = Math.min(...marks.filter((mark) => mark.top > from.top).map((mark) => mark.top));
      return nearest(marks.filter((mark) => mark.top === top));
    }
    default:
      return undefined;
  }
}
