import { Dependencies } from "./dependencies.ts";
import { dependenciesOf } from "./expression.ts";
import { anyRest, findColumn, type RelationColumn, type Rest, unknownRest, without } from "./relation.ts";
import { type Entry, isPath, type Scope, type Source } from "./scope.ts";
import { fold, inside, part, parts, sameName, stringOf, text, texts, type Tree } from "./tree.ts";

/** Columns that one item of a select list becomes. */
export interface Expansion {
  columns: RelationColumn[];
  rest: Rest | undefined;
}

const likes = new Set([
  "~~",
  "!~~",
  "~~*",
  "!~~*",
  "~~~",
  "regexp_full_match",
  "like_escape",
  "ilike_escape",
  "not_like_escape",
]);

/** The `*` or `COLUMNS(…)` inside an item, or undefined when it is one column. */
export function starOf(item: Tree): Tree | undefined {
  if (item.class === "STAR") return item;
  if (
    item.class === "FUNCTION" &&
    likes.has(text(item, "function_name")) &&
    parts(item, "children")[0]?.class === "STAR"
  )
    return item;
  return columnsIn(item);
}

/** The first `COLUMNS(…)` of an expression that is not unpacked into arguments. */
function columnsIn(expression: Tree): Tree | undefined {
  if (expression.class === "STAR") return expression.columns === true ? expression : undefined;
  if (expression.type === "OPERATOR_UNPACK") return undefined;
  for (const child of inside(expression)) {
    const found = columnsIn(child);
    if (found) return found;
  }
  return undefined;
}

/** Columns of `*`, `t.*`, `COLUMNS(…)`, and of an expression over them, each with its name. */
export function expand(item: Tree, star: Tree, scope: Scope): Expansion {
  if (item === star && item.class === "FUNCTION") return likeStar(item, scope);
  const chosen = starArguments(star, scope);
  if (star.columns !== true) return chosen;
  const columns = chosen.columns.map((column): RelationColumn => {
    const value =
      item === star ? column.dependencies : dependenciesOf(item, scope.with({ column: column.dependencies }));
    return { name: aliased(text(item, "alias"), column.name, star, scope), dependencies: value };
  });
  // Which other columns there are may be known one day; what this expression makes of them is not said by name alone.
  const rest = chosen.rest && (item === star && text(item, "alias") === "" ? chosen.rest : unknownRest);
  return { columns, rest };
}

/** `\0` in an alias is the column's name, `\1` … what the pattern caught. */
function aliased(alias: string, name: string, star: Tree, scope: Scope): string {
  if (alias === "") return name;
  const pattern = stringOf(part(star, "expr"));
  return alias.replace(/\\(\d)/g, (all, digit: string) => {
    if (digit === "0") return name;
    return pattern === undefined ? all : (scope.reading.facts.captured(name, pattern, Number(digit)) ?? all);
  });
}

/** `* LIKE 'a%'`: columns whose name fits. */
function likeStar(item: Tree, scope: Scope): Expansion {
  const [star, ...others] = parts(item, "children");
  const all = starColumns(star as Tree, scope);
  const name = { class: "COLUMN_REF", type: "COLUMN_REF", alias: "", column_names: ["name"] };
  const condition = { ...item, alias: "", children: [name, ...others] };
  return choose(all, lambdaFilter(star as Tree, condition, "name"), scope);
}

const lambdaFilter = (star: Tree, condition: Tree, parameter: string): Tree => ({
  class: "FUNCTION",
  type: "FUNCTION",
  alias: "",
  function_name: "list_filter",
  schema: "",
  catalog: "",
  distinct: false,
  is_operator: false,
  export_state: false,
  filter: null,
  order_bys: { type: "ORDER_MODIFIER", orders: [] },
  children: [
    star,
    {
      class: "LAMBDA",
      type: "LAMBDA",
      alias: "",
      lhs: { class: "COLUMN_REF", type: "COLUMN_REF", alias: "", column_names: [parameter] },
      expr: condition,
    },
  ],
});

/** Columns of a `*` or `COLUMNS(…)` that stands for several arguments. */
export function starArguments(star: Tree, scope: Scope): Expansion {
  return star.columns === true ? chosenColumns(star, scope) : starColumns(star, scope);
}

/** Columns that COLUMNS(…) takes: all, by a pattern, by a list or by a lambda. */
function chosenColumns(star: Tree, scope: Scope): Expansion {
  const chooser = part(star, "expr");
  const plain = { ...star, expr: null };
  if (!chooser) return starColumns(plain, scope);
  const pattern = stringOf(chooser);
  if (pattern !== undefined) {
    const all = starColumns(plain, scope);
    const names = all.columns.map((column) => column.name);
    return pick(all, scope.reading.facts.matchingNames(names, pattern), scope);
  }
  const inner = parts(chooser, "children")[0];
  if (text(chooser, "function_name") === "list_filter" && inner?.class === "STAR")
    return choose(starColumns(inner, scope), chooser, scope);
  if (text(chooser, "function_name") === "list_value") {
    const columns = parts(chooser, "children").map((child): RelationColumn => scope.resolve([stringOf(child) ?? ""]));
    return { columns, rest: undefined };
  }
  scope.reading.problem("The columns that COLUMNS(…) takes cannot be told.");
  return { columns: [], rest: unknownRest };
}

const choose = (all: Expansion, chooser: Tree, scope: Scope): Expansion =>
  pick(
    all,
    scope.reading.facts.chosenNames(
      all.columns.map((column) => column.name),
      chooser,
    ),
    scope,
  );

function pick(all: Expansion, names: string[] | null | undefined, scope: Scope): Expansion {
  if (names === null) {
    scope.reading.problem("The columns that COLUMNS(…) takes cannot be told.");
    return { columns: [], rest: unknownRest };
  }
  const wanted = new Set(names ?? []);
  return { columns: all.columns.filter((column) => wanted.has(column.name)), rest: all.rest };
}

/** `*` and `t.*` with EXCLUDE, REPLACE and RENAME. */
function starColumns(star: Tree, scope: Scope): Expansion {
  const relation = text(star, "relation_name");
  const { entries, rest } = relation === "" ? scope.from : qualified(relation, scope);
  if (relation === "" && rest) scope.reading.problem(unknownStar(scope));
  const excluded = [
    ...texts(star, "exclude_list").map((column) => ({ table: "", column })),
    ...parts(star, "qualified_exclude_list").map((name) => ({
      table: text(name, "table"),
      column: text(name, "column"),
    })),
  ];
  const replaced = new Map(
    parts(star, "replace_list").map((entry) => [fold(text(entry, "key")), part(entry, "value") as Tree]),
  );
  const renames = parts(star, "rename_list").map((entry) => {
    const key = part(entry, "key") ?? {};
    return { table: text(key, "table"), column: text(key, "column"), to: text(entry, "value") };
  });
  const fits = (entry: Entry, { table, column }: { table: string; column: string }): boolean =>
    sameName(entry.name, column) && (table === "" || (entry.source !== undefined && isPath(entry.source, [table])));
  const named = (table: string, column: string): Entry | undefined => {
    const known = entries.find((entry) => fits(entry, { table, column }));
    if (known || !rest?.maybe(column)) return known;
    // A modifier names a column that is there, though not where.
    return { name: column, dependencies: rest.get(column), source: undefined };
  };
  const columns: RelationColumn[] = [];
  const done = new Set<string>();
  for (const entry of entries) {
    if (excluded.some((name) => fits(entry, name))) continue;
    const replacement = replaced.get(fold(entry.name));
    const rename = renames.find((name) => fits(entry, name));
    done.add(fold(entry.name));
    columns.push({
      name: rename?.to ?? entry.name,
      dependencies: replacement ? dependenciesOf(replacement, scope) : entry.dependencies,
    });
  }
  if (!rest) return { columns, rest: undefined };
  for (const [key, value] of replaced)
    if (!done.has(key)) columns.push({ name: named("", key)?.name ?? key, dependencies: dependenciesOf(value, scope) });
  for (const { table, column, to } of renames) {
    const found = done.has(fold(column)) ? undefined : named(table, column);
    if (found) columns.push({ name: to, dependencies: found.dependencies });
  }
  const gone = [...excluded.map(({ column }) => column), ...replaced.keys(), ...renames.map(({ column }) => column)];
  return { columns, rest: without(rest, [...gone, ...columns.map((column) => column.name)]) };
}

const unknownStar = (scope: Scope): string => {
  const open = scope.from.sources
    .filter((source) => source.rest)
    .map((source) => source.path.join(".") || "a subquery");
  return `Not all columns of ${open.join(", ")} are known, and * takes them.`;
};

/** Columns behind `t.*`; of a struct column nobody knows the fields. */
function qualified(name: string, scope: Scope): { entries: Entry[]; rest: Rest | undefined } {
  const sources = scope.from.sources.filter((source) => isPath(source, [name]));
  const [source] = sources;
  if (source) {
    if (source.rest) scope.reading.problem(`Not all columns of ${source.path.join(".")} are known, and * takes them.`);
    return { entries: source.columns.map((column) => ({ ...column, source })), rest: source.rest };
  }
  const lateral = outerSource(name, scope);
  if (lateral)
    return { entries: lateral.columns.map((column) => ({ ...column, source: lateral })), rest: lateral.rest };
  const struct = findColumn(scope.from.entries, name);
  scope.reading.problem(`The fields that ${name}.* takes are not known.`);
  const fields: Rest = { maybe: () => true, get: () => struct?.dependencies.as("derived") ?? Dependencies.unknown() };
  return { entries: [], rest: anyRest([fields]) };
}

function outerSource(name: string, scope: Scope): Source | undefined {
  for (let outer = scope.environment.outer; outer; outer = outer.environment.outer) {
    const found = outer.from.sources.find((source) => isPath(source, [name]));
    if (found) return found;
  }
  return undefined;
}
