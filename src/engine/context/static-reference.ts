import { staticCalls, type Value } from "#jinja/index.ts";
import type { RefArgs } from "../manifest/types.ts";

export type StaticReference =
  | {
      kind: "ref";
      args: RefArgs;
      /** Keyword arguments that only a project's own `ref` knows. */
      others: string[];
    }
  | { kind: "source"; args: [string, string] };

/** `ref('x')` or `source('a', 'b')` written as text in YAML; undefined when it is neither. Source: dbt-core clients/jinja_static.py. */
export function staticReference(expression: string): StaticReference | undefined {
  let calls: ReturnType<typeof staticCalls>;
  try {
    calls = staticCalls(`{{ ${expression} }}`, ["ref", "source"]);
  } catch {
    return undefined;
  }
  if (calls.length !== 1 || calls[0]?.dynamic) return undefined;
  const [call] = calls;
  if (!call) return undefined;
  const texts = call.args.filter((a): a is string => typeof a === "string");
  if (texts.length !== call.args.length) return undefined;
  if (call.name === "source")
    return texts.length === 2 ? { kind: "source", args: [texts[0] ?? "", texts[1] ?? ""] } : undefined;
  const keyword = (name: string): Value | undefined => call.kwargs.get(name);
  const version = keyword("version") ?? keyword("v") ?? null;
  if (texts.length !== 1 && texts.length !== 2) return undefined;
  const others = [...call.kwargs.keys()].filter((key) => key !== "version" && key !== "v");
  return {
    kind: "ref",
    others,
    args: {
      name: texts[texts.length - 1] ?? "",
      package: texts.length === 2 ? (texts[0] ?? null) : null,
      version: typeof version === "string" || typeof version === "number" ? version : null,
    },
  };
}
