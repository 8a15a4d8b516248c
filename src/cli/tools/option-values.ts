import { InvalidArgumentError, Option } from "commander";
import { OPTION_RANGES } from "../../options.ts";
import { byteSizeText, parseByteSize } from "./byte-size.ts";

export function directoryOption(flags: string, description: string, name: string): Option {
  return new Option(flags, description).default(name).argParser(directoryName);
}

/** A name that is there at all: an empty one would mean the working directory. */
export function directoryName(text: string): string {
  if (text === "") throw new InvalidArgumentError("Expected the name of a directory.");
  return text;
}

export function pathName(text: string): string {
  if (text === "") throw new InvalidArgumentError("Expected a path.");
  return text;
}

/** An option whose value is a size such as 4096, 4k, 4KiB or 2MiB, in the range of the engine's option of that name. */
export function sizeOption(
  flags: string,
  description: string,
  name: "blockSizeBytes" | "tableSizeBytes" | "cacheSizeBytes",
  bytes: number,
): Option {
  const [low, high] = OPTION_RANGES[name];
  return new Option(flags, description).default(bytes, byteSizeText(bytes)).argParser((text) => {
    const size = parseByteSize(text);
    if (size === undefined) throw new InvalidArgumentError("Expected a size such as 4096, 4k, 4KiB or 2MiB.");
    if (size < low || size > high) {
      throw new InvalidArgumentError(`Expected ${byteSizeText(low)} to ${byteSizeText(high)}.`);
    }
    return size;
  });
}

/** An option whose value is a whole number; `range` includes both ends. */
export function countOption(flags: string, description: string, range: readonly [low: number, high: number]): Option {
  return new Option(flags, description).argParser((text) => Number(wholeNumber(text, range)));
}

/** The same up to 2^64 - 1, as a bigint. */
export function wideCountOption(flags: string, description: string): Option {
  return new Option(flags, description).argParser((text) => wholeNumber(text, [0, 2n ** 64n - 1n]));
}

function wholeNumber(text: string, [low, high]: readonly [low: number | bigint, high: number | bigint]): bigint {
  const isNumber = /^\d{1,20}$/.test(text);
  const number = isNumber ? BigInt(text) : 0n;
  if (isNumber && number >= low && number <= high) return number;
  throw new InvalidArgumentError(`Expected a whole number from ${low} to ${high}.`);
}
