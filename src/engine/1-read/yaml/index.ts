import { lineColumn } from "#errors/index.ts";
import { readError } from "../errors.ts";
import type { YamlDocument } from "../types.ts";
import { type Positions, parseYamlText } from "./parser.ts";
import { YamlFault } from "./source.ts";

export { yamlText } from "./dump.ts";

/**
 * Parses YAML as dbt does (PyYAML's SafeLoader, YAML 1.1): `yes` is true, `017` is 15, `1.0` a PyFloat, dates are PyDate.
 * Of two equal keys the last wins; `duplicates` lists them. Keys are text; other keys read as in JSON.
 * Positions are worked out only when asked for. Errors: READ-001 with line and column, in dbt's words.
 */
export function parseYaml(text: string, file: string): YamlDocument {
  try {
    const { data, duplicates, text: normal } = parseYamlText(text, false);
    let positions: Positions | undefined;
    let recorded: unknown;
    return {
      data,
      duplicates: duplicates.map(({ key, offset }) => ({ key, ...lineColumn(normal, offset) })),
      position(path) {
        if (positions === undefined) {
          const again = parseYamlText(text, true);
          positions = again.positions ?? new Map();
          recorded = again.data;
        }
        return lineColumn(normal, nearest(recorded, positions, path));
      },
    };
  } catch (error) {
    if (error instanceof YamlFault) throw syntaxError(error, text, file);
    throw error;
  }
}

/** Offset of a key path, or of the last part of it that exists. */
function nearest(data: unknown, positions: Positions, path: (string | number)[]): number {
  let offset = 0;
  let node = data;
  for (const part of path) {
    if (typeof node !== "object" || node === null) break;
    const at = positions.get(node)?.get(part);
    if (at === undefined) break;
    offset = at;
    node = (node as Record<string | number, unknown>)[part];
  }
  return offset;
}

function syntaxError(fault: YamlFault, text: string, file: string) {
  const normal = text.replace(/^\ufeff/, "").replaceAll(/\r\n?/g, "\n");
  const at = lineColumn(normal, fault.offset);
  const mark = (offset: number) => {
    const { line, column } = lineColumn(normal, offset);
    return `  in "<unicode string>", line ${line}, column ${column}`;
  };
  const raw = [
    ...(fault.context === undefined ? [] : [fault.context]),
    ...(fault.contextOffset === undefined ? [] : [mark(fault.contextOffset)]),
    fault.message,
    mark(fault.offset),
  ];
  const lines = normal.split("\n");
  const from = Math.max(at.line - 4, 0);
  const excerpt = lines.slice(from, at.line + 3).map((line, i) => `${String(from + i + 1).padEnd(3)}| ${line}`);
  const rule = "------------------------------";
  return readError("yaml", {
    message: [`Syntax error near line ${at.line}`, rule, ...excerpt, "", "Raw Error:", rule, ...raw].join("\n"),
    place: { file, ...at, source: normal },
    hint: hintFor(fault.message, lines[at.line - 1] ?? ""),
    data: { problem: fault.message },
  });
}

function hintFor(problem: string, line: string): string {
  if (line.includes("\t") && /token|tab/.test(problem)) return "Indent with spaces; YAML allows no tabs there.";
  if (line.includes("{{") || line.includes("{%")) return "Put a value that starts with Jinja in quotes.";
  if (problem.startsWith("mapping values")) {
    return "Check the indentation of this line and the one above, and put a value that contains ': ' in quotes.";
  }
  if (problem.includes("cannot start any token")) return "Put a value that starts with this character in quotes.";
  if (problem.includes("nested too deep")) return "Nest lists and mappings less deep.";
  if (problem.includes("aliases make")) return "Write fewer aliases of aliases.";
  if (problem.includes("alias")) return "Define the anchor before it is used, or put the value in quotes.";
  return "Check the indentation of this line and the lines above it, and that every quote and bracket is closed.";
}
