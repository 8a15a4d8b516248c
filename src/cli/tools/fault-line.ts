import type { Fault } from "../../tools/anatomy/fault.ts";
import { visibleText } from "../answers/text.ts";

/** A fault in one line, which begins with its place. */
export function faultLine({ file, offset, problem }: Fault): string {
  return visibleText(offset === undefined ? `${file}: ${problem}` : `${file} at byte ${offset}: ${problem}`);
}

/** The same as JSON has it. */
export function faultJson({
  file,
  offset,
  part,
  problem,
}: Fault): Omit<Fault, "offset"> & { readonly offset: number | null } {
  return { file, offset: offset ?? null, part, problem };
}
