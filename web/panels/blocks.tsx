import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { SHOWN_KEY_BYTES_MAX } from "../../src/tools/live/change.ts";
import type { BlockInspection, TableInspection } from "../../src/tools/live/inspection.ts";
import { bytesOfText } from "../../src/tools/live/wire.ts";
import { keyText } from "../key-text.ts";
import { connection } from "../state/store.ts";
import { bytesText, countText, plural } from "../text.ts";

/** Blocks that are listed at a time. */
const LISTED = 40;

/** The index: each data block with its first key, and inside it its entries. */
export function Blocks({ inspection }: { readonly inspection: TableInspection }): VNode {
  const first = useSignal(0);
  const opened = useSignal<BlockInspection | string | undefined>(undefined);
  const openedNumber = useSignal<number | undefined>(undefined);
  const { blocks, blockCount, id } = inspection;
  const toggle = async (number: number): Promise<void> => {
    opened.value = undefined;
    openedNumber.value = openedNumber.value === number ? undefined : number;
    if (openedNumber.value === undefined) return;
    const answer = await connection
      .ask<BlockInspection>(`/api/tables/${id}/blocks/${number}`)
      .catch((error: Error) => error.message);
    if (openedNumber.value === number) opened.value = answer;
  };
  return (
    <>
      <h3>
        Index <small>{plural(blockCount, "block")}</small>
      </h3>
      <ol class="blocks" start={first.value}>
        {blocks.slice(first.value, first.value + LISTED).map(({ firstKey, sizeBytes }, index) => {
          const number = first.value + index;
          const isOpen = openedNumber.value === number;
          return (
            <li key={number}>
              <button type="button" class="block" aria-expanded={isOpen} onClick={() => void toggle(number)}>
                <span class="number">{number}</span>
                <span class="key">{keyText(bytesOfText(firstKey))}</span>
                <span class="size">{bytesText(sizeBytes)}</span>
              </button>
              {isOpen && <Entries block={opened.value} />}
            </li>
          );
        })}
      </ol>
      {blocks.length > LISTED && (
        <p class="pages">
          <button type="button" disabled={first.value === 0} onClick={() => (first.value -= LISTED)}>
            Back
          </button>
          <span>
            {countText(first.value)} to {countText(Math.min(first.value + LISTED, blocks.length) - 1)} of{" "}
            {countText(blockCount)}
          </span>
          <button
            type="button"
            disabled={first.value + LISTED >= blocks.length}
            onClick={() => (first.value += LISTED)}
          >
            On
          </button>
        </p>
      )}
    </>
  );
}

function Entries({ block }: { readonly block: BlockInspection | string | undefined }): VNode {
  if (block === undefined) return <p class="empty">Reading …</p>;
  if (typeof block === "string") return <p class="empty">{block}</p>;
  const hasTimestamps = block.entries.some(({ timestamp }) => timestamp > 0);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
    <section class="entries" aria-label="Entries" tabIndex={0}>
      <table>
        <thead class="unseen">
          <tr>
            <th>Key</th>
            {hasTimestamps && <th>Timestamp</th>}
            <th>Value</th>
          </tr>
        </thead>
        <tbody>
          {block.entries.map(({ key, timestamp, isDelete, value, valueBytes }, index) => (
            <tr key={index}>
              <td class="key">{keyText(bytesOfText(key))}</td>
              {hasTimestamps && <td class="timestamp">{timestamp}</td>}
              <td class={isDelete ? "deleted" : "key"}>
                {isDelete ? "deleted" : keyText(bytesOfText(value))}
                {valueBytes > SHOWN_KEY_BYTES_MAX && ` (${bytesText(valueBytes)})`}
              </td>
            </tr>
          ))}
          {block.count > block.entries.length && (
            <tr>
              <td colSpan={3}>and {countText(block.count - block.entries.length)} more</td>
            </tr>
          )}
        </tbody>
      </table>
    </section>
  );
}
