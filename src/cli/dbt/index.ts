/** dbt's command line on this engine: options, log lines and exit codes as in dbt. */
export type { DbtContext } from "./context.ts";
export { runDbt, usesDatabase } from "./run-dbt.ts";
export { dbtErrors } from "./errors.ts";
