import { fromPlain, PyDict } from "#jinja/index.ts";
import type { Target } from "../1-read/types.ts";

/** `target` of a template: the connection without its secrets. Source: dbt-duckdb credentials.py `_connection_keys`, dbt-core config/profile.py to_target_dict. */
export function targetValue(target: Target): PyDict {
  const raw = target.raw;
  return fromPlain({
    database: target.database,
    schema: target.schema,
    path: raw.path ?? target.path,
    config_options: target.configOptions,
    extensions: target.extensions,
    settings: target.settings,
    external_root: target.externalRoot,
    use_credential_provider: raw.use_credential_provider ?? null,
    attach: raw.attach ?? null,
    filesystems: raw.filesystems ?? null,
    remote: raw.remote ?? null,
    plugins: raw.plugins ?? null,
    disable_transactions: target.disableTransactions,
    type: "duckdb",
    threads: target.threads,
    name: target.targetName,
    target_name: target.targetName,
    profile_name: target.profileName,
  }) as PyDict;
}
