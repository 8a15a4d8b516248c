/** What a call answers, or the Error that it throws, for those who answer by callbacks. */
export function orError<Result>(call: () => Result): Result | Error {
  try {
    return call();
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
}
