export type Cell = { readonly character: string; readonly colour: string };

export function screenOf(written: string): Cell[][];
