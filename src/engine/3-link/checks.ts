import { engineError } from "../errors.ts";
import { collectErrors, type ParseState } from "../2-parse/state.ts";
import type { GraphNode, OtherNode, PlainRecord } from "../manifest/types.ts";
import { checkMicrobatch, isMicrobatch, runsInBatches, warnMicrobatch } from "./microbatch.ts";
import { problem } from "./problem.ts";
import { checkRelations } from "./relations.ts";
import { checkSemantics } from "./semantic-checks.ts";
import { checkSpaces, warnDeprecatedModels, warnUnusedPaths } from "./warnings.ts";

/** What dbt checks once everything is linked; every problem is reported. Source: dbt-core parser/manifest.py check_* and _check_manifest. */
export function checkManifest(state: ParseState): void {
  const { manifest } = state.runtime;
  const groups = new Set(Object.values(manifest.groups).map((g) => g.name));
  const batched = runsInBatches(state.runtime);
  for (const other of [manifest.metrics, manifest.semantic_models, manifest.saved_queries]) {
    for (const node of Object.values(other)) collectErrors(state, () => checkGroup(node, groups));
  }
  for (const node of Object.values(manifest.nodes)) {
    collectErrors(state, () => {
      checkGroup(node, groups);
      if (node.resource_type === "model" && node.access === "public" && node.config.materialized === "ephemeral") {
        throw problem(
          node,
          `Node ${node.unique_id} with 'ephemeral' materialization has an invalid value (public) for the access field`,
          "Materialize the model, or make it protected.",
        );
      }
      if (node.resource_type === "snapshot") checkSnapshot(node);
      if (batched && isMicrobatch(node)) checkMicrobatch(node);
    });
  }
  for (const node of Object.values(manifest.functions)) collectErrors(state, () => checkFunction(node));
  warnDeprecatedModels(state.runtime);
  collectErrors(state, () => checkSpaces(state.runtime));
  warnMicrobatch(state.runtime, batched);
  checkSemantics(state);
  checkRelations(state);
  warnUnusedPaths(state.runtime);
}

/** Source: dbt-core parser/manifest.py check_function_default_arguments_ordering, _check_function_language_support. */
function checkFunction(node: GraphNode): void {
  let defaulted = false;
  for (const { name, default_value: value } of (node.arguments ?? []) as PlainRecord[]) {
    if (defaulted && value === null) {
      throw problem(
        node,
        `Non-defaulted argument '${String(name)}' of function '${node.name}' comes after a defaulted argument. Non-defaulted arguments cannot come after defaulted arguments. `,
        "Give it a default_value, or put it first.",
      );
    }
    defaulted ||= value !== null;
  }
  if (node.language === "javascript") {
    throw problem(
      node,
      `[ERROR]: Function '${node.name}' uses JavaScript, which is not supported on 'duckdb'. `,
      "Write it in SQL.",
    );
  }
}

function checkGroup(node: GraphNode | OtherNode, groups: Set<string>): void {
  if (!node.group || groups.has(String(node.group))) return;
  const known = [...groups].sort().map((g) => `'${g}'`);
  throw problem(
    node,
    `Invalid group '${String(node.group)}', expected one of [${known.join(", ")}]`,
    "Define the group, or correct its name.",
    { named: true },
  );
}

/** Source: dbt-core artifacts/resources/v1/snapshot.py SnapshotConfig.final_validate. */
function checkSnapshot(node: GraphNode): void {
  const { config } = node;
  const fail = (message: string, hint: string) =>
    engineError("parsing", { message, place: { file: node.original_file_path }, hint, dbtType: "Validation Error" });
  if (!config.strategy || !config.unique_key) {
    throw fail(
      `Snapshots must be configured with a 'strategy' and 'unique_key'.`,
      "Set both in the snapshot's config.",
    );
  }
  if (config.strategy === "check") {
    if (!config.check_cols || (Array.isArray(config.check_cols) && config.check_cols.length === 0))
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
