import { Dependencies, RowDependencies } from "./dependencies.ts";
import { anyRest, findColumn, type Relation, type RelationColumn, type Rest } from "./relation.ts";
import type { Environment } from "./scope.ts";
import { part, parts, text, type Tree } from "./tree.ts";

/** UNION, INTERSECT and EXCEPT, by position or by name. Names are those of the first query. */
export function setOperation(query: Tree, environment: Environment): Relation {
  const { reading } = environment;
  const [left, right] = [part(query, "left"), part(query, "right")];
  const queries = left && right ? [left, right] : parts(query, "children");
  const kind = text(query, "setop_type");
  const [first, ...others] = queries.map((operand) => reading.query(operand, environment));
  const nothing: Relation = { columns: [], rest: undefined, rows: new RowDependencies() };
  return others.reduce((before, next) => {
    const union = kind === "UNION" || kind === "UNION_BY_NAME";
    const joined =
      kind === "UNION_BY_NAME" ? byName(before, next, environment) : byPlace(before, next, union, environment);
    const rows = new RowDependencies().include(before.rows).include(next.rows);
    const whole = [...before.columns, ...next.columns];
    if (!union) for (const { dependencies } of whole) rows.use(dependencies, "set");
    else if (query.setop_all !== true)
      for (const { dependencies } of joined.columns) rows.use(dependencies, "distinct");
    if ((!union || query.setop_all !== true) && (before.rest ?? next.rest)) rows.complete = false;
    return { ...joined, rows };
  }, first ?? nothing);
}

function byPlace(left: Relation, right: Relation, union: boolean, { reading }: Environment): Relation {
  // EXCEPT and INTERSECT give rows of the left only.
  if (!union) return left;
  const open = left.rest !== undefined || right.rest !== undefined;
  if (open) reading.problem("UNION joins columns by their place, and not all columns of its queries are known.");
  const columns = left.columns.map((column, i): RelationColumn => {
    const other = open ? Dependencies.unknown() : (right.columns[i]?.dependencies ?? Dependencies.unknown());
    return { name: column.name, dependencies: new Dependencies().add(column.dependencies).add(other) };
  });
  const { rest } = left;
  const wider: Rest | undefined = rest && {
    maybe: rest.maybe,
    get: (name) => new Dependencies().add(rest.get(name)).add(Dependencies.unknown()),
  };
  return { columns, rest: wider, rows: left.rows };
}

function byName(left: Relation, right: Relation, { reading }: Environment): Relation {
  const of = (relation: Relation, name: string): Dependencies => {
    const column = findColumn(relation.columns, name);
    if (column) return column.dependencies;
    if (!relation.rest?.maybe(name)) return new Dependencies();
    reading.problem(`Whether both queries of UNION BY NAME have the column ${name} is not known.`);
    return Dependencies.unknown();
  };
  const names = [
    ...left.columns.map(({ name }) => name),
    ...right.columns.map(({ name }) => name).filter((name) => findColumn(left.columns, name) === undefined),
  ];
  const columns = names.map((name) => ({
    name,
    dependencies: new Dependencies().add(of(left, name)).add(of(right, name)),
  }));
  const rest = anyRest([left.rest, right.rest]);
  return { columns, rest, rows: left.rows };
}
