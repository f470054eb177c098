import { Dependencies, type RowDependencies } from "./dependencies.ts";
import type { Facts } from "./facts.ts";
import { anyRest, findColumn, type Relation, type RelationColumn, type Rest } from "./relation.ts";
import { fold, sameName, type Tree } from "./tree.ts";

/** What reading one statement needs to know, and what it finds. */
export interface Reading {
  facts: Facts;
  /** A table, a file or a table function of constants: a node of the project, or something outside of it. */
  table(from: Tree): Relation;
  /** The names of a table without an alias: `[catalog, schema, table]`. */
  pathOf(from: Tree): string[];
  /** Reads a query: what the parts of a query do with the queries inside them. */
  query(query: Tree, environment: Environment): Relation;
  /** Columns of a `*` among the arguments of a function. */
  star(star: Tree, scope: Scope): Pick<Relation, "columns" | "rest">;
  /** An ephemeral model, which is a CTE of this name. */
  ephemeral(name: string): Relation | undefined;
  /** A column without an alias may have another name than this. */
  uncertain(name: string): void;
  /** Says once why something stays unknown. */
  problem(message: string): void;
}

/** Common table expressions that a query sees, by folded name. */
export type Ctes = ReadonlyMap<string, () => Relation>;

/** Where a query stands: what it may read besides its own FROM. */
export interface Environment {
  reading: Reading;
  ctes: Ctes;
  /** The query around a correlated or lateral one. */
  outer: Scope | undefined;
}

/** One item of FROM under its names. */
export interface Source {
  /** Names that may stand before a column: `[catalog, schema, table]`, or only the alias. */
  path: string[];
  columns: RelationColumn[];
  rest: Rest | undefined;
  /** Columns that can be named and are not in `*`: `rowid`, `filename`. */
  virtual: readonly string[];
}

/** One column of `*`. */
export interface Entry extends RelationColumn {
  /** Undefined for the one column that FULL JOIN … USING makes of two. */
  source: Source | undefined;
}

/** What FROM offers. */
export interface From {
  sources: Source[];
  /** `*`, in its order. */
  entries: Entry[];
  rest: Rest | undefined;
  /** Columns of the rest that a name can only have meant: they are there. */
  proven?: Map<string, Dependencies>;
  rows: RowDependencies;
}

export const sourceOf = (path: string[], relation: Relation, virtual: readonly string[] = []): From => {
  const source: Source = { path, columns: relation.columns, rest: relation.rest, virtual };
  const entries = relation.columns.map((column) => ({ ...column, source }));
  return { sources: [source], entries, rest: relation.rest, rows: relation.rows };
};

/** What a name means: its dependencies, and the name as the table spells it. `plain` when it is a column as it is. */
export interface Meaning {
  name: string;
  dependencies: Dependencies;
  plain: boolean;
}

/** Which of two a name means that is both a column and an alias of the select list. */
export type Preference = "column" | "alias";

const valueNames = new Set(
  [
    "current_date",
    "current_time",
    "current_timestamp",
    "localtime",
    "localtimestamp",
    "current_user",
    "session_user",
  ].concat(["user", "current_catalog", "current_schema", "current_role"]),
);

/** Names as one query sees them. */
export class Scope {
  readonly environment: Environment;
  readonly from: From;
  /** Aliases of the select list so far. */
  readonly aliases = new Map<string, RelationColumn>();
  /** Parameters of lambdas and macros. */
  readonly locals: ReadonlyMap<string, Dependencies>;
  /** What `COLUMNS(…)` stands for while its expression is read once for every column. */
  readonly column: Dependencies | undefined;
  /** Macros whose definition is being read: one that calls itself has no end. */
  readonly macros: ReadonlySet<string>;

  constructor(environment: Environment, from: From, more: Partial<Pick<Scope, "locals" | "column" | "macros">> = {}) {
    this.environment = environment;
    this.from = from;
    this.locals = more.locals ?? new Map();
    this.column = more.column;
    this.macros = more.macros ?? environment.outer?.macros ?? new Set();
  }

  get reading(): Reading {
    return this.environment.reading;
  }

  with(more: { locals?: ReadonlyMap<string, Dependencies>; column?: Dependencies; macro?: string }): Scope {
    const scope = new Scope(this.environment, this.from, {
      locals: more.locals ? new Map([...this.locals, ...more.locals]) : this.locals,
      column: more.column ?? this.column,
      macros: more.macro === undefined ? this.macros : new Set([...this.macros, more.macro]),
    });
    for (const [key, value] of this.aliases) scope.aliases.set(key, value);
    return scope;
  }

  /** The meaning of `a`, `t.a`, `s.t.a`, `a.field`. What leads nowhere is unknown, and said to be. */
  resolve(path: readonly string[], preference: Preference = "column"): Meaning {
    const found = this.find(path, preference);
    if (found) return found;
    this.reading.problem(`The column ${path.join(".")} was not found.`);
    return { name: path.at(-1) ?? "", dependencies: Dependencies.unknown(), plain: false };
  }

  find(path: readonly string[], preference: Preference = "column"): Meaning | undefined {
    return path.length === 1 ? this.#simple(path[0] ?? "", preference) : this.#qualified(path);
  }

  /** Whether there are tables, here or further out, whose columns are not all known. */
  get open(): boolean {
    return this.from.rest !== undefined || this.environment.outer?.open === true;
  }

  /** The meaning of a name that is a known column, alias or parameter, here or further out. */
  known(path: readonly string[]): Meaning | undefined {
    const [first = "", second = ""] = path;
    const plain = this.locals.has(fold(first)) || this.aliases.has(fold(first)) || findColumn(this.from.entries, first);
    const table = this.from.sources.some((source) => isPath(source, [first]) && findColumn(source.columns, second));
    if (plain || table) return this.find(path);
    return this.environment.outer?.known(path);
  }

  /** Whether a name is, or may be, a column here or further out. */
  mayHave(name: string): boolean {
    return (
      this.locals.has(fold(name)) ||
      findColumn(this.from.entries, name) !== undefined ||
      this.from.rest?.maybe(name) === true ||
      this.environment.outer?.mayHave(name) === true
    );
  }

  #simple(name: string, preference: Preference): Meaning | undefined {
    const key = fold(name);
    const local = this.locals.get(key);
    if (local) return { name, dependencies: local, plain: false };
    const alias = this.aliases.get(key);
    if (alias && preference === "alias") return { ...alias, plain: true };
    const entries = this.from.entries.filter((entry) => sameName(entry.name, name));
    const [entry] = entries;
    if (entry) {
      if (entries.length === 1) return { ...entry, plain: true };
      this.reading.problem(`The column ${name} is in several tables.`);
      const all = Dependencies.unknown();
      for (const { dependencies } of entries) all.add(dependencies);
      return { name: entry.name, dependencies: all, plain: false };
    }
    if (this.from.sources.some((source) => source.virtual.includes(key)))
      return { name, dependencies: new Dependencies(), plain: false };
    const proven = this.from.proven?.get(key);
    if (proven) return { name, dependencies: proven, plain: true };
    if (this.from.rest?.maybe(name)) {
      // A valid query names it, so it is there: but where, when an alias or a query around this one offers it too?
      if (!alias && this.environment.outer?.mayHave(name) !== true) {
        const dependencies = this.from.rest.get(name);
        this.from.proven ??= new Map();
        this.from.proven.set(key, dependencies);
        return { name, dependencies, plain: true };
      }
      this.reading.problem(`The column ${name} may come from several places: not all columns of the tables are known.`);
      return { name, dependencies: Dependencies.unknown(), plain: false };
    }
    if (alias) return { ...alias, plain: true };
    const table = this.from.sources.find((source) => sameName(source.path.at(-1) ?? "", name));
    if (table) return { name, dependencies: wholeRow(table), plain: false };
    const outer = this.environment.outer?.find([name]);
    if (outer) return outer;
    return valueNames.has(key) ? { name, dependencies: new Dependencies(), plain: false } : undefined;
  }

  #qualified(path: readonly string[]): Meaning | undefined {
    let open: Meaning | undefined;
    for (let length = Math.min(3, path.length - 1); length >= 1; length--) {
      const name = path[length] ?? "";
      const field = path.length > length + 1;
      for (const source of this.from.sources.filter((candidate) => isPath(candidate, path.slice(0, length)))) {
        const column = findColumn(source.columns, name);
        if (column) return asField({ ...column, plain: true }, path, field);
        if (source.virtual.includes(fold(name))) return { name, dependencies: new Dependencies(), plain: false };
        if (source.rest?.maybe(name) && !open) {
          const dependencies = source.rest.get(name);
          open = asField({ name, dependencies, plain: true }, path, field);
        }
      }
    }
    if (open) return open;
    const [first = ""] = path;
    const known = this.locals.has(fold(first)) || findColumn(this.from.entries, first) !== undefined;
    const struct = known ? this.#simple(first, "column") : undefined;
    if (struct) return asField(struct, path, true);
    const outer = this.environment.outer?.find(path);
    if (outer) return outer;
    const alias =
      this.from.rest?.maybe(first) || this.aliases.has(fold(first)) ? this.#simple(first, "column") : undefined;
    return alias && asField(alias, path, true);
  }
}

/** A field of a struct is computed from the column, and has the field's name. */
const asField = (meaning: Meaning, path: readonly string[], field: boolean): Meaning =>
  field ? { name: path.at(-1) ?? "", dependencies: meaning.dependencies.as("derived"), plain: false } : meaning;

/** `t` as a value: a struct of all its columns. */
function wholeRow(source: Source): Dependencies {
  const all = source.rest ? Dependencies.unknown() : new Dependencies();
  for (const { dependencies } of source.columns) all.add(dependencies, "derived");
  return all;
}

/** True when `names` are the end of what the source is called. */
export function isPath(source: Source, names: readonly string[]): boolean {
  if (names.length > source.path.length) return false;
  return names.every((name, i) => sameName(name, source.path[source.path.length - names.length + i] ?? ""));
}

/** Two FROM items side by side. */
export const beside = (left: From, right: From, rows: RowDependencies): From => ({
  sources: [...left.sources, ...right.sources],
  entries: [...left.entries, ...right.entries],
  rest: anyRest([left.rest, right.rest]),
  rows,
});
