import { render } from "preact";
import { App } from "./app.tsx";
import { start } from "./state/store.ts";

const page = document.getElementById("page");
if (page !== null) render(<App />, page);
start();
