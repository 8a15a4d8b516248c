import { goToNewest, selectedTable, step, togglePlaying } from "./state/store.ts";

export const COMMAND_INPUT_ID = "command";

const ACTIONS: { readonly [key: string]: () => void } = {
  "[": () => step(-1),
  "]": () => step(1),
  "{": () => step(-10),
  "}": () => step(10),
  l: goToNewest,
  p: togglePlaying,
  Escape: closeTable,
  "/": () => document.getElementById(COMMAND_INPUT_ID)?.focus(),
};

/** Looks into no table any more, and goes back to where it was chosen: to its mark, or where that is gone to the tables. */
export function closeTable(): void {
  if (selectedTable.peek() === undefined) return;
  const mark =
    document.querySelector<HTMLElement>(".mark.selected") ?? document.querySelector<HTMLElement>(".mark[tabindex='0']");
  selectedTable.value = undefined;
  mark?.focus();
}

/** Keys that work wherever one is on the page, except where one types. */
export function listenToKeys(): void {
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target instanceof HTMLInputElement && event.target.type === "text" && event.key !== "Escape";
    const action = ACTIONS[event.key];
    if (isTyping || action === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    action();
  });
}
