import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { targetSizesBytes } from "../../src/compaction/pick-leveled.ts";
import { keyText } from "../key-text.ts";
import { model, prefersStillness, revision, scene, subject } from "../state/store.ts";
import { bytesText, plural } from "../text.ts";
import { Flow, flowOf } from "./flow.tsx";
import { type Layout, layoutTree, type Row } from "./layout.ts";
import { Marks } from "./marks.tsx";
import { useMovement } from "./movement.ts";

/** The tables on disk, level by level over the key space. */
export function TreeView(): VNode {
  revision.value;
  const [width, measure] = useWidth();
  const shown = scene.value;
  const { history, keySpace } = model;
  const position = (key: Uint8Array): number => keySpace.position(key);
  const layout = layoutTree({ tree: shown.tree, tables: history.tables, position, widthPx: width });
  const flow = flowOf(shown, layout, history.tables, position);
  const movement = useMovement(layout, prefersStillness.value);
  return (
    <div class="disk">
      {layout.rows.length === 0 && <p class="empty">Nothing is on disk yet.</p>}
      <div class="rows" style={{ height: `${layout.heightPx}px` }}>
        {layout.rows.map((row) => (
          <RowLabel key={row.depth} row={row} target={targetOf(row, layout)} />
        ))}
      </div>
      <div class="canvas" ref={measure} style={{ height: `${layout.heightPx}px` }}>
        {layout.rows.map(({ depth, top, height }) => (
          <div key={depth} class="rail" style={{ transform: `translateY(${top}px)`, height: `${height}px` }} />
        ))}
        {flow !== undefined && <Flow flow={flow} heightPx={layout.heightPx} />}
        <Marks layout={layout} movement={movement} inputs={flow?.inputs} />
      </div>
      <KeyAxis />
    </div>
  );
}

function RowLabel({ row, target }: { readonly row: Row; readonly target: number | undefined }): VNode {
  const size = row.sizeBytes === undefined ? "" : ` · ${bytesText(row.sizeBytes)}`;
  const share = target === undefined || row.sizeBytes === undefined ? undefined : row.sizeBytes / target;
  return (
    <div class="row-label" style={{ transform: `translateY(${row.top}px)`, height: `${row.height}px` }}>
      <strong>{row.name}</strong>
      <span>
        {row.tables === 0 ? "empty" : plural(row.tables, "table")}
        {row.tables > 0 && size}
      </span>
      {share !== undefined && (
        <div
          class={share > 1 ? "target over" : "target"}
          title={`${bytesText(row.sizeBytes ?? 0)} of ${bytesText(target ?? 0)} that this level may have`}
        >
          <div style={{ transform: `scaleX(${Math.min(1, share)})` }} />
        </div>
      )}
    </div>
  );
}

/** Under the leveled strategy, what a level may hold before tables of it go down. */
function targetOf(row: Row, layout: Layout): number | undefined {
  const compaction = subject.value?.compaction;
  if (compaction?.strategy !== "leveled" || row.number === 0) return undefined;
  const levels = layout.rows.filter(({ number }) => number > 0);
  const target = targetSizesBytes(
    levels.map(({ sizeBytes = 0 }) => sizeBytes),
    compaction,
  )[row.number - 1];
  return target === 0 ? undefined : target;
}

function KeyAxis(): VNode | null {
  revision.value;
  const { first, last } = model.keySpace;
  if (first === undefined || last === undefined) return null;
  return (
    <div class="axis" aria-hidden="true">
      <span class="key">{keyText(first)}</span>
      <span>keys</span>
      <span class="key">{keyText(last)}</span>
    </div>
  );
}

function useWidth(): [width: number, measure: (element: Element | null) => void] {
  const [width, setWidth] = useState(800);
  const element = useRef<Element | null>(null);
  useEffect(() => {
    if (element.current === null) return undefined;
    const observer = new ResizeObserver(([entry]) => {
      if (entry !== undefined) setWidth(entry.contentRect.width);
    });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, []);
  return [
    width,
    (found) => {
      element.current = found;
    },
  ];
}
