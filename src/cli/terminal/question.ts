/**
 * Asks a yes-or-no question at the terminal and blocks until it is answered: nothing else may happen before (design D3).
 * Anything but `y` or `yes` is a no, and so is a terminal that cannot be read.
 */
export async function loadQuestion(): Promise<(question: string) => boolean> {
  const { default: readlineSync } = await import("readline-sync");
  return (question) => /^y(es)?$/i.test(readlineSync.question(`${question} [y/N] `).trim());
}
