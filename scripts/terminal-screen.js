/** By the numbers that terminals know them by; those that are not here end a colour. */
const COLOUR_OF = new Map([
  [36, "cyan"],
  [2, "dim"],
  [31, "red"],
]);

/**
 * What stands on a screen after this was written to it, row by row, a character and its colour in each cell. Knows what
 * the program and `node:readline` use of a terminal's language, and refuses the rest.
 * @param {string} written
 */
export function screenOf(written) {
  /** @type {{ character: string, colour: string }[][]} */
  const rows = [[]];
  let row = 0;
  let column = 0;
  let colour = "plain";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  for (const [token, parameters, command] of written.matchAll(/\x1b\[([0-9;?]*)([A-Za-z])|./gsu)) {
    const cells = rows[row];
    if (command === "m") {
      colour = COLOUR_OF.get(Number(parameters)) ?? "plain";
    } else if (command === "G") {
      column = Number(parameters) - 1;
    } else if (command === "D") {
      column -= Number(parameters || 1);
    } else if (command === "J" || command === "K") {
      cells.splice(column);
      if (command === "J") rows.splice(row + 1);
    } else if (command === "h" || command === "l") {
      // Modes of the keyboard draw nothing.
    } else if (command !== undefined) {
      throw new Error(`the screen does not know ${JSON.stringify(token)}`);
    } else if (token === "\r") {
      column = 0;
    } else if (token === "\n") {
      row += 1;
      rows[row] ??= [];
    } else {
      while (cells.length < column) cells.push({ character: " ", colour: "plain" });
      cells[column] = { character: token, colour };
      column += 1;
    }
  }
  while (rows.at(-1)?.length === 0) rows.pop();
  return rows;
}
