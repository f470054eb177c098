import type { ColumnInfo, GraphNode, OtherNode, Plain, PlainRecord, SourceNode } from "../../manifest/types.ts";
import { samePlain } from "../equal.ts";

/** Config keys that say where a node lives or how it is grouped: a change of them is no change of the config. */
const placement = ["alias", "schema", "database", "tags", "group"];

/** The keys of a test's config that change what it does. */
const testKeys = [
  "severity",
  "where",
  "limit",
  "fail_calc",
  "warn_if",
  "error_if",
  "store_failures",
  "store_failures_as",
  "sql_header",
];

/** Two configs as the project wrote them (not rendered) hold the same keys with the same values. */
function sameKeys(a: PlainRecord, b: PlainRecord, keys: Iterable<string>): boolean {
  for (const key of keys) {
    if (Object.hasOwn(a, key) !== Object.hasOwn(b, key)) return false;
    if (!samePlain(a[key], b[key])) return false;
  }
  return true;
}

function sameUnrendered(now: PlainRecord, then: PlainRecord, except: readonly string[]): boolean {
  const keys = new Set([...Object.keys(now), ...Object.keys(then)].filter((key) => !except.includes(key)));
  return sameKeys(now, then, keys);
}

export function sameConfig(now: GraphNode, then: GraphNode): boolean {
  const [a, b] = [now.unrendered_config ?? {}, then.unrendered_config ?? {}];
  return now.resource_type === "test" ? sameKeys(a, b, testKeys) : sameUnrendered(a, b, placement);
}

export function sameBody(now: GraphNode, then: GraphNode): boolean {
  if (now.resource_type !== "seed") return now.raw_code === then.raw_code;
  const [a, b] = [now.checksum, then.checksum];
  return a.name !== "none" && a.name === b.name && a.checksum === b.checksum;
}

export function sameFqn(now: { fqn: string[] }, then: { fqn: string[] }): boolean {
  return samePlain(now.fqn, then.fqn);
}

/** Where a node lives, as configured: what the target fills in does not count. */
export function sameRelation(now: GraphNode, then: GraphNode): boolean {
  return ["database", "schema", "alias"].every((key) =>
    samePlain(now.unrendered_config?.[key], then.unrendered_config?.[key]),
  );
}

/** Descriptions count only where the config says that they go to the database. */
export function samePersistedDescriptions(now: GraphNode, then: GraphNode): boolean {
  const persist = (now.config.persist_docs ?? {}) as PlainRecord;
  if (persist.relation && now.description !== then.description) return false;
  return !persist.columns || samePlain(descriptions(now.columns), descriptions(then.columns));
}

function descriptions(columns: Record<string, ColumnInfo>): PlainRecord {
  return Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, column.description]));
}

/** What refs of a model depend on: its latest version, access and deprecation. */
export function sameReference(now: GraphNode, then: GraphNode): boolean {
  return (
    samePlain(now.latest_version, then.latest_version) &&
    (now.access ?? "protected") === (then.access ?? "protected") &&
    sameTime(now.deprecation_date, then.deprecation_date)
  );
}

function sameTime(a: Plain, b: Plain): boolean {
  if (samePlain(a, b)) return true;
  const [x, y] = [Date.parse(String(a)), Date.parse(String(b))];
  return !Number.isNaN(x) && x === y;
}

/** `compareUnrendered`: the flag state_modified_compare_more_unrendered_values. */
export function sameSourceRelation(now: SourceNode, then: SourceNode, compareUnrendered: boolean): boolean {
  const place = compareUnrendered
    ? samePlain(now.unrendered_database, then.unrendered_database) &&
      samePlain(now.unrendered_schema, then.unrendered_schema)
    : samePlain(now.database, then.database) && now.schema === then.schema;
  return place && now.identifier === then.identifier;
}

export function sameSourceConfig(now: SourceNode, then: SourceNode): boolean {
  return sameUnrendered(now.unrendered_config ?? {}, then.unrendered_config ?? {}, []);
}

export function sameSource(now: SourceNode, then: SourceNode, compareUnrendered: boolean): boolean {
  return (
    sameSourceRelation(now, then, compareUnrendered) &&
    sameFqn(now, then) &&
    sameSourceConfig(now, then) &&
    samePlain(now.quoting, then.quoting) &&
    samePlain(now.freshness, then.freshness) &&
    samePlain(now.loaded_at_field, then.loaded_at_field) &&
    samePlain(now.external, then.external)
  );
}

const group = ["group"];

/** Config of an exposure, metric, semantic model or saved query. */
export function sameOtherConfig(now: OtherNode, then: OtherNode): boolean {
  switch (now.resource_type) {
    case "exposure":
      return sameUnrendered(unrendered(now), unrendered(then), []);
    case "metric":
      return sameUnrendered(unrendered(now), unrendered(then), group);
    default:
      return samePlain(now.config, then.config);
  }
}

function unrendered(node: OtherNode): PlainRecord {
  return (node.unrendered_config ?? {}) as PlainRecord;
}

const exposureKeys = ["type", "owner", "maturity", "url", "description", "label"];
const metricKeys = ["type", "description", "label"];
const semanticModelKeys = [
  "model",
  "description",
  "defaults",
  "entities",
  "dimensions",
  "measures",
  "primary_entity",
  "group",
];

/** Contents of everything that is neither a node with SQL nor a source. */
export function sameOther(now: OtherNode, then: OtherNode): boolean {
  const same = (keys: readonly string[]) => keys.every((key) => samePlain(now[key], then[key]));
  switch (now.resource_type) {
    case "exposure":
      return sameFqn(now, then) && same(exposureKeys) && sameMembers(now, then) && sameOtherConfig(now, then);
    case "metric":
      return same(metricKeys) && sameOtherConfig(now, then);
    case "semantic_model":
      return same(semanticModelKeys) && sameOtherConfig(now, then);
    case "saved_query":
      return (
        same(["description", "label", "group", "tags"]) &&
        sameQuery(now, then) &&
        sameOtherConfig(now, then) &&
        sameExports(now, then)
      );
    default:
      return samePlain(now.checksum, then.checksum);
  }
}

function sameMembers(now: OtherNode, then: OtherNode): boolean {
  const a = new Set(now.depends_on.nodes);
  const b = new Set(then.depends_on.nodes);
  return a.size === b.size && [...a].every((id) => b.has(id));
}

function sameQuery(now: OtherNode, then: OtherNode): boolean {
  const a = now.query_params as PlainRecord;
  const b = then.query_params as PlainRecord;
  return ["metrics", "group_by", "where"].every((key) => samePlain(a[key], b[key]));
}

interface Export {
  name: string;
  unrendered_config?: PlainRecord;
}

function sameExports(now: OtherNode, then: OtherNode): boolean {
  const a = (now.exports ?? []) as Export[];
  const b = (then.exports ?? []) as Export[];
  return (
    a.length === b.length &&
    a.every((one, i) => {
      const other = b[i] as Export;
      return (
        one.name === other.name &&
        ["export_as", "schema", "alias"].every((key) =>
          samePlain(one.unrendered_config?.[key], other.unrendered_config?.[key]),
        )
      );
    })
  );
}
