import { Dependencies } from "./dependencies.ts";
import type { RelationColumn } from "./relation.ts";
import type { Scope } from "./scope.ts";
import { fold, inside, part, parts, queryOf, text, texts, type Tree } from "./tree.ts";

/** Functions whose arguments may be lambdas; elsewhere `a -> b` reads JSON. */
const takesLambda = new Set(
  [
    "list_transform",
    "list_apply",
    "array_transform",
    "array_apply",
    "apply",
    "list_filter",
    "array_filter",
    "filter",
  ].concat(["list_reduce", "array_reduce", "reduce"]),
);

/** What an expression is made of. A column by itself stays what it is, everything else is computed. */
export function dependenciesOf(expression: Tree, scope: Scope): Dependencies {
  switch (expression.class) {
    case "CONSTANT":
    case "PARAMETER":
      return new Dependencies();
    case "COLUMN_REF":
      return scope.resolve(texts(expression, "column_names")).dependencies;
    case "STAR":
      return starValue(expression, scope);
    case "SUBQUERY":
      return subquery(expression, scope);
    case "FUNCTION":
      return callOf(expression, scope);
    case "WINDOW":
      return windowOf(expression, scope);
    case "POSITIONAL_REFERENCE":
      return place(expression, scope);
    default:
      if (computed.has(String(expression.class))) return all(inside(expression), scope).as("derived");
      scope.reading.problem(`An expression of the kind ${String(expression.class)} is not understood.`);
      return Dependencies.unknown();
  }
}

/** Kinds of expressions that are made of the expressions inside them. */
const computed = new Set(["BETWEEN", "CASE", "CAST", "COLLATE", "COMPARISON", "CONJUNCTION", "LAMBDA", "OPERATOR"]);

/** `#2` is the second column of what is read; undefined when not all columns are known. */
export function entryAt(expression: Tree, scope: Scope): RelationColumn | undefined {
  if (expression.class !== "POSITIONAL_REFERENCE" || typeof expression.index !== "number") return undefined;
  return scope.from.rest ? undefined : scope.from.entries[expression.index - 1];
}

function place(expression: Tree, scope: Scope): Dependencies {
  const entry = entryAt(expression, scope);
  if (entry) return entry.dependencies;
  scope.reading.problem(`Which column #${String(expression.index)} is cannot be told.`);
  return Dependencies.unknown();
}

const all = (expressions: readonly Tree[], scope: Scope): Dependencies => {
  const found = new Dependencies();
  for (const expression of expressions) found.add(dependenciesOf(expression, scope));
  return found;
};

/** `COLUMNS(…)` is one column at a time; unpacked into arguments, or as `*`, it is all of them. */
function starValue(expression: Tree, scope: Scope): Dependencies {
  if (expression.columns === true && scope.column) return scope.column;
  const { columns, rest } = scope.reading.star(expression, scope);
  const all = rest ? Dependencies.unknown() : new Dependencies();
  for (const { dependencies } of columns) all.add(dependencies);
  return all;
}

/** A scalar subquery, EXISTS, IN: its value, and whatever decides about its rows, make the value. */
function subquery(expression: Tree, scope: Scope): Dependencies {
  const found = all(inside(expression), scope).as("derived");
  const query = queryOf(part(expression, "subquery"));
  if (!query) return found.add(Dependencies.unknown());
  const { reading, ctes } = scope.environment;
  const relation = reading.query(query, { reading, ctes, outer: scope });
  if (text(expression, "subquery_type") !== "EXISTS") {
    for (const { dependencies } of relation.columns) found.add(dependencies, "derived");
    if (relation.rest) found.complete = false;
  }
  return found.add(relation.rows.asValue());
}

function callOf(expression: Tree, scope: Scope): Dependencies {
  const name = fold(text(expression, "function_name"));
  const { facts } = scope.reading;
  const found = receiver(expression, scope);
  const lambdas = takesLambda.has(name);
  for (const argument of inside(expression)) {
    const value = argument.class === "LAMBDA" && lambdas ? lambda(argument, scope) : dependenciesOf(argument, scope);
    found.add(value);
  }
  if (facts.isAggregate(name)) return found.as("aggregated");
  const value = found.as("derived");
  if (facts.isFunction(name)) return value.add(macroValue(expression, name, scope));
  scope.reading.problem(
    `The function ${name} is not in this database: what it reads besides its arguments is unknown.`,
  );
  return value.add(Dependencies.unknown());
}

/**
 * `a.lower()` is `lower(a)`; the tree shows `a` as the schema of the function. As in DuckDB, a schema that has the
 * function goes first.
 */
function receiver(expression: Tree, scope: Scope): Dependencies {
  const [catalog, schema] = [text(expression, "catalog"), text(expression, "schema")];
  const name = text(expression, "function_name");
  if (schema === "" || scope.reading.facts.isFunction(name, schema)) return new Dependencies();
  const path = catalog === "" ? [schema] : [catalog, schema];
  const known = scope.known(path);
  if (known) return known.dependencies;
  if (!scope.open) return new Dependencies();
  scope.reading.problem(`Whether ${path.join(".")} is a column or the schema of ${name} cannot be told.`);
  return Dependencies.unknown();
}

/** A macro is what its definition is, with the arguments in place of the parameters. */
function macroValue(expression: Tree, name: string, scope: Scope): Dependencies {
  const macros = scope.reading.facts.macros(name, "macro");
  const found = new Dependencies();
  if (macros?.length === 0) return found;
  if (macros === null || scope.macros.has(name)) {
    scope.reading.problem(`The macro ${name} cannot be read.`);
    return Dependencies.unknown();
  }
  for (const { parameters, definition } of macros ?? []) {
    const given = parts(expression, "children");
    const locals = new Map<string, Dependencies>();
    for (const [i, parameter] of parameters.entries()) {
      const argument = given.find((value) => fold(text(value, "alias")) === fold(parameter)) ?? given[i];
      locals.set(fold(parameter), argument ? dependenciesOf(argument, scope) : new Dependencies());
    }
    found.add(dependenciesOf(definition, scope.with({ locals, macro: name })));
  }
  return found;
}

function lambda(expression: Tree, scope: Scope): Dependencies {
  const left = part(expression, "lhs");
  const names = left?.class === "COLUMN_REF" ? [left] : left ? parts(left, "children") : [];
  const locals = new Map(names.map((name) => [fold(texts(name, "column_names")[0] ?? ""), new Dependencies()]));
  const body = part(expression, "expr");
  return body ? dependenciesOf(body, scope.with({ locals })) : new Dependencies();
}

/** An aggregate over a window aggregates its arguments; partition, order and frame only decide which rows it sees. */
function windowOf(expression: Tree, scope: Scope): Dependencies {
  const { children: _children, filter_expr: _filter, ...around } = expression;
  const filter = part(expression, "filter_expr");
  const values = [...parts(expression, "children"), ...(filter ? [filter] : [])];
  const aggregate = expression.type === "WINDOW_AGGREGATE";
  return all(values, scope)
    .as(aggregate ? "aggregated" : "derived")
    .add(all(inside(around), scope), "derived");
}

/** Whether an expression aggregates the rows of its own query: `GROUP BY ALL` leaves such ones out. */
export function aggregates(expression: Tree, scope: Scope): boolean {
  if (expression.class === "SUBQUERY" || expression.class === "WINDOW") {
    return inside(expression).some((child) => aggregates(child, scope));
  }
  if (expression.class === "FUNCTION") {
    const name = text(expression, "function_name");
    if (scope.reading.facts.isAggregate(name)) return true;
    const macros = scope.reading.facts.macros(name, "macro") ?? [];
    const inner = scope.with({ macro: fold(name) });
    if (!scope.macros.has(fold(name)) && macros.some(({ definition }) => aggregates(definition, inner))) return true;
  }
  return inside(expression).some((child) => aggregates(child, scope));
}
