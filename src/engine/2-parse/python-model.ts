import { engineError } from "../errors.ts";
import type { GraphNode } from "../manifest/types.ts";
import type { SourceFile } from "../1-read/types.ts";
import { ConfigCallList } from "./config.ts";
import type { ParseState } from "./state.ts";

/** A call `dbt.ref("x", …)` in Python source with literal arguments. */
interface PythonCall {
  args: (string | number | boolean | null)[];
  kwargs: Record<string, string | number | boolean | null | (string | number | boolean | null)[]>;
}

/**
 * Finds dbt.ref, dbt.source and dbt.config in a Python model. Only literal arguments are allowed there, as in dbt.
 * Source of the rule: dbt-core parser/models.py PythonParseVisitor.
 */
export function pythonModel(state: ParseState, node: GraphNode, file: SourceFile): void {
  const code = stripComments(file.contents);
  if (!/^\s*def\s+model\s*\(\s*dbt\b/m.test(code)) {
    throw engineError("parsing", {
      message: `Python model ${node.name} (${file.path}) must define a function model(dbt, session)`,
      place: { file: file.path, line: 1, column: 1, source: file.contents },
      hint: "Define `def model(dbt, session):` that returns a data frame.",
    });
  }
  const calls = new ConfigCallList();
  for (const call of callsOf(code, "ref", file)) {
    const names = call.args.map(String);
    const version = call.kwargs.v ?? call.kwargs.version ?? null;
    node.refs.push({
      name: names[names.length - 1] ?? "",
      package: names.length === 2 ? (names[0] ?? null) : null,
      version: version as string | number | null,
    });
  }
  for (const call of callsOf(code, "source", file)) node.sources.push(call.args.map(String));
  for (const call of callsOf(code, "config", file)) calls.add(call.kwargs);
  const keys = [...code.matchAll(/\bdbt\.config\.get\(\s*(["'])(.+?)\1/g)].map((m) => m[2] ?? "");
  if (keys.length > 0) {
    calls.add({
      config_keys_used: keys,
      config_keys_defaults: keys.map(() => null),
      meta_keys_used: [],
      meta_keys_defaults: [],
    });
  }
  node.config_call_dict = calls.merged;
  state.calls.set(node.unique_id, calls.merged);
}

/** Comments blanked out, strings kept, offsets unchanged. */
function stripComments(source: string): string {
  return source.replace(
    /("""[\s\S]*?"""|'''[\s\S]*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|#[^\n]*/g,
    (all, text: string | undefined) => text ?? " ".repeat(all.length),
  );
}

function callsOf(code: string, name: string, file: SourceFile): PythonCall[] {
  const found: PythonCall[] = [];
  for (const match of code.matchAll(new RegExp(`\\bdbt\\.${name}\\s*\\(`, "g"))) {
    const start = match.index + match[0].length;
    const inside = argumentsText(code, start);
    const call = literalCall(inside);
    if (!call) {
      const before = code.slice(0, start).split("\n");
      throw engineError("parsing", {
        message: `Error when trying to literal_eval an arg to dbt.ref(), dbt.source(), dbt.config() or dbt.config.get() in ${file.path}: ${inside.trim()}`,
        place: {
          file: file.path,
          line: before.length,
          column: (before[before.length - 1] ?? "").length + 1,
          source: file.contents,
        },
        hint: "Use literal values only.",
      });
    }
    found.push(call);
  }
  return found;
}

function argumentsText(code: string, start: number): string {
  let depth = 1;
  let quote = "";
  for (let i = start; i < code.length; i++) {
    const c = code[i] as string;
    if (quote) {
      if (c === "\\") i++;
      else if (c === quote) quote = "";
    } else if (c === '"' || c === "'") quote = c;
    else if ("([{".includes(c)) depth++;
    else if (")]}".includes(c) && --depth === 0) return code.slice(start, i);
  }
  return code.slice(start);
}

function splitTop(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let quote = "";
  let current = "";
  for (let i = 0; i < text.length; i++) {
    const c = text[i] as string;
    if (quote) {
      current += c;
      if (c === "\\") current += text[++i] ?? "";
      else if (c === quote) quote = "";
      continue;
    }
    if (c === '"' || c === "'") quote = c;
    else if ("([{".includes(c)) depth++;
    else if (")]}".includes(c)) depth--;
    if (c === "," && depth === 0) {
      parts.push(current);
      current = "";
    } else current += c;
  }
  if (current.trim() !== "") parts.push(current);
  return parts;
}

type Literal = string | number | boolean | null | Literal[];

function literal(text: string): Literal | undefined {
  const t = text.trim();
  const quoted = /^(["'])([\s\S]*)\1$/.exec(t);
  if (quoted) return (quoted[2] ?? "").replace(/\\(["'\\])/g, "$1");
  if (/^-?\d+(\.\d+)?$/.test(t)) return Number(t);
  if (t === "True") return true;
  if (t === "False") return false;
  if (t === "None") return null;
  if (/^[[(][\s\S]*[\])]$/.test(t)) {
    const items = splitTop(t.slice(1, -1)).map(literal);
    return items.every((x) => x !== undefined) ? (items as Literal[]) : undefined;
  }
  return undefined;
}

function literalCall(inside: string): PythonCall | undefined {
  const call: PythonCall = { args: [], kwargs: {} };
  for (const part of splitTop(inside)) {
    const keyword = /^\s*([A-Za-z_]\w*)\s*=(?!=)([\s\S]*)$/.exec(part);
    const value = literal(keyword ? (keyword[2] ?? "") : part);
    if (value === undefined) return undefined;
    if (keyword) call.kwargs[keyword[1] ?? ""] = value as string;
    else call.args.push(value as string);
  }
  return call;
}
