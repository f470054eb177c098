import type { RecordShape, Shaped } from "./shape.ts";

/** Shapes a record; one that is nested thousands of levels deep, which nobody meant, is no row. */
export function shapeOf(shape: RecordShape, record: unknown): Shaped {
  try {
    return shape.add(record);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { values: [], problem: "the record is nested too deeply" };
  }
}

/** A record as a line of the spool: number, text as it came, and its values or what is wrong with it. */
export function recordLine(number: number, text: string, record: unknown, { values, problem }: Shaped): string {
  const escaped = /\\u[dD][89a-fA-F]/.test(text);
  const broken = problem ?? (escaped && hasHalfCharacter(record) ? "a text holds half a character" : undefined);
  const rest =
    broken === undefined
      ? values.map(([name, value]) => `,"${name}":${JSON.stringify(value)}`).join("")
      : `,"problem":${JSON.stringify(broken)}`;
  return `{"n":${number},"raw":${JSON.stringify(text)}${rest}}\n`;
}

/** Half of a surrogate pair: JSON can write it as an escape, UTF-8 and DuckDB cannot hold it. */
function hasHalfCharacter(value: unknown): boolean {
  if (typeof value === "string") return !value.isWellFormed();
  if (value === null || typeof value !== "object") return false;
  return Object.entries(value).some(([key, item]) => !key.isWellFormed() || hasHalfCharacter(item));
}
