/** Types that a macro's argument may be documented with, and how many types each takes in brackets. */
const arity: Record<string, number> = {
  str: 0,
  string: 0,
  bool: 0,
  int: 0,
  integer: 0,
  float: 0,
  any: 0,
  list: 1,
  dict: 2,
  optional: 1,
  relation: 0,
  column: 0,
};

/** `optional[list[str]]` and the like. Source: dbt-core parser/schemas.py is_valid_type. */
export function isMacroType(text: string): boolean {
  return typeAt(text.replace(/[ \t]/g, "")) === "";
}

/** What follows the type that the text starts with, or undefined when it starts with none. */
function typeAt(text: string): string | undefined {
  const name = /^[a-z]+/.exec(text)?.[0] ?? "";
  const count = Object.hasOwn(arity, name) ? arity[name] : undefined;
  if (count === undefined) return undefined;
  let rest: string | undefined = text.slice(name.length);
  for (let i = 0; i < count; i++) {
    if (!rest.startsWith(i === 0 ? "[" : ",")) return undefined;
    rest = typeAt(rest.slice(1));
    if (rest === undefined) return undefined;
  }
  if (count === 0) return rest;
  return rest.startsWith("]") ? rest.slice(1) : undefined;
}
