import { Dependencies, RowDependencies } from "./dependencies.ts";
import { fold, sameName } from "./tree.ts";

export interface RelationColumn {
  name: string;
  dependencies: Dependencies;
}

/** Columns that a relation has beyond those that are known. */
export interface Rest {
  /** False for a name that is certainly none of them. */
  maybe(name: string): boolean;
  /** What the column of this name is made of, given that there is one: a valid query names it. */
  get(name: string): Dependencies;
}

/** What a query or a table gives: columns in order, perhaps more of them that nobody knows, and what decides its rows. */
export interface Relation {
  columns: RelationColumn[];
  /** Undefined when `columns` are all. */
  rest: Rest | undefined;
  rows: RowDependencies;
}

/** More columns may be there, and nothing can be said about them. */
export const unknownRest: Rest = { maybe: () => true, get: () => Dependencies.unknown() };

export const findColumn = (columns: readonly RelationColumn[], name: string): RelationColumn | undefined =>
  columns.find((column) => sameName(column.name, name));

/** A rest without some names. */
export const without = (rest: Rest, names: Iterable<string>): Rest => {
  const gone = new Set([...names].map(fold));
  return { maybe: (name) => !gone.has(fold(name)) && rest.maybe(name), get: rest.get };
};

/** Several relations side by side; undefined when all their columns are known. */
export function anyRest(rests: readonly (Rest | undefined)[]): Rest | undefined {
  const open = rests.filter((rest) => rest !== undefined);
  if (open.length <= 1) return open[0];
  return {
    maybe: (name) => open.some((rest) => rest.maybe(name)),
    get: (name) => {
      const able = open.filter((rest) => rest.maybe(name));
      return able.length === 1 ? (able[0] as Rest).get(name) : Dependencies.unknown();
    },
  };
}

/** Names as a table of these columns would have them: DuckDB numbers what occurs twice (`a`, `a_1`). */
export function distinctNames(columns: readonly RelationColumn[]): RelationColumn[] {
  const seen = new Map<string, number>();
  return columns.map((column) => {
    const key = fold(column.name);
    let next = seen.get(key);
    if (next === undefined) {
      seen.set(key, 1);
      return column;
    }
    let name = `${column.name}_${next}`;
    while (seen.has(fold(name))) name = `${column.name}_${++next}`;
    seen.set(key, next);
    seen.set(fold(name), 1);
    return { ...column, name };
  });
}

/** `AS t(a, b)`: names by position. What is behind an unknown position is not known. */
export function renamed(relation: Relation, names: readonly string[]): Relation {
  if (names.length === 0) return relation;
  if (relation.rest === undefined)
    return {
      ...relation,
      columns: relation.columns.map((column, i) => ({ ...column, name: names[i] ?? column.name })),
    };
  return {
    ...relation,
    columns: names.map((name) => ({ name, dependencies: Dependencies.unknown() })),
    rest: unknownRest,
  };
}
