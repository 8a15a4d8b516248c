import { EXIT, type ExitCode } from "../exit-code.ts";

/** The part of `process` that is needed, so that tests can send signals to one of their own. */
export interface SignalSource {
  on(signal: NodeJS.Signals, listener: () => void): unknown;
  off(signal: NodeJS.Signals, listener: () => void): unknown;
}

export type SignalHandlers = {
  readonly interrupt: () => void;
  readonly stop: (exitCode: ExitCode) => void;
};

/** Turns signals into requests. Returns what puts everything back. */
export function handleSignals(source: SignalSource, { interrupt, stop }: SignalHandlers): () => void {
  const handlers: readonly (readonly [NodeJS.Signals, () => void])[] = [
    ["SIGINT", interrupt],
    ["SIGTERM", () => stop(EXIT.terminated)],
    ["SIGHUP", () => stop(EXIT.hangUp)],
  ];
  for (const [signal, handler] of handlers) source.on(signal, handler);
  return () => {
    for (const [signal, handler] of handlers) source.off(signal, handler);
  };
}
