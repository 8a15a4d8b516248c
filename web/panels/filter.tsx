import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { FilterInspection } from "../../src/tools/live/inspection.ts";
import { connection } from "../state/store.ts";
import { countText, percentText } from "../text.ts";

const COLUMNS = 64;

/** The bloom filter: how full it is, and what it says of a key. */
export function Filter({ id, filter }: { readonly id: number; readonly filter: FilterInspection }): VNode {
  const { bits, setBits, probes, falsePositives } = filter;
  return (
    <>
      <h3>
        Bloom filter <small>{countText(bits)} bits</small>
      </h3>
      <Density filter={filter} />
      <p>
        {percentText(setBits, bits)} of the bits are set. A key sets {probes}, so of keys that are not here{" "}
        {percentText(falsePositives, 1)} are looked for in vain.
      </p>
      <Question id={id} />
    </>
  );
}

/** A picture of the bits; where there are many, each cell stands for some of them. */
function Density({ filter: { density, bits } }: { readonly filter: FilterInspection }): VNode {
  const canvas = useRef<HTMLCanvasElement>(null);
  const rows = Math.ceil(density.length / COLUMNS);
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context || canvas.current === null) return;
    context.clearRect(0, 0, COLUMNS, rows);
    context.fillStyle = getComputedStyle(canvas.current).color;
    for (const [cell, share] of density.entries()) {
      context.globalAlpha = 0.08 + share * 0.92;
      context.fillRect(cell % COLUMNS, Math.floor(cell / COLUMNS), 1, 1);
    }
  });
  const cell =
    bits > density.length ? `Each cell is ${Math.round(bits / density.length)} bits.` : "Each cell is a bit.";
  return (
    <canvas
      class="density"
      ref={canvas}
      width={COLUMNS}
      height={rows}
      style={{ aspectRatio: `${COLUMNS} / ${rows}` }}
      role="img"
      title={cell}
      aria-label={`The bits of the filter. ${cell}`}
    />
  );
}

function Question({ id }: { readonly id: number }): VNode {
  const key = useSignal("");
  const answer = useSignal<string | undefined>(undefined);
  const ask = async (): Promise<void> => {
    answer.value = await connection
      .ask<{ mayContain: boolean }>(`/api/tables/${id}/filter?${new URLSearchParams({ key: key.value })}`)
      .then(
        ({ mayContain }) =>
          mayContain ? "It may be here: the block must be read." : "It is not here: nothing is read.",
        (error: Error) => error.message,
      );
  };
  return (
    <form
      class="question"
      onSubmit={(event) => {
        event.preventDefault();
        void ask();
      }}
    >
      <label>
        Ask it for a key
        <input
          type="text"
          value={key}
          autocomplete="off"
          spellcheck={false}
          onInput={(event) => {
            key.value = event.currentTarget.value;
            answer.value = undefined;
          }}
        />
      </label>
      <button type="submit">Ask</button>
      <p role="status">{answer}</p>
    </form>
  );
}
