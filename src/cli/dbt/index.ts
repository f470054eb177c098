/** dbt's command line on this engine: options, log lines and exit codes as in dbt. */
export { runDbt, usesDatabase, type DbtContext } from "./run-dbt.ts";
export { dbtErrors } from "./errors.ts";
