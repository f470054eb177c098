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
/** Packages that are part of every dbt project; a lab's project has the lab's name. */
const packageNames = new Set(["dbt", "dbt_duckdb"]);
/** Names of devices, which Windows takes for no files: a workspace may be cloned there. */
const deviceName = /^(con|prn|aux|nul|com\d|lpt\d)$/;

/** Whether a new lab must not be called so, apart from what its database's name forbids. */
export const isReservedLab = (name: string): boolean => packageNames.has(name) || deviceName.test(name);

/** Names that a database's file must not have: DuckDB could not tell it from a schema or from its own databases. */
export function isReservedDatabase(stem: string): boolean {
  return schemaNames.has(stem.toLowerCase()) || databaseNames.has(stem.toLowerCase());
}
