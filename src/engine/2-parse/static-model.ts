import type { Template } from "#jinja/index.ts";

type Stmt = Template["body"][number];
type Expr = Exclude<Extract<Stmt, { kind: "output" }>["parts"][number], string>;

/**
 * Whether dbt reads a model without rendering it, which decides how its config is recorded for state comparison:
 * only ref, source and config with literal arguments, no statements, no white space control, Python's True and False.
 * Source of behaviour: the dbt-extractor package, dbt-core parser/models.py run_static_parser.
 */
export function isReadStatically(template: Template, text: string): boolean {
  if (/\{%|\{\{[-+]|[-+]\}\}/.test(text)) return false;
  for (const [, code] of text.matchAll(/\{\{([^]*?)\}\}/g)) {
    if (/\b(?:true|false)\b/.test((code as string).replaceAll(/'[^']*'|"[^"]*"/g, ""))) return false;
  }
  return template.body.every(
    (s) => s.kind === "output" && s.parts.every((part) => typeof part === "string" || isPlainCall(part)),
  );
}

const hooks = new Set(["pre_hook", "post_hook", "pre-hook", "post-hook"]);

function isPlainCall(expr: Expr): boolean {
  if (isText(expr)) return true;
  if (expr.kind !== "call" || expr.callee.kind !== "name" || expr.dynArgs || expr.dynKwargs) return false;
  const { args, kwargs } = expr;
  switch (expr.callee.name) {
    case "ref":
      return (
        args.length >= 1 &&
        args.length <= 2 &&
        args.every(isText) &&
        kwargs.every(({ key, value }) => (key === "v" || key === "version") && value.kind === "const")
      );
    case "source":
      return args.length === 2 && args.every(isText) && kwargs.length === 0;
    case "config":
      return (
        args.length === 0 && kwargs.length > 0 && kwargs.every(({ key, value }) => !hooks.has(key) && isLiteral(value))
      );
    default:
      return false;
  }
}

const isText = (expr: Expr): boolean => expr.kind === "const" && typeof expr.value === "string";

function isLiteral(expr: Expr): boolean {
  if (expr.kind === "const") return typeof expr.value === "string" || typeof expr.value === "boolean";
  if (expr.kind === "list") return expr.items.every(isLiteral);
  return expr.kind === "dict" && expr.items.every(({ key, value }) => isText(key) && isLiteral(value));
}
