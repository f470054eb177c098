import type { LabsError } from "#errors/index.ts";
import type { PythonLine, PythonToken } from "./python-source.ts";

/** Makes an error at an offset of the source. */
export type PythonProblem = (message: string, start: number, hint: string) => LabsError;

const hint = "Define `def model(dbt, session):` once, with one data frame as its last statement's `return`.";

/**
 * A Python model is one function `model(dbt, session)` that ends with the return of one data frame.
 * Errors: dbt's text. Source: dbt-core parser/models.py PythonValidationVisitor.
 */
export function checkModelFunction(lines: PythonLine[], fail: PythonProblem): void {
  const found = lines.flatMap((line, i) => (isDefinition(line) && !isNested(lines, i) ? [i] : []));
  const start = lines[found[0] ?? 0]?.tokens[0]?.start ?? 0;
  if (found.length !== 1)
    throw fail(`dbt allows exactly one model defined per python file, found ${found.length}`, start, hint);
  const problems: string[] = [];
  const at = found[0] ?? 0;
  const head = lines[at]?.tokens ?? [];
  const close = closing(head, 2);
  const parameters = positional(head.slice(3, close));
  if (parameters.length > 0 && parameters[0] !== "dbt")
    problems.push("'dbt' not provided for model as the first argument");
  if (parameters.length !== 2)
    problems.push("model function should have two args, `dbt` and a session to current warehouse");
  if (!returnsOne(lastStatement(lines, at, close)))
    problems.push("In current version, model function should return only one dataframe object");
  if (problems.length > 0) throw fail(problems.join("\n"), start, hint);
}

const isDefinition = ({ tokens }: PythonLine): boolean =>
  tokens[0]?.text === "def" && tokens[1]?.text === "model" && tokens[2]?.text === "(";

/** Inside another function: dbt does not look there. */
function isNested(lines: PythonLine[], at: number): boolean {
  let indent = lines[at]?.indent ?? 0;
  for (let i = at - 1; i >= 0 && indent > 0; i--) {
    const line = lines[i] as PythonLine;
    if (line.indent >= indent) continue;
    if (line.tokens[0]?.text === "def") return true;
    indent = line.indent;
  }
  return false;
}

/** Index of the bracket that closes the one at `open`. */
function closing(tokens: PythonToken[], open: number): number {
  let depth = 0;
  for (let i = open; i < tokens.length; i++) {
    const { kind, text } = tokens[i] as PythonToken;
    if (kind !== "op") continue;
    if ("([{".includes(text)) depth++;
    else if (")]}".includes(text) && --depth === 0) return i;
  }
  return tokens.length;
}

/** Tokens between the commas that are in no bracket. */
export function splitAtCommas(tokens: PythonToken[]): PythonToken[][] {
  const parts: PythonToken[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    if (token.kind === "op") {
      if ("([{".includes(token.text)) depth++;
      else if (")]}".includes(token.text)) depth--;
      else if (token.text === "," && depth === 0) {
        parts.push([]);
        continue;
      }
    }
    parts[parts.length - 1]?.push(token);
  }
  if (parts[parts.length - 1]?.length === 0) parts.pop();
  return parts;
}

/** Names of the parameters that may be given by position or by name. */
function positional(tokens: PythonToken[]): string[] {
  let names: string[] = [];
  for (const [first] of splitAtCommas(tokens)) {
    if (first?.text === "/") names = [];
    else if (first === undefined || first.text.startsWith("*")) break;
    else names.push(first.text);
  }
  return names;
}

function lastStatement(lines: PythonLine[], at: number, close: number): PythonToken[] {
  const head = lines[at] as PythonLine;
  const colon = head.tokens.findIndex((t, i) => i > close && t.text === ":");
  let last = head.tokens.slice(colon + 1);
  if (last.length === 0) {
    const body = lines[at + 1];
    for (let i = at + 1; body && (lines[i]?.indent ?? -1) > head.indent; i++)
      if (lines[i]?.indent === body.indent) last = lines[i]?.tokens ?? [];
  }
  return last.slice(last.findLastIndex((t, i) => t.kind === "op" && t.text === ";" && i < last.length - 1) + 1);
}

/** A `return` of something that is no tuple. */
function returnsOne(statement: PythonToken[]): boolean {
  if (statement[0]?.text !== "return") return false;
  let value = statement.slice(1).filter((t) => t.text !== ";");
  if (value[0]?.text === "(" && closing(value, 0) === value.length - 1) {
    value = value.slice(1, -1);
    if (value.length === 0) return false;
  }
  return !value.some((t) => t.text === ",") || (splitAtCommas(value).length === 1 && value.at(-1)?.text !== ",");
}
