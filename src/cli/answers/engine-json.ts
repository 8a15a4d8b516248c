import type { EngineEvents } from "../../engine/events.ts";
import type { EventSource } from "../database.ts";
import type { MessageSinks } from "./engine-text.ts";
import { failureCode } from "./failure.ts";
import { jsonText } from "./json-text.ts";
import { messageOf } from "./text.ts";

/** Those that need no other form. */
const NAMES = ["recovered", "flush", "compactionBegin", "compactionEnd", "stall", "warning"] as const;

/** Turns the engine's events into lines of JSON, all of them for stderr. */
export function listenInJson(events: EventSource, { trouble, failure }: MessageSinks): void {
  for (const name of NAMES) {
    events.on(name, (event: EngineEvents[typeof name]) => trouble(`${jsonText({ event: name, ...event })}\n`));
  }
  events.on("backgroundError", ({ activity, error }) => {
    const told = { event: "backgroundError", activity, code: failureCode(error), message: messageOf(error) };
    trouble(`${jsonText(told)}\n`);
    failure(error);
  });
}
