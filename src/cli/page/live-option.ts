import type { Option } from "commander";
import { countOption } from "../tools/option-values.ts";

const PORT_MAX = 65_535;

/** An option whose value is a port; 0 is any that is free. */
export function portOption(flags: string, description: string): Option {
  return countOption(flags, description, [0, PORT_MAX]);
}

/** `--live [port]`: a page beside what else is done. */
export function liveOption(description: string): Option {
  return portOption("--live [port]", `${description}; on this machine only, at any free port unless one is given`);
}

/** The value of `liveOption` as commander has it; `true` without a port. */
export type GivenLive = { readonly live?: number | true };

/** The port to serve at; undefined: no page is asked for. */
export function portOf({ live }: GivenLive): number | undefined {
  return live === true ? 0 : live;
}
