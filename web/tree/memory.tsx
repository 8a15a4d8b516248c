import type { VNode } from "preact";
import type { FrozenMemtable } from "../../src/tools/live/change.ts";
import { figures, isAtNewest, scene, subject } from "../state/store.ts";
import { bytesText, percentText } from "../text.ts";

const SHOWN_MAX = 8;

/** What is in memory: the memtable that takes the writes, and the frozen ones that wait for their flush. */
export function Memory(): VNode | null {
  const { frozen, memtableId } = scene.value;
  if (subject.value?.kind === "simulation") return null;
  const limit = subject.value?.memtable;
  const isFlushing = isAtNewest.value && figures.value?.stats.underWay.flush === true;
  return (
    <div class="memory">
      <div class="row-label">
        <strong>Memory</strong>
        <span>{limit === undefined ? "memtables" : waitingText(frozen.length, limit.limit)}</span>
      </div>
      <div class="memtables">
        <Mutable id={memtableId} />
        <ul class="frozen" aria-label="Frozen memtables, newest first">
          {frozen.slice(0, SHOWN_MAX).map((memtable, index) => (
            <Frozen key={memtable.id} memtable={memtable} isFlushing={isFlushing && index === frozen.length - 1} />
          ))}
          {frozen.length > SHOWN_MAX && <li class="more">+ {frozen.length - SHOWN_MAX}</li>}
        </ul>
      </div>
    </div>
  );
}

function waitingText(frozen: number, limit: number): string {
  return `${frozen} frozen, flushed at ${limit}`;
}

/** How full it is is known of now only. */
function Mutable({ id }: { readonly id: number | undefined }): VNode {
  const sizeBytes = subject.value?.memtable?.sizeBytes;
  const filledBytes = figures.value?.stats.memtableBytes;
  if (!isAtNewest.value || sizeBytes === undefined || filledBytes === undefined) {
    return <div class="memtable mutable unknown">{id === undefined ? "memtable" : `memtable ${id}`}</div>;
  }
  const share = Math.min(1, filledBytes / sizeBytes);
  return (
    <div class="memtable mutable">
      <meter class="unseen" aria-label="Memtable" max={sizeBytes} value={filledBytes}>
        {bytesText(filledBytes)} of {bytesText(sizeBytes)}
      </meter>
      <div class="fill" style={{ transform: `scaleX(${share})` }} />
      <span class="name">memtable</span>
      <span class="amount">
        {bytesText(filledBytes)} <span class="limit">of {bytesText(sizeBytes)}</span>
      </span>
      <span class="share">{percentText(filledBytes, sizeBytes)}</span>
    </div>
  );
}

function Frozen(props: { readonly memtable: FrozenMemtable; readonly isFlushing: boolean }): VNode {
  const { id, sizeBytes } = props.memtable;
  return (
    <li class={props.isFlushing ? "memtable busy" : "memtable"}>
      <span class="name">{id}</span>
      {sizeBytes !== undefined && <span class="amount">{bytesText(sizeBytes)}</span>}
    </li>
  );
}
