import type { NodeConfig } from "../manifest/types.ts";
import { Dependencies, RowDependencies } from "./dependencies.ts";
import { dependenciesOf } from "./expression.ts";
import type { Relation } from "./relation.ts";
import { type Environment, Scope, sourceOf } from "./scope.ts";
import type { Tree } from "./tree.ts";

const listOf = (value: unknown): string[] =>
  typeof value === "string" ? [value] : Array.isArray(value) ? value.map(String) : [];

/** The expressions of a snapshot's config, in the order in which {@link withSnapshotColumns} takes their trees. */
export function snapshotExpressions(config: NodeConfig): string[] {
  const clock = config.strategy === "timestamp" ? listOf(config.updated_at) : [];
  return [...clock, ...listOf(config.unique_key)];
}

/**
 * A snapshot's query with the columns that dbt adds to it. With the strategy `timestamp` they are made of `updated_at`;
 * with `check` of the time of the run, which changes with the checked columns.
 */
export function withSnapshotColumns(
  config: NodeConfig,
  relation: Relation,
  expressions: readonly (Tree | undefined)[],
  environment: Environment,
): Relation {
  const names = (config.snapshot_meta_column_names ?? {}) as Record<string, string | null | undefined>;
  const scope = new Scope(environment, sourceOf([], relation));
  const values = expressions.map((tree) => (tree ? dependenciesOf(tree, scope) : Dependencies.unknown()));
  const clock = (config.strategy === "timestamp" ? values[0] : undefined) ?? new Dependencies();
  const key = new Dependencies();
  for (const value of values.slice(config.strategy === "timestamp" ? 1 : 0)) key.add(value, "derived");
  const rows = new RowDependencies().include(relation.rows).use(key, "filter").use(clock, "filter");
  if (config.strategy === "check") {
    const checked = listOf(config.check_cols);
    const all = config.check_cols === "all";
    for (const { name, dependencies } of relation.columns)
      if (all || checked.some((column) => column.toLowerCase() === name.toLowerCase()))
        rows.use(dependencies, "filter");
    if (all && relation.rest) rows.complete = false;
  }
  const time = clock.as("derived");
  const added: [string, Dependencies][] = [
    ["dbt_scd_id", new Dependencies().add(key, "derived").add(time)],
    ["dbt_updated_at", time],
    ["dbt_valid_from", time],
    ["dbt_valid_to", time],
    ...(config.hard_deletes === "new_record"
      ? ([["dbt_is_deleted", new Dependencies()]] as [string, Dependencies][])
      : []),
  ];
  const columns = added.map(([name, dependencies]) => ({ name: names[name] ?? name, dependencies }));
  return { columns: [...relation.columns, ...columns], rest: relation.rest, rows };
}
