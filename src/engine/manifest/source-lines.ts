/**
 * How far down its file a node's SQL begins: dbt strips files and takes blocks out of them, and errors name the file's lines.
 * Kept beside the nodes, whose fields are dbt's.
 */
const linesAbove = new WeakMap<object, number>();

export function noteLinesAbove(node: object, lines: number): void {
  if (lines > 0) linesAbove.set(node, lines);
}

/** Lines of the file above the node's `raw_code`. */
export const linesAboveOf = (node: object): number => linesAbove.get(node) ?? 0;
