import { dbtVersion } from "#engine/index.ts";

/** The dbt-duckdb release whose behaviour the engine follows; dbt's log names it. */
export const adapterVersion = "1.11.0";

/** `labs dbt --version`, laid out as dbt does so that tools which read it find the numbers. */
export function versionText(): string {
  return `Core:\n  - installed: ${dbtVersion}\n\nPlugins:\n  - duckdb: ${adapterVersion}\n\nThe versions of dbt-core and dbt-duckdb that this engine implements.\n`;
}
