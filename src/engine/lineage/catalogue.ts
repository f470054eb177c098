import { type Connection, qualifiedName } from "#duck/index.ts";
import type { Manifest } from "../manifest/types.ts";
import { fold, text, type Tree } from "./tree.ts";

const keyOf = (database: string, schema: string, name: string): string =>
  JSON.stringify([database, schema, name].map(fold));

/** Which tables a database has, with their columns, and which nodes of a project they are. */
export class Catalogue {
  readonly #columns = new Map<string, string[]>();
  readonly #names = new Map<string, string>();
  readonly #nodes = new Map<string, string[]>();
  readonly #database: string;
  readonly #schema: string;

  private constructor(database: string, schema: string) {
    this.#database = database;
    this.#schema = schema;
  }

  /** `database` is what a node without a database of its own is in. */
  static async read(connection: Connection, manifest: Manifest, database: string): Promise<Catalogue> {
    const here = await connection.query("select current_schema()");
    const catalogue = new Catalogue(database, String(here.rows[0]?.[0] ?? "main"));
    const { rows } = await connection.query(
      "select database_name, schema_name, table_name, column_name from duckdb_columns() where not internal order by database_name, schema_name, table_name, column_index",
    );
    for (const [db, schema, table, column] of rows.map((row) => row.map(String)) as [
      string,
      string,
      string,
      string,
    ][]) {
      const key = keyOf(db, schema, table);
      const known = catalogue.#columns.get(key);
      if (known) known.push(column);
      else {
        catalogue.#columns.set(key, [column]);
        catalogue.#names.set(key, qualifiedName(db, schema, table));
      }
    }
    for (const node of Object.values(manifest.nodes)) {
      if (!["model", "seed", "snapshot"].includes(node.resource_type) || node.config.materialized === "ephemeral")
        continue;
      catalogue.#add(node.unique_id, node.database, node.schema, node.alias);
      const other = node.defer_relation as
        | { database?: string | null; schema?: string; alias?: string }
        | null
        | undefined;
      if (other?.schema !== undefined && other.alias !== undefined)
        catalogue.#add(node.unique_id, other.database ?? null, other.schema, other.alias);
    }
    for (const source of Object.values(manifest.sources))
      catalogue.#add(source.unique_id, source.database, source.schema, source.identifier);
    return catalogue;
  }

  #add(id: string, database: string | null, schema: string, name: string): void {
    const key = keyOf(database ?? this.#database, schema, name);
    this.#nodes.set(key, [...(this.#nodes.get(key) ?? []), id]);
  }

  /** The keys that a name may mean, as DuckDB looks for it: with two parts the first is a schema, else a database. */
  keysOf(table: Tree): string[] {
    const [catalog, schema, name] = [
      text(table, "catalog_name"),
      text(table, "schema_name"),
      text(table, "table_name"),
    ];
    if (catalog !== "") return [keyOf(catalog, schema === "" ? "main" : schema, name)];
    if (schema !== "") return [keyOf(this.#database, schema, name), keyOf(schema, "main", name)];
    return [keyOf(this.#database, this.#schema, name)];
  }

  /** Nodes that a table may be. */
  nodesAt(key: string): readonly string[] {
    return this.#nodes.get(key) ?? [];
  }

  /** Columns of a table that exists. */
  columnsAt(key: string): readonly string[] | undefined {
    return this.#columns.get(key);
  }

  /** A table that exists, as SQL. */
  nameAt(key: string): string | undefined {
    return this.#names.get(key);
  }

  /** All names that may stand before a column of a table that has no alias. */
  pathOf(table: Tree): string[] {
    const [catalog, schema, name] = [
      text(table, "catalog_name"),
      text(table, "schema_name"),
      text(table, "table_name"),
    ];
    const inSchema = schema === "" ? (catalog === "" ? this.#schema : "main") : schema;
    return [catalog === "" ? this.#database : catalog, inSchema, name];
  }

  /** Columns of a node's relation as it is in the database. */
  columnsOf(database: string | null, schema: string, name: string): readonly string[] | undefined {
    return this.#columns.get(keyOf(database ?? this.#database, schema, name));
  }
}
