import { LsmError } from "../../errors.ts";
import { runSimulation } from "../../tools/simulator/run-simulation.ts";
import type { SimulationOptions } from "../../tools/simulator/simulation-options.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";

/** Each a system call, and each may be all that a reader such as `head` waits for. */
const PIECE_LENGTH = 64 * 1024;

/** Where pieces of output go, at once and whole. `out` answers false when nobody reads any more. */
export type SimulationSinks = {
  readonly out: (text: string) => boolean;
  readonly err: (text: string) => void;
};

/** Runs a simulation and writes what it shows in pieces. Gives what the process is to end with. */
export function simulate(
  options: SimulationOptions,
  sinks: SimulationSinks,
  run: typeof runSimulation = runSimulation,
): ExitCode {
  let piece = "";
  const flush = (): void => {
    const text = piece;
    piece = "";
    if (text !== "" && !sinks.out(text)) throw new ReaderGone();
  };
  try {
    try {
      run(options, (line) => {
        piece += `${line}\n`;
        if (piece.length >= PIECE_LENGTH) flush();
      });
    } finally {
      flush();
    }
    return EXIT.success;
  } catch (error) {
    if (error instanceof ReaderGone) return EXIT.success;
    if (!(error instanceof LsmError)) throw error;
    sinks.err(`error: ${error.message}\n`);
    return error.code === "INVALID_OPTION" ? EXIT.usage : EXIT.commandFailed;
  }
}

/** Ends a simulation whose output nobody reads: there is no other way out of it. */
class ReaderGone extends Error {}
