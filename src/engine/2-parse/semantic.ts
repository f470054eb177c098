import { parseTemplate } from "#jinja/index.ts";
import { isRecord, cloneData } from "../context/data.ts";
import { rawFunction } from "../context/functions.ts";
import { warn } from "../context/runtime.ts";
import { refArguments, sourceArguments } from "../context/reference-arguments.ts";
import { memberScope } from "../context/scope.ts";
import type { OtherNode, PlainRecord, RefArgs } from "../manifest/types.ts";
import { asList, asStrings, text } from "./columns.ts";
import { resolveConfig } from "./config.ts";
import { metricOfMeasure } from "./metrics.ts";
import { addOtherNode, filterOf, otherNode } from "./other-node.ts";
import { ownConfig } from "./patch.ts";
import { fqnOf } from "./node.ts";
import { entriesOf, invalid, type Section } from "./section.ts";
import { collectErrors, duplicateResource } from "./state.ts";

interface References {
  refs: RefArgs[];
  sources: string[][];
  metrics: string[][];
}

/** Renders `ref('x')`-like expressions and collects what they name. */
function referencesOf(section: Section, expressions: string[], owner: string): References {
  const found: References = { refs: [], sources: [], metrics: [] };
  const scope = memberScope({
    ref: rawFunction("ref", (args, kwargs) => {
      found.refs.push(refArguments(args, kwargs, owner));
      return "";
    }),
    source: rawFunction("source", (args) => {
      found.sources.push(sourceArguments(args, owner));
      return "";
    }),
    metric: rawFunction("metric", (args) => {
      found.metrics.push(args.map(String));
      return "";
    }),
  });
  for (const expression of expressions)
    void parseTemplate(`{{ ${expression} }}`, { file: section.file.path }).render(scope);
  return found;
}

const exposureTypes = ["dashboard", "notebook", "analysis", "ml", "application"];
const maturities = ["low", "medium", "high"];

/** Source: dbt-core parser/schema_yaml_readers.py ExposureParser. */
export function parseExposures(section: Section, data: PlainRecord): void {
  for (const entry of entriesOf(section, data)) {
    collectErrors(section.state, () => {
      const { data: e } = entry;
      if (!isRecord(e.owner))
        throw invalid(
          entry,
          entry.path,
          `exposure ${String(e.name)}: 'owner' is a required property`,
          "Add owner: with name or email.",
        );
      for (const [key, known] of [
        ["type", exposureTypes],
        ["maturity", maturities],
      ] as const) {
        const value = e[key] ?? null;
        if (known.includes(String(value)) || (key === "maturity" && value === null)) continue;
        throw invalid(
          entry,
          [...entry.path, key],
          `exposure ${String(e.name)}: '${String(value)}' is not one of ${known.join(", ")}`,
          "Use one of these.",
        );
      }
      if (!/^[\w-]+$/u.test(String(e.name))) {
        warn(
          section.state.runtime,
          `Starting in v1.3, the 'name' of an exposure should contain only letters, numbers, and underscores. Exposures support a new property, 'label', which may contain spaces, capital letters, and special characters. ${String(e.name)} does not follow this pattern. Please update the 'name', and use the 'label' property for a human-friendly title. This will raise an error in a future version of dbt-core.`,
          { name: "ExposureNameDeprecation", code: "D007" },
        );
      }
      const { node, config } = otherNode(section, "exposure", String(e.name), ownConfig(entry, e));
      const project = section.project.trees.exposures;
      if (project.tags === null)
        throw invalid(entry, entry.path, 'Field "tags" of type List[str] in ExposureConfig has invalid value None');
      const tags = [...new Set([...asStrings(project.tags), ...asStrings(e.tags), ...asStrings(config.tags)])].sort();
      const meta = {
        ...(isRecord(project.meta) ? project.meta : {}),
        ...(isRecord(e.meta) ? e.meta : {}),
        ...(isRecord(config.meta) ? config.meta : {}),
      };
      config.tags = tags;
      config.meta = meta;
      Object.assign(node, {
        type: e.type,
        owner: { email: null, name: null, ...e.owner },
        description: text(e.description),
        label: e.label ?? null,
        maturity: e.maturity ?? null,
        meta,
        tags,
        url: e.url ?? null,
        ...referencesOf(section, asStrings(e.depends_on), `exposure ${node.name}`),
      });
      addOtherNode(section, section.state.runtime.manifest.exposures, node);
    });
  }
}

/** Source: dbt-core parser/schema_yaml_readers.py GroupParser. */
export function parseGroups(section: Section, data: PlainRecord): void {
  for (const entry of entriesOf(section, data)) {
    collectErrors(section.state, () => {
      const { data: g } = entry;
      if (!isRecord(g.owner) || (g.owner.name === undefined && g.owner.email === undefined)) {
        throw invalid(
          entry,
          entry.path,
          `group ${String(g.name)}: 'owner' must have at least one of 'name' or 'email'.`,
          "Add owner: with name or email.",
        );
      }
      const { project, file, state } = section;
      const config = resolveConfig({
        kind: "group",
        fqn: fqnOf(project, file.relativePath, String(g.name)),
        project,
        root: state.runtime.read.root,
        patch: ownConfig(entry, g),
      });
      const node = {
        name: String(g.name),
        resource_type: "group" as const,
        package_name: section.project.name,
        path: section.file.relativePath,
        original_file_path: section.file.path,
        unique_id: `group.${section.project.name}.${String(g.name)}`,
        owner: { email: null, name: null, ...g.owner },
        description: g.description ?? null,
        config,
      } as unknown as OtherNode;
      const { groups } = section.state.runtime.manifest;
      const existing = groups[node.unique_id];
      if (existing) throw duplicateResource(existing, node);
      groups[node.unique_id] = node;
    });
  }
}

/** Source: dbt-core parser/schema_yaml_readers.py SemanticModelParser. */
export function parseSemanticModels(section: Section, data: PlainRecord): void {
  for (const entry of entriesOf(section, data)) {
    collectErrors(section.state, () => {
      const { data: s } = entry;
      const own = ownConfig(entry, s);
      const { node, config } = otherNode(section, "semantic_model", String(s.name), own);
      const inherited = isRecord(config.meta) ? config.meta : {};
      const elements = (value: unknown, defaults: PlainRecord) =>
        asList(value)
          .filter(isRecord)
          .map((x) => element(x, defaults, inherited));
      const measures = asList(s.measures).filter(isRecord);
      Object.assign(node, {
        model: String(s.model),
        node_relation: null,
        description: s.description ?? null,
        label: s.label ?? null,
        defaults: isRecord(s.defaults) ? { agg_time_dimension: null, ...s.defaults } : null,
        entities: elements(s.entities, { ...named, type: null, role: null, expr: null }),
        measures: elements(s.measures, {
          ...named,
          agg: null,
          create_metric: false,
          expr: null,
          agg_params: null,
          non_additive_dimension: null,
          agg_time_dimension: null,
        }),
        dimensions: elements(s.dimensions, {
          ...named,
          type: null,
          is_partition: false,
          type_params: null,
          expr: null,
          metadata: null,
        }),
        metadata: null,
        refs: referencesOf(section, [String(s.model)], `semantic model ${node.name}`).refs,
        primary_entity: s.primary_entity ?? null,
        group: config.group ?? null,
      });
      addOtherNode(section, section.state.runtime.manifest.semantic_models, node);
      for (const measure of measures)
        if (measure.create_metric === true) metricOfMeasure(section, entry, measure, config);
    });
  }
}

const named = { name: null, description: null, label: null };
const percentileDefaults = { percentile: null, use_discrete_percentile: false, use_approximate_percentile: false };

/** An entity, measure or dimension: the semantic model's meta holds for each. */
function element(written: PlainRecord, defaults: PlainRecord, inherited: PlainRecord): PlainRecord {
  const item: PlainRecord = { ...defaults, ...cloneData(written) };
  const own = isRecord(item.config) && isRecord(item.config.meta) ? item.config.meta : {};
  item.config = { meta: { ...inherited, ...own } };
  // dbt keeps no trace of it in the measure: the metric that it makes is there instead.
  if ("create_metric" in item) item.create_metric = false;
  if (item.expr !== null) item.expr = String(item.expr);
  // Names of kinds are read without case.
  for (const key of ["type", "agg"]) if (typeof item[key] === "string") item[key] = item[key].toLowerCase();
  if (isRecord(item.agg_params)) item.agg_params = { ...percentileDefaults, ...item.agg_params };
  if (isRecord(item.non_additive_dimension))
    item.non_additive_dimension = { window_groupings: [], ...item.non_additive_dimension };
  if (isRecord(item.type_params)) {
    const validity = item.type_params.validity_params;
    const grain = item.type_params.time_granularity;
    item.type_params = {
      ...item.type_params,
      ...(typeof grain === "string" ? { time_granularity: grain.toLowerCase() } : {}),
      validity_params: isRecord(validity) ? { is_start: false, is_end: false, ...validity } : null,
    };
  }
  return item;
}

/** Source: dbt-core parser/schema_yaml_readers.py SavedQueryParser. */
export function parseSavedQueries(section: Section, data: PlainRecord): void {
  for (const entry of entriesOf(section, data)) {
    collectErrors(section.state, () => {
      const { data: q } = entry;
      if (!isRecord(q.query_params))
        throw invalid(
          entry,
          entry.path,
          `saved query ${String(q.name)}: 'query_params' is a required property`,
          "Add query_params:.",
        );
      const params = q.query_params;
      const { node, config } = otherNode(section, "saved_query", String(q.name), ownConfig(entry, q));
      const { target } = section.state.runtime;
      Object.assign(node, {
        query_params: {
          metrics: asStrings(params.metrics),
          group_by: asStrings(params.group_by),
          where: filterOf(params.where),
          order_by: asStrings(params.order_by),
          limit: params.limit ?? null,
        },
        exports: asList(q.exports)
          .filter(isRecord)
          .map((x) => exportOf(x, config, target.schema, target.database)),
        description: q.description ?? null,
        label: q.label ?? null,
        metadata: null,
        group: config.group ?? null,
        tags: [...new Set([...asStrings(q.tags), ...asStrings(config.tags)])].sort(),
      });
      addOtherNode(section, section.state.runtime.manifest.saved_queries, node);
    });
  }
}

function exportOf(value: PlainRecord, parent: PlainRecord, schema: string, database: string): PlainRecord {
  const config = isRecord(value.config) ? value.config : {};
  return {
    name: value.name ?? null,
    config: {
      export_as: config.export_as ?? parent.export_as ?? "table",
      schema_name: config.schema ?? config.schema_name ?? parent.schema ?? schema,
      alias: config.alias ?? value.name ?? null,
      database: config.database ?? database,
    },
    unrendered_config: config,
  };
}
