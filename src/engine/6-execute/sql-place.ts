import type { Place } from "#errors/index.ts";
import { linesAboveOf } from "../manifest/source-lines.ts";

/** What of a node is needed to find a line of its SQL. */
export interface SqlOwner {
  original_file_path: string;
  raw_code?: string;
  compiled_code?: string | null;
  compiled_path?: string | null;
}

export interface SqlPlace {
  place: Place;
  /** DuckDB's message with the line's number in `place.file` instead of the one in the statement that was sent. */
  message: string;
}

/** `LINE 12: where nope = 1` with a caret below; long lines are cut to `...` on either side. */
const pointer = /^LINE (\d+): (.*)\n( *)\^/m;

/**
 * Where an error of DuckDB lies in the model itself. The statement that was sent has the compiled SQL somewhere in it; a
 * line of that is the model's own when the model has it too, or when Jinja changed no line count. Otherwise the place is
 * in the compiled file, and undefined when the statement is not the model's (a hook's, or a query of a macro).
 */
export function placeInModel(message: string, sql: string, node: SqlOwner): SqlPlace | undefined {
  const found = pointer.exec(message);
  const compiled = node.compiled_code?.trim();
  if (!found || !compiled) return undefined;
  const [whole, number = "", shown = "", indent = ""] = found;
  const start = sql.indexOf(compiled);
  const line = sql.split("\n")[Number(number) - 1];
  if (start === -1 || line === undefined) return undefined;
  const cutBefore = shown.startsWith("...");
  const text = shown.replace(/^\.\.\./, "").replace(/\.\.\.$/, "");
  const at = line.indexOf(text);
  const caret = indent.length - `LINE ${number}: `.length - (cutBefore ? 3 : 0);
  if (at === -1 || caret < 0) return undefined;

  const before = sql.slice(0, start).split("\n");
  const lines = compiled.split("\n");
  const n = Number(number) - before.length;
  const own = lines[n];
  if (own === undefined || n < 0) return undefined;
  // The first line of the compiled SQL stands behind `create table … as (`.
  const column = at + caret - (n === 0 ? (before[before.length - 1] ?? "").length : 0);
  if (column < 0 || column > own.length) return undefined;

  const source = sourceLine(node.raw_code ?? "", lines, n, column);
  const file = source ? node.original_file_path : (node.compiled_path ?? undefined);
  if (file === undefined) return undefined;
  const above = linesAboveOf(node);
  const place: Place = source
    ? {
        file,
        line: source.line + above,
        column: source.column,
        source: "\n".repeat(above) + (node.raw_code ?? ""),
      }
    : { file, line: n + 1, column: column + 1, source: node.compiled_code ?? "" };
  const label = `LINE ${place.line}: `;
  const shift = label.length - `LINE ${number}: `.length;
  const caretLine = `${" ".repeat(Math.max(0, indent.length + shift))}^`;
  return { place, message: message.replace(whole, () => `${label}${shown}\n${caretLine}`) };
}

/** Line and column, from 1, of a compiled line in the model's source; undefined when Jinja made the line. */
function sourceLine(
  raw: string,
  compiled: string[],
  n: number,
  column: number,
): { line: number; column: number } | undefined {
  const lines = raw.split("\n");
  const own = compiled[n] ?? "";
  const text = own.trim();
  const nth = compiled.slice(0, n + 1).filter((line) => line.trim() === text).length;
  const same = lines.flatMap((line, i) => (line.trim() === text ? [i] : []));
  const repeats = compiled.filter((line) => line.trim() === text).length;
  const line = same.length === repeats ? same[nth - 1] : undefined;
  if (line !== undefined) {
    const moved = (lines[line] ?? "").indexOf(text) - own.indexOf(text);
    return { line: line + 1, column: column + moved + 1 };
  }
  const first = lines.findIndex((candidate) => candidate.trim() !== "");
  if (lines.slice(first).join("\n").trimEnd().split("\n").length !== compiled.length) return undefined;
  const changed = lines[first + n] ?? "";
  // Jinja put something into this line: the word at the caret may have moved within it.
  const word = /^\w+/.exec(own.slice(column))?.[0];
  const where = word === undefined ? -1 : changed.indexOf(word);
  return { line: first + n + 1, column: where === -1 ? 1 : where + 1 };
}
