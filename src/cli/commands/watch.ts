import { setTimeout as sleep } from "node:timers/promises";
import type { Outcome } from "../answers/outcome.ts";
import type { Command } from "../language/command.ts";
import type { Execution } from "./execution.ts";

/** Carries out a command again and again, so many seconds after the last answer each, until the signal fires. */
export async function watch(execution: Execution, watched: Extract<Command, { kind: "watch" }>): Promise<Outcome> {
  const { screen, signal, text } = execution;
  const { redraw } = screen;
  let rounds = 0;
  redraw?.scrollAway();
  while (!signal.aborted) {
    execution.holdNews();
    if (redraw !== undefined) {
      redraw.clear();
      text.text(`every ${watched.seconds} s: ${watched.text} (Ctrl-C ends)\n\n`);
    }
    await execution.perform(watched.command);
    rounds += 1;
    await execution.breathe();
    await rest(watched.seconds, signal);
  }
  return { kind: "watched", rounds };
}

/** Ends early, and without an error, when the signal fires. */
async function rest(seconds: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(1000 * seconds, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
