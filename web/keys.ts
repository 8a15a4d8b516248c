import { goToNewest, step, togglePlaying } from "./state/store.ts";

export const COMMAND_INPUT_ID = "command";

const ACTIONS: { readonly [key: string]: () => void } = {
  "[": () => step(-1),
  "]": () => step(1),
  "{": () => step(-10),
  "}": () => step(10),
  l: goToNewest,
  p: togglePlaying,
  "/": () => document.getElementById(COMMAND_INPUT_ID)?.focus(),
};

/** Keys that work wherever one is on the page, except where one types. */
export function listenToKeys(): void {
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target instanceof HTMLInputElement && event.target.type === "text";
    const action = ACTIONS[event.key];
    if (isTyping || action === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    action();
  });
}
