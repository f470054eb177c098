import { parseLiteral, type Value } from "#jinja/index.ts";
import { splitAtCommas, type PythonProblem } from "./python-function.ts";
import type { PythonToken } from "./python-source.ts";

/** A call of `dbt.…` in Python source: what it calls, with its literal arguments. */
export interface PythonCall {
  name: "ref" | "source" | "config" | "get" | "meta_get";
  args: Value[];
  kwargs: Map<string, Value>;
  start: number;
}

const names = new Map<string, PythonCall["name"]>([
  ["dbt.ref", "ref"],
  ["dbt.source", "source"],
  ["dbt.config", "config"],
  ["dbt.config.get", "get"],
  ["dbt.config.meta_get", "meta_get"],
]);

/** The calls of dbt's functions among some tokens. Errors: dbt's text for an argument that is no literal. */
export function dbtCalls(tokens: PythonToken[], fail: PythonProblem): PythonCall[] {
  const calls: PythonCall[] = [];
  tokens.forEach((token, i) => {
    if (token.kind !== "name" || token.text !== "dbt" || tokens[i - 1]?.text === ".") return;
    let path = token.text;
    let at = i + 1;
    for (; tokens[at]?.text === "." && tokens[at + 1]?.kind === "name"; at += 2) path += `.${tokens[at + 1]?.text}`;
    const name = names.get(path);
    if (name === undefined || tokens[at]?.text !== "(") return;
    const call: PythonCall = { name, args: [], kwargs: new Map(), start: token.start };
    for (const part of splitAtCommas(inside(tokens, at))) {
      const keyword = part[1]?.text === "=" && part[0]?.kind === "name" ? part[0].text : undefined;
      const value = literal(keyword === undefined ? part : part.slice(2));
      if (value === undefined) throw fail(noLiteral, part[0]?.start ?? token.start, "Write the value itself.");
      if (keyword === undefined) call.args.push(value);
      else call.kwargs.set(keyword, value);
    }
    calls.push(call);
  });
  return calls;
}

const noLiteral =
  "Error when trying to literal_eval an arg to dbt.ref(), dbt.source(), dbt.config() or dbt.config.get() \nIn dbt python model, `dbt.ref`, `dbt.source`, `dbt.config`, `dbt.config.get` function args only support Python literal structures";

/** Tokens between an opening bracket and the one that closes it. */
function inside(tokens: PythonToken[], open: number): PythonToken[] {
  let depth = 0;
  for (let i = open; i < tokens.length; i++) {
    const { kind, text } = tokens[i] as PythonToken;
    if (kind !== "op") continue;
    if ("([{".includes(text)) depth++;
    else if (")]}".includes(text) && --depth === 0) return tokens.slice(open + 1, i);
  }
  return tokens.slice(open + 1);
}

/** Python's `ast.literal_eval` of some tokens; undefined when they are no literal. */
function literal(tokens: PythonToken[]): Value | undefined {
  if (tokens.some((t) => t.kind === "string" && t.value === undefined)) return undefined;
  return parseLiteral(tokens.map((t) => (t.value === undefined ? t.text : quoted(t.value))).join(" "))?.value;
}

/** A string as any reader of Python literals takes it, on one line and without what could be taken for Jinja. */
const quoted = (text: string): string =>
  `'${text.replace(/[\\'\p{Cc}{}%#]/gu, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`)}'`;
