import { effect } from "@preact/signals";
import { render } from "preact";
import { App } from "./app.tsx";
import { start, subject } from "./state/store.ts";

const page = document.getElementById("page");
if (page !== null) render(<App />, page);
effect(() => {
  if (subject.value !== undefined) document.title = `${subject.value.name} · mini-lsm-cli`;
});
start();
