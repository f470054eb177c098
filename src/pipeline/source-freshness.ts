import type { FreshnessResult, SourceNode } from "#engine/index.ts";
import type { FreshnessOutcome } from "#quality/index.ts";

interface Limit {
  count?: number | null;
  period?: string | null;
}

const secondsOf: Record<string, number> = { minute: 60, hour: 3600, day: 86_400 };

const seconds = (limit: Limit | null | undefined): number | undefined =>
  limit?.count == null || limit.period == null ? undefined : limit.count * (secondsOf[limit.period] ?? 0);

/** What dbt's source freshness found, as quality knows it. A source whose age cannot be told is as bad as one too old. */
export function sourceFreshness(source: SourceNode, result: FreshnessResult): FreshnessOutcome {
  const limits = source.freshness as { warn_after?: Limit | null; error_after?: Limit | null } | null;
  const maxAgeSeconds = seconds(limits?.warn_after) ?? seconds(limits?.error_after) ?? 0;
  const table = `${source.schema}.${source.identifier}`;
  const name = `${source.source_name}.${source.name}`;
  const field = source.loaded_at_field;
  const query = field === null ? null : `SELECT max(${field}) FROM ${source.relation_name ?? table}`;
  if (result.status === "runtime error")
    return {
      table,
      status: "error",
      text: `the freshness of source ${name} cannot be told: ${result.error?.trim().split("\n")[0] ?? "it failed"}`,
      ageSeconds: null,
      maxAgeSeconds,
      query,
    };
  const limit =
    result.status === "error"
      ? (limits?.error_after ?? limits?.warn_after)
      : (limits?.warn_after ?? limits?.error_after);
  return {
    table,
    status: result.status,
    text: `source ${name} was last loaded ${result.max_loaded_at}, its freshness asks for ${limit?.count} ${limit?.period}${limit?.count === 1 ? "" : "s"} at most`,
    ageSeconds: result.max_loaded_at_time_ago_in_s,
    maxAgeSeconds,
    query,
  };
}
