import { Dependencies, RowDependencies } from "./dependencies.ts";
import { dependenciesOf } from "./expression.ts";
import { type Relation, type RelationColumn, type Rest, unknownRest, without } from "./relation.ts";
import type { Scope } from "./scope.ts";
import { expand } from "./star.ts";
import { fold, inside, part, parts, text, texts, type Tree } from "./tree.ts";

/** PIVOT with the values written out, and UNPIVOT. `scope` offers the columns of what is turned. */
export function pivotRelation(from: Tree, scope: Scope): Relation {
  const unpivoted = texts(from, "unpivot_names");
  return unpivoted.length > 0 ? unpivot(from, unpivoted, scope) : pivot(from, scope);
}

/** Names of columns in an expression, folded: they do not pass through a PIVOT. */
function namesIn(expression: Tree): string[] {
  if (expression.class === "COLUMN_REF") return [fold(texts(expression, "column_names").at(-1) ?? "")];
  return inside(expression).flatMap(namesIn);
}

function pivot(from: Tree, scope: Scope): Relation {
  const rows = new RowDependencies().include(scope.from.rows);
  const aggregates = parts(from, "aggregates");
  const pivots = parts(from, "pivots");
  const turned = pivots.flatMap((entry) => parts(entry, "pivot_expressions"));
  const used = new Set([...aggregates, ...turned].flatMap(namesIn));
  const groups = texts(from, "groups");
  const kept: RelationColumn[] =
    groups.length > 0
      ? groups.map((name) => scope.resolve([name]))
      : scope.from.entries.filter((entry) => !used.has(fold(entry.name)));
  const open = groups.length > 0 ? undefined : scope.from.rest;
  if (open) scope.reading.problem("PIVOT groups by all other columns of its table, and not all of them are known.");
  for (const { dependencies } of kept) rows.use(dependencies, "group");
  if (open) rows.complete = false;
  const selectors = new Dependencies();
  for (const expression of turned) selectors.add(dependenciesOf(expression, scope));
  const combinations = pivots.reduce<string[] | undefined>(
    (before, entry) => {
      const names = entryNames(entry);
      return before && names
        ? before.flatMap((first) => names.map((name) => (first === "" ? name : `${first}_${name}`)))
        : undefined;
    },
    [""],
  );
  if (!combinations) {
    scope.reading.problem("The columns that PIVOT makes depend on an ENUM or a query.");
    const value = new Dependencies().add(selectors, "aggregated");
    for (const aggregate of aggregates) value.add(dependenciesOf(aggregate, scope), "aggregated");
    return { columns: kept, rest: { maybe: () => true, get: () => value }, rows };
  }
  const suffixed = aggregates.length > 1 || aggregates.some((aggregate) => text(aggregate, "alias") !== "");
  const columns = combinations.flatMap((name) =>
    aggregates.map((aggregate): RelationColumn => {
      const own = text(aggregate, "alias") || (scope.reading.facts.expressionName(aggregate) ?? "");
      const dependencies = new Dependencies()
        .add(dependenciesOf(aggregate, scope), "aggregated")
        .add(selectors, "aggregated");
      return { name: suffixed ? `${name}_${own}` : name, dependencies };
    }),
  );
  return { columns: [...kept, ...columns], rest: open && without(open, used), rows };
}

/** Names of the values of one FOR; undefined when an ENUM or a query gives them. */
function entryNames(pivoted: Tree): string[] | undefined {
  const entries = parts(pivoted, "entries");
  if (entries.length === 0 || text(pivoted, "pivot_enum") !== "" || part(pivoted, "subquery")) return undefined;
  const names = entries.map((entry) => {
    if (part(entry, "star_expr") ?? part(entry, "expr")) return undefined;
    return text(entry, "alias") || parts(entry, "values").map(valueName).join("_");
  });
  return names.every((name) => name !== undefined) ? names : undefined;
}

const valueName = (value: Tree): string => (value.is_null === true ? "NULL" : String(value.value));

function unpivot(from: Tree, valueNames: readonly string[], scope: Scope): Relation {
  const rows = new RowDependencies().include(scope.from.rows);
  const [turned] = parts(from, "pivots");
  const entries = turned ? parts(turned, "entries") : [];
  const groups = entries.flatMap((entry): RelationColumn[][] => {
    const star = part(entry, "star_expr") ?? part(entry, "expr");
    if (star?.class === "STAR") {
      const { columns, rest } = expand(star, star, scope);
      if (rest) rows.complete = false;
      return columns.map((column) => [column]);
    }
    if (star) return [[{ name: "", dependencies: dependenciesOf(star, scope) }]];
    return [parts(entry, "values").map((value) => scope.resolve([valueName(value)]))];
  });
  const gone = new Set(groups.flat().map(({ name }) => fold(name)));
  const values = valueNames.map((name, i): RelationColumn => {
    const dependencies = rows.complete ? new Dependencies() : Dependencies.unknown();
    for (const group of groups) if (group[i]) dependencies.add(group[i].dependencies);
    return { name, dependencies };
  });
  // A row without a value is left out.
  for (const { dependencies } of values) rows.use(dependencies, "pivot");
  const labels = texts(turned ?? {}, "unpivot_names").map((name) => ({ name, dependencies: new Dependencies() }));
  const kept = scope.from.entries.filter((entry) => !gone.has(fold(entry.name)));
  const open: Rest | undefined = scope.from.rest && (rows.complete ? without(scope.from.rest, gone) : unknownRest);
  if (open) scope.reading.problem("UNPIVOT keeps all other columns of its table, and not all of them are known.");
  return { columns: [...kept, ...labels, ...values], rest: open, rows };
}
