import { cloneData, isRecord } from "../context/data.ts";
import type { ColumnInfo, PlainRecord } from "../manifest/types.ts";
import { asStrings } from "./columns.ts";
import { invalid } from "./section.ts";
import type { Entry } from "./state.ts";

/** Everything that a properties entry says about a node. */
export interface Patch {
  entry: Entry;
  name: string;
  description: string;
  columns: Record<string, ColumnInfo>;
  config: PlainRecord;
  access: unknown;
  constraints: unknown[];
  version: string | number | null;
  latestVersion: string | number | null;
  deprecationDate: unknown;
  timeSpine: unknown;
}

/** Keys that may stand beside `config:` for history's sake. Source: dbt-core parser/schemas.py normalize_*_attribute. */
const movedToConfig = ["meta", "docs", "group", "contract", "access", "tags", "freshness"];

/** `config:` of an entry with the legacy top-level keys folded in. */
export function patchConfig(entry: Entry, data: PlainRecord): PlainRecord {
  if (data.config !== undefined && data.config !== null && !isRecord(data.config))
    throw invalid(entry, [...entry.path, "config"], "config must be a mapping");
  const config: PlainRecord = isRecord(data.config) ? cloneData(data.config) : {};
  for (const key of movedToConfig) {
    if (data[key] === undefined || data[key] === null) continue;
    if (key === "freshness" && entry.path[0] !== "models") continue;
    if (key === "meta" && isRecord(config.meta)) config.meta = { ...(data.meta as PlainRecord), ...config.meta };
    else if (key === "tags" && config.tags !== undefined)
      config.tags = [...asStrings(data.tags), ...asStrings(config.tags)];
    else if (config[key] === undefined) config[key] = cloneData(data[key]);
  }
  return config;
}
