import { PyDateTime } from "#jinja/index.ts";
import { isRelational } from "../2-parse/node.ts";
import { collectErrors, type ParseState } from "../2-parse/state.ts";
import { warn } from "../context/runtime.ts";
import { engineError } from "../errors.ts";
import type { GraphNode, PlainRecord } from "../manifest/types.ts";
import { treeLevels, treeOf, type ConfigKind } from "../2-parse/config.ts";
import { isRecord } from "../context/data.ts";

/** What dbt checks once everything is linked; every problem is reported. Source: dbt-core parser/manifest.py check_* and _check_manifest. */
export function checkManifest(state: ParseState): void {
  const { manifest } = state.runtime;
  const groups = new Set(Object.values(manifest.groups).map((g) => g.name));
  for (const node of Object.values(manifest.nodes)) {
    collectErrors(state, () => {
      if (node.group && !groups.has(node.group)) {
        throw problem(
          node,
          `Invalid group '${node.group}', expected one of [${[...groups]
            .sort()
            .map((g) => `'${g}'`)
            .join(", ")}]`,
          "Define the group, or correct its name.",
        );
      }
      if (node.resource_type === "model" && node.access === "public" && node.config.materialized === "ephemeral") {
        throw problem(
          node,
          `Node ${node.unique_id} with 'ephemeral' materialization has an invalid value (public) for the access field`,
          "Materialize the model, or make it protected.",
        );
      }
      if (node.resource_type === "snapshot") checkSnapshot(node);
      if (node.config.materialized === "incremental" && node.config.incremental_strategy === "microbatch")
        checkMicrobatch(node);
    });
  }
  checkRelations(state);
  warnUnusedPaths(state);
}

function problem(node: GraphNode, message: string, hint: string) {
  return engineError("parsing", {
    message,
    place: { file: node.original_file_path },
    hint,
    data: { uniqueId: node.unique_id, node: `${node.resource_type} ${node.name} (${node.original_file_path})` },
  });
}

/** Source: dbt-core artifacts/resources/v1/snapshot.py SnapshotConfig.final_validate. */
function checkSnapshot(node: GraphNode): void {
  const { config } = node;
  const fail = (message: string, hint: string) => problem(node, message, hint);
  if (!config.strategy || !config.unique_key) {
    throw fail(
      `Snapshots must be configured with a 'strategy' and 'unique_key'.`,
      "Set both in the snapshot's config.",
    );
  }
  if (config.strategy === "check") {
    if (!config.check_cols)
      throw fail(
        "A snapshot configured with the check strategy must specify a check_cols configuration.",
        "Set check_cols to a list of columns or to 'all'.",
      );
    if (typeof config.check_cols === "string" && config.check_cols !== "all") {
      throw fail(
        `Invalid value for 'check_cols': ${config.check_cols}. Expected 'all' or a list of strings.`,
        "Write check_cols as a list.",
      );
    }
  } else if (config.strategy === "timestamp" && !config.updated_at) {
    throw fail(
      "A snapshot configured with the timestamp strategy must specify an updated_at configuration.",
      "Set updated_at to the column that tells when a row changed.",
    );
  }
  if (config.materialized && config.materialized !== "snapshot")
    throw fail("A snapshot must have a materialized value of 'snapshot'", "Remove materialized.");
}

const batchSizes = ["hour", "day", "month", "year"];

/** Source: dbt-core parser/manifest.py check_valid_microbatch_config. */
function checkMicrobatch(node: GraphNode): void {
  const { config } = node;
  const name = `Microbatch model '${node.name}'`;
  const eventTime = config.event_time;
  if (eventTime === null || eventTime === undefined)
    throw problem(
      node,
      `${name} must provide an 'event_time' (string) config that indicates the name of the event time column.`,
      "Set event_time.",
    );
  if (typeof eventTime !== "string")
    throw problem(
      node,
      `${name} must provide an 'event_time' config of type string, but got: ${typeof eventTime}.`,
      "Name a column.",
    );
  const { begin } = config;
  if (begin === null || begin === undefined) {
    throw problem(
      node,
      `${name} must provide a 'begin' (datetime) config that indicates the earliest timestamp the microbatch model should be built from.`,
      "Set begin.",
    );
  }
  if (typeof begin === "string" && Number.isNaN(Date.parse(begin)))
    throw problem(
      node,
      `${name} must provide a 'begin' config of valid datetime (ISO format), but got: ${begin}.`,
      "Write begin as 2024-01-01.",
    );
  if (typeof begin !== "string" && !(begin instanceof PyDateTime) && typeof begin !== "object")
    throw problem(
      node,
      `${name} must provide a 'begin' config of type datetime, but got: ${typeof begin}.`,
      "Write begin as 2024-01-01.",
    );
  if (!batchSizes.includes(String(config.batch_size))) {
    throw problem(
      node,
      `${name} must provide a 'batch_size' config that is one of ['hour', 'day', 'month', 'year'], but got: ${config.batch_size === null ? "None" : String(config.batch_size)}.`,
      "Use one of these.",
    );
  }
  if (typeof config.lookback !== "number")
    throw problem(
      node,
      `${name} must provide the optional 'lookback' config as type int, but got: ${typeof config.lookback}).`,
      "Write a whole number.",
    );
}

/** Two nodes must not be one relation. Source: parser/manifest.py _check_resource_uniqueness. */
function checkRelations(state: ParseState): void {
  const relations = new Map<string, GraphNode>();
  for (const node of Object.values(state.runtime.manifest.nodes)) {
    if (!isRelational(node) || node.relation_name === null || !node.config.enabled) continue;
    const other = relations.get(node.relation_name);
    if (!other) {
      relations.set(node.relation_name, node);
      continue;
    }
    collectErrors(state, () => {
      throw engineError("duplicate", {
        message:
          `dbt found two resources with the database representation "${node.relation_name}".\ndbt cannot create two resources with identical database representations. To fix this,\n` +
          `change the configuration of one of these resources:\n- ${other.unique_id} (${other.original_file_path})\n- ${node.unique_id} (${node.original_file_path})`,
        place: { file: node.original_file_path },
        hint: "Give one of them another alias or schema.",
      });
    });
  }
}

const kinds: ConfigKind[] = ["model", "seed", "snapshot", "test", "source", "exposure"];

/** Folders in dbt_project.yml that configure nothing are usually typos. Source: parser/manifest.py _warn_for_unused_resource_config_paths. */
function warnUnusedPaths(state: ParseState): void {
  const { manifest, read } = state.runtime;
  const all = [
    ...Object.values(manifest.nodes),
    ...Object.values(manifest.sources),
    ...Object.values(manifest.exposures),
    ...Object.values(manifest.disabled).flat(),
  ];
  const unused: string[] = [];
  for (const kind of kinds) {
    const tree = read.root.trees[treeOf[kind]];
    const fqns = all.filter((n) => n.resource_type === kind).map((n) => n.fqn);
    for (const path of configPaths(tree)) {
      if (path.length > 0 && !fqns.some((fqn) => path.every((part, i) => fqn[i] === part)))
        unused.push([treeOf[kind], ...path].join("."));
    }
  }
  if (unused.length === 0) return;
  warn(
    state.runtime,
    `Configuration paths exist in your dbt_project.yml file which do not apply to any resources.\nThere are ${unused.length} unused configuration paths:\n${unused.map((p) => `- ${p}`).join("\n")}`,
    { name: "UnusedResourceConfigPath", code: "I051" },
  );
}

/** Paths of a config tree that carry configuration. */
function configPaths(tree: PlainRecord, path: string[] = []): string[][] {
  const found: string[][] = [];
  if ([...treeLevels(tree, [])].length > 0) found.push(path);
  for (const [key, value] of Object.entries(tree))
    if (!key.startsWith("+") && isRecord(value)) found.push(...configPaths(value, [...path, key]));
  return found;
}
