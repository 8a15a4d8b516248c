import { type Signal, signal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { CommandAnswer } from "../../src/tools/live/live-server.ts";
import { COMMAND_INPUT_ID } from "../keys.ts";
import { connection } from "../state/store.ts";

type Entry = { readonly line: string; readonly answer: Signal<CommandAnswer | undefined> };

const ENTRIES_MAX = 50;

const entries: Signal<readonly Entry[]> = signal([]);
const line: Signal<string> = signal("");
/** How far back in what was typed one looks; 0 is the line that is being typed. */
const recalled: Signal<number> = signal(0);

/** A line of the shell, and what it answered. */
export function Shell(): VNode {
  const isBusy = entries.value.some(({ answer }) => answer.value === undefined);
  return (
    <section class="shell" aria-label="Shell">
      {entries.value.length > 0 && <Log />}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void run(line.value.trim());
        }}
      >
        <label for={COMMAND_INPUT_ID}>mini-lsm-cli&gt;</label>
        <input
          id={COMMAND_INPUT_ID}
          type="text"
          value={line}
          placeholder="fill 1 100000"
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          onInput={(event) => {
            line.value = event.currentTarget.value;
            recalled.value = 0;
          }}
          onKeyDown={recall}
        />
        {isBusy && (
          <button type="button" onClick={() => void connection.interrupt()}>
            Stop
          </button>
        )}
        {!isBusy && entries.value.length > 0 && (
          <button
            type="button"
            onClick={() => {
              entries.value = [];
            }}
          >
            Clear
          </button>
        )}
      </form>
    </section>
  );
}

function Log(): VNode {
  const list = useRef<HTMLDivElement>(null);
  const last = entries.value.at(-1)?.answer.value;
  useEffect(() => {
    // A long answer is read from its beginning.
    const newest = list.current?.lastElementChild;
    if (newest instanceof HTMLElement) list.current?.scrollTo({ top: newest.offsetTop - list.current.offsetTop });
  }, [entries.value, last]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
    <div class="log" role="log" aria-label="Answers" tabIndex={0} ref={list}>
      {entries.value.map(({ line: typed, answer }, index) => (
        <div class="entry" key={`${index} ${typed}`}>
          <p class="typed">{typed}</p>
          {answer.value === undefined ? <p class="pending">…</p> : <Answer answer={answer.value} />}
        </div>
      ))}
    </div>
  );
}

function Answer({ answer }: { readonly answer: CommandAnswer }): VNode {
  return (
    <pre>
      {answer.parts.map(({ text, isTrouble }, index) => (
        <span key={index} class={isTrouble ? "trouble" : undefined}>
          {text}
        </span>
      ))}
      {answer.isCut && <span class="trouble">… and more, which the page leaves out</span>}
    </pre>
  );
}

async function run(typed: string): Promise<void> {
  if (typed === "") return;
  line.value = "";
  recalled.value = 0;
  const answer: Signal<CommandAnswer | undefined> = signal(undefined);
  entries.value = [...entries.value, { line: typed, answer }].slice(-ENTRIES_MAX);
  try {
    answer.value = await connection.run(typed);
  } catch (error) {
    const text = error instanceof TypeError ? "The shell has ended." : `error: ${(error as Error).message}`;
    answer.value = { parts: [{ text, isTrouble: true }], isCut: false };
  }
}

function recall(event: KeyboardEvent): void {
  const step = event.key === "ArrowUp" ? 1 : event.key === "ArrowDown" ? -1 : 0;
  const typed = entries.value.at(-(recalled.value + step));
  if (step === 0 || recalled.value + step < 0 || recalled.value + step > entries.value.length) return;
  event.preventDefault();
  recalled.value += step;
  line.value = recalled.value === 0 ? "" : (typed?.line ?? "");
}
