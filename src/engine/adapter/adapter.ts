import { randomUUID } from "node:crypto";
import { isLabsError } from "#errors/index.ts";
import { repr, str, typeName, type MaybePromise, type Value } from "#jinja/index.ts";
import type { Target } from "../1-read/types.ts";
import { field, listOf } from "./arguments.ts";
import type { RelationCache } from "./cache.ts";
import { AdapterColumn } from "./column.ts";
import { adapterError } from "./errors.ts";
import { everything, type Policy, type RelationPath } from "./policy.ts";
import { Relation } from "./relation.ts";
import { relationTypes } from "./relation-base.ts";
import type { AdapterSession } from "./session.ts";
import { AgateTable } from "./table.ts";

export interface AdapterWarning {
  message: string;
  /** dbt's event and its code, such as `AdapterDeprecationWarning`, `D005`. */
  name: string;
  code: string;
}

/** What all threads of a run share. */
export interface AdapterShared {
  cache: RelationCache;
  target: Target;
  projectName: string;
  /** Quoting of the project, `quoting:` of dbt_project.yml. */
  quoting?: Partial<Policy>;
  /** Flags of the project, for `adapter.behavior`. */
  flags?: Record<string, unknown>;
  /** Messages already given by `warn_once`, and names of temporary relations by model. */
  once?: { messages: Set<string>; temporary: Map<string, string> };
  warn?: (warning: AdapterWarning) => void;
}

export interface AdapterOptions {
  shared: AdapterShared;
  session: AdapterSession;
  /** Runs a macro by name: the project's first, then the adapter's, then dbt's. */
  executeMacro(name: string, kwargs: Record<string, Value>): MaybePromise<Value>;
}

/** dbt's adapter for one thread: relations, columns and schemas, through macros that a project may override. */
export class Adapter {
  readonly shared: AdapterShared;
  readonly session: AdapterSession;
  readonly quoting: Policy;
  readonly once: { messages: Set<string>; temporary: Map<string, string> };
  readonly #options: AdapterOptions;

  constructor(options: AdapterOptions) {
    this.#options = options;
    this.shared = options.shared;
    this.session = options.session;
    this.quoting = { ...everything, ...options.shared.quoting };
    this.once = options.shared.once ??= { messages: new Set(), temporary: new Map() } as never;
  }

  get cache(): RelationCache {
    return this.shared.cache;
  }

  /** An error that is not ours (a defect of a macro's arguments) rolls back as dbt's exception handler does. */
  async macro(name: string, kwargs: Record<string, Value>): Promise<Value> {
    try {
      return await this.#options.executeMacro(name, kwargs);
    } catch (error) {
      if (!isLabsError(error)) await this.session.rollbackIfOpen();
      throw error;
    }
  }

  /** Relations of a schema: from the cache, which is filled when the schema is not in it. */
  async listRelations(database: string | null, schema: string): Promise<Relation[]> {
    if (this.cache.has(database, schema)) return this.cache.relations(database, schema);
    const wanted = new Relation({ database, schema, identifier: "", quotePolicy: this.quoting }).withoutIdentifier();
    const relations = await this.listWithoutCaching(wanted);
    for (const relation of relations) this.cache.add(relation);
    this.cache.addSchemas([{ database, schema }]);
    return relations;
  }

  /** Asks the database, through the macro `list_relations_without_caching`. */
  async listWithoutCaching(schema: Relation): Promise<Relation[]> {
    const table = await this.macro("list_relations_without_caching", { schema_relation: schema });
    return rowsOf(table).map(([database = null, name = null, itsSchema = null, type = null]) => {
      const known = typeof type === "string" && (relationTypes as readonly string[]).includes(type);
      const text = (value: Value): string | null => (value === null ? null : str(value));
      return new Relation({
        database: text(database),
        schema: text(itsSchema),
        identifier: text(name),
        type: known ? type : "external",
      });
    });
  }

  /** Lists the schemas into the cache, one query each; also empty ones are then known. */
  async fillCache(schemas: Iterable<Relation>): Promise<void> {
    for (const schema of schemas) {
      for (const relation of await this.listWithoutCaching(schema)) this.cache.add(relation);
      if (schema.schema !== null) this.cache.addSchemas([{ database: schema.database, schema: schema.schema }]);
    }
  }

  /** Errors: DBA-001 when a name differs in case only, or when several match. */
  async getRelation(path: RelationPath): Promise<Relation | null> {
    const relations = await this.#candidates(path);
    const search = this.#searchFor(path);
    const matches = relations.filter((relation) => relation.matches(search));
    if (matches.length > 1) {
      throw adapterError("compilation", {
        message:
          "get_relation returned more than one relation with the given args. Please specify a database or schema to narrow down the result set." +
          `\n${JSON.stringify(path)}\n\n${repr(matches)}`,
      });
    }
    return matches[0] ?? null;
  }

  /** Only those that can match at all, so that a look-up in a large schema does not read it whole. */
  async #candidates({ database, schema, identifier }: RelationPath): Promise<Relation[]> {
    if (schema === null) return [];
    if (identifier === null || identifier.includes('"') || !this.cache.has(database, schema))
      return this.listRelations(database, schema);
    const found = this.cache.get({ database, schema, identifier });
    return found === undefined ? [] : [found];
  }

  #searchFor(path: RelationPath): RelationPath {
    const lowered = (key: keyof RelationPath): string | null => {
      const part = path[key];
      return part !== null && !this.quoting[key] ? part.toLowerCase() : part;
    };
    return { database: lowered("database"), schema: lowered("schema"), identifier: lowered("identifier") };
  }

  /** Columns as the macro `get_columns_in_relation` tells; none for a relation that does not exist. */
  async columnsIn(relation: Relation): Promise<AdapterColumn[]> {
    return listOf(await this.columnsAnswer(relation)).filter((column) => column instanceof AdapterColumn);
  }

  /** What the macro answers, which may be a project's own. */
  async columnsAnswer(relation: Relation): Promise<Value> {
    try {
      return await this.macro("get_columns_in_relation", { relation });
    } catch (error) {
      if (isLabsError(error) && /does not exist/i.test(error.message)) return [];
      throw error;
    }
  }

  /** Names and types of a query's result without running it; a STRUCT counts as its leaves. */
  async columnsOfQuery(sql: string): Promise<AdapterColumn[]> {
    const { rows } = await this.session.select(`DESCRIBE (${sql})`);
    return rows.flatMap(([name, type]) => new AdapterColumn(String(name), String(type)).flatten());
  }

  async missingColumns(from: Value, to: Value): Promise<AdapterColumn[]> {
    const [source, target] = [
      relationArgument("get_missing_columns", "from_relation", from),
      relationArgument("get_missing_columns", "to_relation", to),
    ];
    const wanted = await this.columnsIn(source);
    const there = new Set((await this.columnsIn(target)).map(({ name }) => name));
    return wanted.filter(({ name }) => !there.has(name));
  }

  async createSchema(relation: Relation): Promise<void> {
    await this.macro("create_schema", { relation: relation.withoutIdentifier() });
    await this.session.commitIfOpen();
  }
  async dropSchema(relation: Relation): Promise<void> {
    const schema = relation.withoutIdentifier();
    await this.macro("drop_schema", { relation: schema });
    await this.session.commitIfOpen();
    this.cache.dropSchema(schema.database, schema.schema);
  }
  async listSchemas(database: string): Promise<string[]> {
    return rowsOf(await this.macro("list_schemas", { database })).map(([name = null]) => str(name));
  }
  async schemaExists(database: string, schema: string): Promise<boolean> {
    const path = { database, schema, identifier: "INFORMATION_SCHEMA" };
    const information = new Relation({ ...path, quotePolicy: this.quoting }).informationSchema();
    const rows = rowsOf(await this.macro("check_schema_exists", { information_schema: information, schema }));
    return Number(str(rows[0]?.[0] ?? 0)) > 0;
  }
  async dropRelation(relation: Relation): Promise<void> {
    if (relation.type === null) {
      throw adapterError("compilation", {
        message: `Tried to drop relation ${relation.str()}, but its type is null.`,
        hint: "Give the relation a type: api.Relation.create(..., type='table').",
      });
    }
    this.cache.drop(relation);
    await this.macro("drop_relation", { relation });
  }
  async truncateRelation(relation: Value): Promise<void> {
    await this.macro("truncate_relation", { relation });
  }
  async renameRelation(from: Value, to: Value): Promise<void> {
    this.cacheRenamed(from, to);
    await this.macro("rename_relation", { from_relation: from, to_relation: to });
  }
  cacheRenamed(from: Value, to: Value): void {
    if (from instanceof Relation && to instanceof Relation) return this.cache.rename(from, to);
    const name = (value: Value) => (value === null ? "null relation" : str(value));
    throw adapterError("compilation", `Attempted to rename ${name(from)} to ${name(to)} for ${this.session.name}`);
  }

  /** Errors: DBA-001 when the columns that snapshots keep their history in are not there. */
  async assertSnapshotTarget(
    relation: Value,
    names: Value,
    needed: readonly string[],
    ignoreCase: boolean,
  ): Promise<void> {
    const target = relationArgument("valid_snapshot_target", "relation", relation);
    const there = new Set((await this.columnsIn(target)).map(({ name }) => name.toLowerCase()));
    const missing: string[] = [];
    for (const column of needed) {
      const wanted = names === null ? column : str(field(names, column));
      if (wanted && !there.has(ignoreCase ? wanted.toLowerCase() : wanted)) missing.push(wanted);
    }
    if (missing.length === 0) return;
    throw adapterError("compilation", {
      message: `Snapshot target is missing configured columns (missing "${missing.join('", "')}").`,
      hint: "Rename the columns of the existing table, or say their names in snapshot_meta_column_names.",
    });
  }

  /** A name for a model's temporary relation, the same one during a run. */
  temporaryName(identifier: string): string {
    let id = this.once.temporary.get(identifier);
    if (id === undefined) this.once.temporary.set(identifier, (id = randomUUID().slice(-12)));
    return `${identifier}__${id}`;
  }
  /** Gives a warning the first time only. */
  warnOnce(message: string): void {
    if (this.once.messages.has(message)) return;
    this.once.messages.add(message);
    this.warn({ message: `DuckDB adapter: ${message}`, name: "AdapterEventWarning", code: "E003" });
  }
  warn(warning: AdapterWarning): void {
    this.shared.warn?.(warning);
  }
}

/** Errors: DBA-001 for an argument that is no relation. */
export function relationArgument(method: string, argument: string, value: Value): Relation {
  if (value instanceof Relation) return value;
  throw adapterError("compilation", {
    message:
      `'adapter.${method}' expects argument '${argument}' to be of type '<class 'dbt.adapters.duckdb.relation.DuckDBRelation'>', ` +
      `instead got ${str(value)} (<class '${typeName(value)}'>)`,
    hint: "Pass a relation: this, ref(...), source(...) or api.Relation.create(...).",
  });
}

/** The rows of what a macro returned: a table or a list of lists. */
function rowsOf(value: Value): Value[][] {
  if (value instanceof AgateTable) return value.allRows().map((row) => [...row]);
  return listOf(value).map((row) => [...listOf(row)]);
}
