/** The lab's name becomes its database's name, and DuckDB takes `gold.x` for the schema or the database, whichever it finds. */
const schemaNames = new Set([
  "raw",
  "bronze",
  "silver",
  "gold",
  "main",
  "quarantine",
  "staging",
  "intermediate",
  "marts",
  "snapshots",
  "seeds",
  "information_schema",
  "pg_catalog",
]);
/** Databases that DuckDB always has. */
const databaseNames = new Set(["memory", "system", "temp"]);
/** Names that a database's file must not have: DuckDB could not tell it from a schema or from its own databases. */
export function isReservedDatabase(stem: string): boolean {
  return schemaNames.has(stem.toLowerCase()) || databaseNames.has(stem.toLowerCase());
}
