import { Dependencies, RowDependencies } from "./dependencies.ts";
import { aggregates, dependenciesOf, entryAt } from "./expression.ts";
import { readFrom } from "./from.ts";
import { anyRest, distinctNames, type Relation, type RelationColumn, type Rest, renamed } from "./relation.ts";
import { type Ctes, type Environment, type From, type Preference, Scope } from "./scope.ts";
import { setOperation } from "./set-operation.ts";
import { expand, type Expansion, starOf } from "./star.ts";
import { fold, inside, integerOf, part, parts, queryOf, text, texts, type Tree } from "./tree.ts";
import type { Clause } from "./types.ts";

/** The columns of a query, what they are made of, and what decides about its rows. */
export function readQuery(query: Tree, environment: Environment): Relation {
  const inner = { ...environment, ctes: withCtes(query, environment) };
  switch (query.type) {
    case "SELECT_NODE":
      return select(query, inner);
    case "SET_OPERATION_NODE": {
      const relation = setOperation(query, inner);
      modifiers(query, outputOnly(relation, inner), relation.columns, relation.rows);
      return relation;
    }
    case "RECURSIVE_CTE_NODE":
      return recursive(query, inner);
    default:
      environment.reading.problem(`A query of the kind ${String(query.type)} is not understood.`);
      return {
        columns: [],
        rest: { maybe: () => true, get: () => Dependencies.unknown() },
        rows: new RowDependencies(),
      };
  }
}

/** CTEs of WITH, each read when it is first used and then kept. One sees those before it, and never itself. */
function withCtes(query: Tree, environment: Environment): Ctes {
  const entries = parts(part(query, "cte_map") ?? {}, "map");
  if (entries.length === 0) return environment.ctes;
  const all = new Map(environment.ctes);
  for (const entry of entries) {
    const seen: Ctes = new Map(all);
    const value = part(entry, "value") ?? {};
    const body = queryOf(part(value, "query"));
    let known: Relation | undefined;
    all.set(fold(text(entry, "key")), () => {
      if (known) return known;
      if (!body) return readQuery({ type: "CTE without a query" }, environment);
      const relation = readQuery(body, { ...environment, ctes: seen });
      known = renamed({ ...relation, columns: distinctNames(relation.columns) }, texts(value, "aliases"));
      return known;
    });
  }
  return all;
}

function select(query: Tree, environment: Environment): Relation {
  const from = readFrom(part(query, "from_table"), environment);
  const scope = new Scope(environment, from);
  const rows = new RowDependencies().include(from.rows);
  const { columns, rest, plain } = selectList(query, scope);

  const use = (key: string, clause: Clause): void => {
    const expression = part(query, key);
    if (expression) rows.use(dependenciesOf(expression, scope), clause);
  };
  use("where_clause", "filter");
  for (const group of parts(query, "group_expressions")) rows.use(atPlace(group, columns, scope), "group");
  if (text(query, "aggregate_handling") === "FORCE_AGGREGATES")
    for (const { dependencies } of plain) rows.use(dependencies, "group");
  use("having", "having");
  use("qualify", "qualify");
  modifiers(query, scope, columns, rows);
  for (const item of parts(query, "select_list")) unnested(item, scope, rows);
  return { columns, rest, rows };
}

/** The select list, and which of its items GROUP BY ALL groups by. */
function selectList(
  query: Tree,
  scope: Scope,
): { columns: RelationColumn[]; rest: Rest | undefined; plain: RelationColumn[] } {
  const columns: RelationColumn[] = [];
  const plain: RelationColumn[] = [];
  const rests: (Rest | undefined)[] = [];
  for (const item of parts(query, "select_list")) {
    const star = starOf(item);
    const found = star ? expand(item, star, scope) : single(item, scope);
    columns.push(...found.columns);
    rests.push(found.rest);
    if (!aggregates(item, scope)) plain.push(...found.columns);
    const alias = text(item, "alias");
    const [only] = found.columns;
    if (alias !== "" && only) scope.aliases.set(fold(alias), only);
  }
  return { columns, rest: anyRest(rests), plain };
}

function single(item: Tree, scope: Scope): Expansion {
  const alias = text(item, "alias");
  if (item.class === "COLUMN_REF") {
    const meaning = scope.resolve(texts(item, "column_names"));
    return { columns: [{ name: alias || meaning.name, dependencies: meaning.dependencies }], rest: undefined };
  }
  const name = alias || (entryAt(item, scope)?.name ?? nameOf(item, scope));
  const dependencies = dependenciesOf(item, scope);
  if (!mayBeStruct(item)) return { columns: [{ name, dependencies }], rest: undefined };
  scope.reading.problem(
    "UNNEST gives one column of a list and many of a struct, and which of them it is cannot be told.",
  );
  return { columns: [], rest: { maybe: () => true, get: () => dependencies } };
}

/** The name of an expression without an alias. Trees do not keep how a type or a lambda was spelled, which is in the name. */
function nameOf(item: Tree, scope: Scope): string {
  const name = scope.reading.facts.expressionName(item) ?? "";
  if (spelled(item)) scope.reading.uncertain(name);
  return name;
}

const spelled = (tree: Tree): boolean =>
  ["CAST", "LAMBDA", "SUBQUERY"].includes(String(tree.class)) || inside(tree).some(spelled);

const listFunctions = new Set(
  ["list_value", "range", "generate_series", "string_split", "str_split", "split", "string_to_array"].concat(
    ["string_split_regex", "str_split_regex", "regexp_split_to_array", "regexp_extract_all", "list", "array_agg"],
    ["list_transform", "list_apply", "list_filter", "list_distinct", "list_sort", "map_keys", "map_values"],
  ),
);

/** Whether an item is UNNEST of something that its tree does not show to be a list. */
function mayBeStruct(item: Tree): boolean {
  if (item.class !== "FUNCTION" || text(item, "function_name") !== "unnest") return false;
  const [list, ...options] = parts(item, "children");
  if (!list || options.length > 0) return true;
  if (list.class === "FUNCTION") return !listFunctions.has(text(list, "function_name"));
  if (list.class !== "CAST") return true;
  return !["LIST", "ARRAY"].includes(String(part(list, "cast_type")?.id));
}

/** UNNEST in a select list makes rows. */
function unnested(item: Tree, scope: Scope, rows: RowDependencies): void {
  if (item.class === "FUNCTION" && text(item, "function_name") === "unnest")
    rows.use(dependenciesOf(item, scope), "unnest");
  for (const child of childrenOf(item)) unnested(child, scope, rows);
}

const childrenOf = (item: Tree): Tree[] => (item.class === "FUNCTION" ? parts(item, "children") : []);

/**
 * A number in GROUP BY and ORDER BY is the place of a column. A name by itself means an alias of the select list first in
 * ORDER BY and DISTINCT ON, a column of a table first in GROUP BY, and everywhere inside of an expression.
 */
function atPlace(
  expression: Tree,
  columns: readonly RelationColumn[],
  scope: Scope,
  preference: Preference = "column",
): Dependencies {
  const place = integerOf(expression);
  if (place !== undefined) return columns[place - 1]?.dependencies ?? Dependencies.unknown();
  if (expression.class !== "COLUMN_REF") return dependenciesOf(expression, scope);
  return scope.resolve(texts(expression, "column_names"), preference).dependencies;
}

/** ORDER BY, LIMIT and DISTINCT. */
function modifiers(query: Tree, scope: Scope, columns: readonly RelationColumn[], rows: RowDependencies): void {
  for (const modifier of parts(query, "modifiers")) {
    switch (modifier.type) {
      case "ORDER_MODIFIER":
        for (const { expression } of parts(modifier, "orders") as { expression?: Tree }[]) {
          if (!expression) continue;
          if (expression.class === "STAR") for (const { dependencies } of columns) rows.use(dependencies, "order");
          else rows.use(atPlace(expression, columns, scope, "alias"), "order");
        }
        break;
      case "DISTINCT_MODIFIER": {
        const targets = parts(modifier, "distinct_on_targets");
        for (const target of targets) rows.use(atPlace(target, columns, scope, "alias"), "distinct");
        if (targets.length === 0) for (const { dependencies } of columns) rows.use(dependencies, "distinct");
        break;
      }
      default:
        for (const key of ["limit", "offset"]) {
          const expression = part(modifier, key);
          if (expression) rows.use(dependenciesOf(expression, scope), "limit");
        }
    }
  }
}

/** ORDER BY behind a set operation sees its columns and nothing else. */
function outputOnly(relation: Relation, environment: Environment): Scope {
  const source = { path: [], columns: relation.columns, rest: relation.rest, virtual: [] };
  const entries = relation.columns.map((column) => ({ ...column, source }));
  const from: From = { sources: [source], entries, rest: relation.rest, rows: relation.rows };
  return new Scope(environment, from);
}

/** WITH RECURSIVE: the second query reads what both give, until nothing new takes part. */
function recursive(query: Tree, environment: Environment): Relation {
  const [left, right] = [part(query, "left"), part(query, "right")];
  if (!left || !right) return readQuery({ type: "RECURSIVE without two queries" }, environment);
  const names = texts(query, "aliases");
  const start = readQuery(left, environment);
  let known = renamed({ ...start, columns: distinctNames(start.columns) }, names);
  for (;;) {
    const current = known;
    const ctes = new Map(environment.ctes).set(fold(text(query, "cte_name")), () => ({
      ...current,
      rows: new RowDependencies(),
    }));
    const step = readQuery(right, { ...environment, ctes });
    const rows = new RowDependencies().include(current.rows).include(step.rows);
    const columns = current.columns.map((column, i) => {
      const next = step.columns[i]?.dependencies ?? Dependencies.unknown();
      return { name: column.name, dependencies: new Dependencies().add(column.dependencies).add(next) };
    });
    if (query.union_all !== true) for (const { dependencies } of columns) rows.use(dependencies, "distinct");
    known = { columns, rest: current.rest, rows };
    const unchanged =
      columns.every((column, i) => column.dependencies.fingerprint === current.columns[i]?.dependencies.fingerprint) &&
      rows.origins.length === current.rows.origins.length;
    if (unchanged) return known;
  }
}
