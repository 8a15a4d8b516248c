import { IoError } from "../errors.ts";

/** What a call answers, or the IoError that it throws; anything else it throws goes on. */
export function orIoError<Result>(call: () => Result): Result | IoError {
  try {
    return call();
  } catch (error) {
    if (error instanceof IoError) return error;
    throw error;
  }
}
