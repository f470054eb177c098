import type { ApiConfig, PaginationConfig, SourceConfig } from "#registry/index.ts";
import { source } from "./lab.ts";

const place = { file: "/lab/lab.yml", line: 3 };

export const pages = (more: Partial<PaginationConfig> & Pick<PaginationConfig, "type">): PaginationConfig => ({
  param: more.type,
  start: more.type === "page" ? 1 : 0,
  end: "empty",
  ...more,
});

/** An `api:` as the registry hands it over, with what a test wants different. */
export const api = (url: string, more: Partial<ApiConfig> = {}): ApiConfig => ({
  url,
  method: "GET",
  headers: {},
  query: [],
  paramsIn: "query",
  auth: [],
  pagination: pages({ type: "none" }),
  retries: 3,
  maxPages: 10_000,
  checkpoint: 100,
  flatten: 3,
  keepRaw: true,
  required: true,
  mayBeEmpty: false,
  timeoutMs: 5000,
  maxBytes: 2e9,
  maxTimeMs: 60_000,
  places: { url: place, auth: place, records: place, pagination: place, incremental: place },
  ...more,
});

/** A source of records. Like the registry: merge with a key, else replace. */
export const polled = (name: string, config: ApiConfig, more: Partial<SourceConfig> = {}): SourceConfig =>
  source(name, { path: [], api: config, mode: more.key ? "merge" : "replace", place, ...more });

/** Three ways to keep the same records, for tests that kill the process that polls them. */
export function killedSources(url: string): SourceConfig[] {
  const size = { param: "size", value: 50 };
  const incremental = { field: "updated_at", param: "since", overlap: { kind: "time", amount: 600_000 } as const };
  const paged = pages({ type: "page", size });
  return [
    polled("merged", api(`${url}/page`, { pagination: paged, incremental }), { key: ["id"] }),
    polled(
      "appended",
      api(`${url}/next`, { records: "results", pagination: pages({ type: "next", next: "next", size }), incremental }),
      {
        key: ["id"],
        mode: "append",
      },
    ),
    polled(
      "replaced",
      api(`${url}/cursor`, { records: "data.items", pagination: pages({ type: "cursor", cursor: "meta.next", size }) }),
    ),
  ];
}
