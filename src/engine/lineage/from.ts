import { Dependencies, RowDependencies } from "./dependencies.ts";
import { dependenciesOf } from "./expression.ts";
import { pivotRelation } from "./pivot.ts";
import {
  anyRest,
  distinctNames,
  findColumn,
  type Relation,
  renamed,
  type Rest,
  unknownRest,
  without,
} from "./relation.ts";
import { beside, type Entry, type Environment, type From, Scope, sourceOf } from "./scope.ts";
import { fold, inside, part, parts, queryOf, text, texts, type Tree } from "./tree.ts";

const nothing = (): From => ({ sources: [], entries: [], rest: undefined, rows: new RowDependencies() });

/** What a FROM clause offers to the rest of its query. */
export function readFrom(from: Tree | undefined, environment: Environment): From {
  if (!from) return nothing();
  const { reading } = environment;
  switch (from.type) {
    case "EMPTY":
      return nothing();
    case "BASE_TABLE":
      return baseTable(from, environment);
    case "JOIN":
      return join(from, environment);
    case "SUBQUERY": {
      const query = queryOf(part(from, "subquery"));
      return query ? aliasOf(from, reading.query(query, environment)) : opaque(from, environment);
    }
    case "EXPRESSION_LIST":
      return aliasOf(from, values(from, environment));
    case "TABLE_FUNCTION":
      return tableFunction(from, environment);
    case "PIVOT": {
      const source = part(from, "source");
      const read = readFrom(source, environment);
      return aliasOf(from, pivotRelation(from, new Scope(environment, read)));
    }
    default:
      return opaque(from, environment);
  }
}

/** Something whose columns a tree does not tell: DESCRIBE, SHOW, SUMMARIZE. */
function opaque(from: Tree, { reading }: Environment): From {
  reading.problem(`What ${String(from.type)} gives cannot be told from the query.`);
  return aliasOf(from, { columns: [], rest: unknownRest, rows: new RowDependencies() });
}

/** A relation under its alias; a table's columns have different names. */
function aliasOf(from: Tree, relation: Relation, path: string[] = [], virtual: readonly string[] = []): From {
  const alias = text(from, "alias");
  const table = { ...relation, columns: distinctNames(relation.columns) };
  return sourceOf(alias === "" ? path : [alias], renamed(table, texts(from, "column_name_alias")), virtual);
}

const fileColumns = ["filename", "file_row_number", "file_index"];

function baseTable(from: Tree, environment: Environment): From {
  const { reading, ctes } = environment;
  const [catalog, schema, name] = [text(from, "catalog_name"), text(from, "schema_name"), text(from, "table_name")];
  if (catalog === "" && schema === "") {
    const cte = reading.ephemeral(name) ?? ctes.get(fold(name))?.();
    if (cte) return aliasOf(from, cte, [name]);
  }
  return aliasOf(from, reading.table(from), reading.pathOf(from), ["rowid", ...fileColumns]);
}

/** Rows of VALUES: a column is made of what stands at its place in every row. */
function values(from: Tree, environment: Environment): Relation {
  const scope = new Scope(environment, nothing());
  const rows = (from.values as Tree[][] | undefined) ?? [];
  const names = texts(from, "expected_names");
  const columns = (rows[0] ?? []).map((_, i) => {
    const dependencies = new Dependencies();
    for (const row of rows) if (row[i]) dependencies.add(dependenciesOf(row[i], scope));
    return { name: names[i] ?? `col${i}`, dependencies };
  });
  return { columns, rest: undefined, rows: new RowDependencies() };
}

/** Functions that make rows of their arguments, with the name of their column. */
const generators = new Set(["unnest", "range", "generate_series"]);

/** Functions whose columns are the same for every argument. */
const fixedColumns: Record<string, string[]> = {
  json_each: ["key", "value", "type", "atom", "id", "parent", "fullkey", "path"],
  json_tree: ["key", "value", "type", "atom", "id", "parent", "fullkey", "path"],
};

function tableFunction(from: Tree, environment: Environment): From {
  const { reading } = environment;
  const call = part(from, "function") ?? {};
  const name = fold(text(call, "function_name"));
  const scope = new Scope(environment, nothing());
  const rows = new RowDependencies();
  const argumentsOf = new Dependencies();
  for (const argument of inside(call)) argumentsOf.add(dependenciesOf(valueOf(argument), scope));
  const computed = argumentsOf.as("derived");
  rows.use(computed, "unnest");
  const ordinality = text(from, "with_ordinality") === "WITH_ORDINALITY" ? ["ordinality"] : [];
  const known = (names: readonly string[]): From => {
    const columns = [...names, ...ordinality].map((column) => ({ name: column, dependencies: computed }));
    return aliasOf(from, { columns, rest: undefined, rows }, [name]);
  };
  if (generators.has(name)) {
    const structs = parts(call, "children").some((child) => ["recursive", "max_depth"].includes(text(child, "alias")));
    if (!structs) return known([name]);
  }
  const fixed = Object.hasOwn(fixedColumns, name) ? fixedColumns[name] : undefined;
  if (fixed) return known(fixed);
  const macros = reading.facts.macros(name, "table_macro");
  if (macros?.length) return aliasOf(from, tableMacro(macros, call, scope, rows), [name]);
  if (argumentsOf.origins.length === 0 && argumentsOf.complete && !inside(call).some(hasSubquery))
    return aliasOf(from, reading.table(from), [name], fileColumns);
  reading.problem(`The columns of the table function ${name} are not known.`);
  const rest: Rest = { maybe: () => true, get: () => computed };
  return aliasOf(from, { columns: [], rest, rows }, [name]);
}

/** `header = true` names an argument of a table function; the tree shows a comparison with a column. */
function valueOf(argument: Tree): Tree {
  const named = argument.type === "COMPARE_EQUAL" ? part(argument, "left") : undefined;
  return named?.class === "COLUMN_REF" ? (part(argument, "right") ?? argument) : argument;
}

const hasSubquery = (tree: Tree): boolean => tree.class === "SUBQUERY" || inside(tree).some(hasSubquery);

function tableMacro(
  macros: readonly { parameters: string[]; definition: Tree }[],
  call: Tree,
  scope: Scope,
  rows: RowDependencies,
): Relation {
  const { reading } = scope;
  const name = fold(text(call, "function_name"));
  const [macro] = macros.filter(({ parameters }) => parameters.length >= parts(call, "children").length);
  if (!macro || macros.length > 1 || scope.macros.has(name)) {
    reading.problem(`Which table macro ${text(call, "function_name")} means cannot be told.`);
    return { columns: [], rest: unknownRest, rows };
  }
  const locals = new Map<string, Dependencies>();
  for (const [i, parameter] of macro.parameters.entries()) {
    const given = parts(call, "children");
    const argument = given.find((value) => fold(text(value, "alias")) === fold(parameter)) ?? given[i];
    locals.set(fold(parameter), argument ? dependenciesOf(argument, scope) : new Dependencies());
  }
  const outer = new Scope({ ...scope.environment, ctes: new Map() }, nothing(), {
    locals,
    macros: new Set([...scope.macros, name]),
  });
  const relation = reading.query(macro.definition, { reading, ctes: new Map(), outer });
  return { ...relation, rows: relation.rows.include(rows) };
}

function join(from: Tree, environment: Environment): From {
  const left = readFrom(part(from, "left"), environment);
  // What stands on the right may use the columns of the left: LATERAL is implied.
  const lateral = new Scope(environment, left);
  const right = readFrom(part(from, "right"), { ...environment, outer: lateral });
  const rows = new RowDependencies().include(left.rows).include(right.rows);
  const kind = text(from, "join_type");
  const using = text(from, "ref_type") === "NATURAL" ? common(left, right, environment) : texts(from, "using_columns");
  const joined = using.length > 0 ? merged(left, right, using, kind, rows) : beside(left, right, rows);
  const condition = part(from, "condition");
  if (condition) rows.use(dependenciesOf(condition, new Scope(environment, joined)), "join");
  // A semi join only asks whether the right has a match.
  return kind === "SEMI" || kind === "ANTI" ? { ...left, rows } : joined;
}

/** Columns of NATURAL JOIN. */
function common(left: From, right: From, { reading }: Environment): string[] {
  if (left.rest || right.rest)
    reading.problem("NATURAL JOIN takes the columns that both sides have, and not all of them are known.");
  return left.entries.map(({ name }) => name).filter((name) => findColumn(right.entries, name) !== undefined);
}

/** JOIN … USING: each of its columns once, from the side that always has it. */
function merged(left: From, right: From, using: readonly string[], kind: string, rows: RowDependencies): From {
  const sideOf = (side: From, name: string): Entry => {
    const known = side.entries.find((entry) => fold(entry.name) === fold(name));
    if (known) return known;
    const dependencies = side.rest?.maybe(name) ? side.rest.get(name) : Dependencies.unknown();
    return { name, dependencies, source: undefined };
  };
  const extra: Entry[] = [];
  const replaced = new Map<string, Entry>();
  for (const name of using) {
    const [a, b] = [sideOf(left, name), sideOf(right, name)];
    rows.use(a.dependencies, "join").use(b.dependencies, "join");
    const entry: Entry =
      kind === "FULL" || kind === "OUTER"
        ? { name: a.name, dependencies: a.dependencies.as("derived").add(b.dependencies, "derived"), source: undefined }
        : kind === "RIGHT"
          ? { ...b, name: a.name }
          : a;
    if (left.entries.some((other) => fold(other.name) === fold(name))) replaced.set(fold(name), entry);
    else extra.push(entry);
  }
  const names = new Set(using.map(fold));
  return {
    sources: [...left.sources, ...right.sources],
    entries: [
      ...left.entries.map((entry) => replaced.get(fold(entry.name)) ?? entry),
      ...extra,
      ...right.entries.filter((entry) => !names.has(fold(entry.name))),
    ],
    rest: anyRest([left.rest && without(left.rest, using), right.rest && without(right.rest, using)]),
    rows,
  };
}
