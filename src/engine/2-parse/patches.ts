import { isMacroType } from "./macro-types.ts";
import { didYouMean } from "#errors/index.ts";
import { isRecord } from "../context/data.ts";
import { type Runtime, warn } from "../context/runtime.ts";
import { engineError } from "../errors.ts";
import type { GraphNode, PlainRecord } from "../manifest/types.ts";
import { asList, columnList, columnsOf, constraintOf, testsOf, text } from "./columns.ts";
import { constraintReferences, contractChecksum } from "./constraints.ts";
import { genericTests, type TestTarget } from "./generic-tests.ts";
import { inNode, setAccess, updateConfig } from "./node.ts";
import { modelSemantics } from "./model-semantics.ts";
import { entriesOf, type Section } from "./section.ts";
import { collectErrors, duplicateFix, now, type Entry } from "./state.ts";
import { deprecationDate, patchConfig, writtenConfig, type Patch } from "./patch.ts";
import { patchVersions, versionsOf } from "./versions.ts";

export const fileId = (entry: Entry): string => `${entry.project.name}://${entry.file.path}`;

export function patchOf(entry: Entry): Patch {
  const { data } = entry;
  return {
    entry,
    name: String(data.name),
    description: text(data.description),
    columns: columnsOf(entry, columnList(entry)),
    config: patchConfig(entry, data),
    written: writtenConfig(entry),
    access: data.access,
    constraints: asList(data.constraints),
    version: null,
    latestVersion: null,
    deprecationDate: data.deprecation_date ?? null,
    timeSpine: data.time_spine ?? null,
  };
}

/** Applies a patch to a node: properties, then its config again. */
export function applyPatch(section: Section, node: GraphNode, patch: Patch): void {
  node.patch_path = fileId(patch.entry);
  node.created_at = now();
  node.description = patch.description;
  node.columns = patch.columns;
  node.name = patch.name;
  if (node.resource_type === "model") {
    node.version = patch.version;
    node.latest_version = patch.latestVersion;
    node.deprecation_date = deprecationDate(patch.entry, patch.deprecationDate);
    if (patch.access) setAccess(node, patch.access);
    node.time_spine = isRecord(patch.timeSpine) ? timeSpine(patch, patch.timeSpine) : null;
    if (patch.version === null) modelSemantics(section, patch.entry, node);
  }
  if (Object.keys(patch.config).length > 0 || patch.version !== null) {
    const project = section.state.runtime.projects.get(node.package_name) ?? patch.entry.project;
    updateConfig(section.state, node, {
      project,
      patch: patch.config,
      ...(patch.written ? { unrenderedPatch: patch.written } : {}),
    });
  }
  if (node.resource_type === "model") {
    setConstraints(section.state.runtime, node, patch);
    node.contract.checksum = contractChecksum(node);
  }
  moveIfDisabled(section, node);
}

/** Source: dbt-core contracts/graph/unparsed.py UnparsedModelUpdate.__post_init__ */
function timeSpine({ entry, columns, name }: Patch, value: PlainRecord): PlainRecord {
  const column = String(value.standard_granularity_column);
  const custom = asList(value.custom_granularities).filter(isRecord);
  const names = (all: string[]): string => `[${all.map((n) => `'${n}'`).join(", ")}]`;
  const known = Object.keys(columns);
  const gone = custom.map((g) => String(g.column_name ?? g.name)).filter((n) => !(n in columns));
  const problem = !(column in columns)
    ? `Time spine standard granularity column must be defined on the model. Got invalid column name '${column}' for model '${name}'. Valid names: ${names(known)}.`
    : !columns[column]?.granularity
      ? `Time spine standard granularity column must have a granularity defined. Please add one for column '${column}' in model '${name}'.`
      : gone.length > 0
        ? `Time spine custom granularity columns do not exist in the model. Columns not found: ${names(gone)}; Available columns: ${names(known)}`
        : undefined;
  if (problem) {
    const { file, document, path } = entry;
    throw engineError("parsing", {
      message: problem,
      place: { file: file.path, ...document.position([...path, "time_spine"]), source: file.contents },
      hint: "List the column of the time spine under columns:, with its granularity.",
    });
  }
  return {
    standard_granularity_column: value.standard_granularity_column ?? null,
    custom_granularities: custom.map((g) => ({ name: g.name ?? null, column_name: g.column_name ?? null })),
  };
}

function setConstraints(runtime: Runtime, node: GraphNode, patch: Patch): void {
  if (node.contract.enforced) {
    const problems: string[] = [];
    if (Object.keys(node.columns).length === 0)
      problems.push("Constraints must be defined in a `yml` schema configuration file like `schema.yml`.");
    if (node.language !== "sql") problems.push(`Language Error: Expected 'sql' but found '${node.language}'`);
    if (problems.length > 0) {
      throw engineError("parsing", {
        message: `Contract enforcement failed for: (${node.original_file_path})\n${problems.join("\n")}`,
        place: {
          file: patch.entry.file.path,
          ...patch.entry.document.position(patch.entry.path),
          source: patch.entry.file.contents,
        },
        hint: "List every column of the model with its data_type.",
      });
    }
  }
  node.constraints = patch.constraints.map((c) => constraintOf(patch.entry, c));
  const all = [...Object.values(node.columns).flatMap((c) => c.constraints), ...node.constraints];
  const materialized = String(node.config.materialized);
  if (
    node.contract.enforced &&
    !["table", "incremental"].includes(materialized) &&
    all.some((c) => c.warn_unsupported !== false)
  ) {
    warn(
      runtime,
      `Constraint types are not supported for ${materialized} materializations and will be ignored.  Set 'warn_unsupported: false' on this constraint to ignore this warning.`,
      { name: "UnsupportedConstraintMaterialization", code: "I068" },
    );
  }
  const keys = Object.values(node.columns).filter((c) => c.constraints.some((k) => k.type === "primary_key"));
  const problems: string[] = [];
  if (keys.length > 1) {
    problems.push(
      `Found ${keys.length} columns ([${keys.map((k) => `'${k.name}'`).join(", ")}]) with primary key constraints defined. Primary keys for multiple columns must be defined as a model level constraint.`,
    );
  }
  if (keys.length > 0 && node.constraints.some((c) => c.type === "primary_key")) {
    problems.push(
      "Primary key constraints defined at the model level and the columns level. Primary keys can be defined at the model level or the column level, not both.",
    );
  }
  if (problems.length > 0)
    throw engineError("parsing", {
      message: `Primary key constraint error: (${node.original_file_path})\n${problems.join("\n")}`,
      place: { file: node.original_file_path },
    });
  constraintReferences(node);
}

/** A properties file may enable or disable a node. */
function moveIfDisabled(section: Section, node: GraphNode): void {
  const { manifest } = section.state.runtime;
  const nodes = node.resource_type === "function" ? manifest.functions : manifest.nodes;
  const active = nodes[node.unique_id] === node;
  if (active && !node.config.enabled) {
    delete nodes[node.unique_id];
    (manifest.disabled[node.unique_id] ??= []).push(node);
    section.invalidateLookup();
  } else if (!active && node.config.enabled && nodes[node.unique_id] === undefined) {
    const others = (manifest.disabled[node.unique_id] ?? []).filter((n) => n !== node);
    if (others.length > 0) manifest.disabled[node.unique_id] = others;
    else delete manifest.disabled[node.unique_id];
    nodes[node.unique_id] = node;
    section.invalidateLookup();
  }
}

/** Warns that an entry describes nothing. Source: dbt-core events NoNodeForYamlKey. */
export function noNode(section: Section, entry: Entry, name: string): void {
  const guess = didYouMean(name, section.lookup().refNames());
  warn(
    section.state.runtime,
    `Did not find matching node for patch with name '${name}' in the '${section.key}' section of file '${entry.file.path}'${guess && guess !== name ? `; did you mean '${guess}'?` : ""}`,
    { name: "NoNodeForYamlKey", code: "I058" },
  );
}

const plural: Record<string, string> = { model: "models", seed: "seeds", snapshot: "snapshots" };

/** Finds the node of an entry (also among the disabled) and patches it. Answers the patched nodes. */
export function patchByName(section: Section, entry: Entry, patch: Patch): GraphNode[] {
  const lookup = section.lookup();
  const node = lookup.ref(patch.name, section.project.name, null) ?? lookup.ref(patch.name, null, null);
  if (node) {
    if (plural[node.resource_type] !== section.key) {
      warn(
        section.state.runtime,
        `'${patch.name}' is a ${node.resource_type} node, but it is specified in the ${section.key} section of ${entry.file.path}.\nTo fix this error, place the \`${patch.name}\` specification under the ${plural[node.resource_type]} key instead.`,
        { name: "WrongResourceSchemaFile", code: "I057" },
      );
      return [];
    }
    if (node.patch_path) throw duplicatePatch(section, entry, node);
    applyPatch(section, node, patch);
    return [node];
  }
  const disabled = lookup
    .disabled(patch.name, section.project.name)
    .filter((n) => plural[n.resource_type] === section.key) as GraphNode[];
  if (disabled.length > 1 && patch.config.enabled === true) {
    throw engineError("parsing", {
      message: `Found ${disabled.length} matching disabled nodes for ${disabled[0]?.resource_type} '${patch.name}'. Multiple nodes for the same unique id cannot be enabled in the schema file. They must be enabled in \`dbt_project.yml\` or in the sql files.`,
      place: { file: entry.file.path, ...entry.document.position(entry.path), source: entry.file.contents },
      hint: "Enable one of them in its own file.",
    });
  }
  if (disabled.length === 0) noNode(section, entry, patch.name);
  for (const found of disabled) applyPatch(section, found, patch);
  return disabled;
}

export function duplicatePatch(section: Section, entry: Entry, node: GraphNode) {
  const other = node.patch_path?.split("://")[1] ?? "";
  return engineError("duplicate", {
    message: `dbt found two schema.yml entries for the same resource named ${node.name}. Resources and their associated columns may only be described a single time. To fix this, ${duplicateFix(entry.file.path, other, node.name, "resource")}`,
    place: { file: entry.file.path, ...entry.document.position(entry.path), source: entry.file.contents },
    hint: "Merge the two entries.",
  });
}

export function patchModels(section: Section, data: PlainRecord): void {
  for (const entry of entriesOf(section, data)) {
    collectErrors(section.state, () => {
      const versions = versionsOf(entry);
      if (versions.length > 0) {
        patchVersions(section, entry, versions, { patchOf, applyPatch, noNode });
        return;
      }
      const nodes = patchByName(section, entry, patchOf(entry));
      testsOfEntry(section, entry, nodes);
    });
  }
}

export function patchTestables(section: Section, data: PlainRecord): void {
  for (const entry of entriesOf(section, data)) {
    collectErrors(section.state, () => testsOfEntry(section, entry, patchByName(section, entry, patchOf(entry))));
  }
}

/** Generic tests of an entry: also when it describes nothing, as dbt does (they then fail to find their model). */
function testsOfEntry(section: Section, entry: Entry, nodes: GraphNode[]): void {
  const target: TestTarget = {
    kind: "node",
    yamlKey: section.key,
    name: String(entry.data.name),
    version: null,
    quoteColumns: entry.data.quote_columns === true,
    attached: nodes[0],
  };
  genericTests(section, entry, target, columnList(entry), testsOf(entry, entry.data));
}

export function patchAnalyses(section: Section, data: PlainRecord): void {
  for (const entry of entriesOf(section, data)) {
    collectErrors(section.state, () => {
      const { nodes, disabled } = section.state.runtime.manifest;
      const id = `analysis.${section.project.name}.${String(entry.data.name)}`;
      const found = nodes[id];
      const off = found ? [] : ((disabled[id] ?? []) as GraphNode[]);
      for (const node of found ? [found] : off) applyPatch(section, node, patchOf(entry));
      if (!found && off.length === 0) noNode(section, entry, String(entry.data.name));
    });
  }
}

export function patchSingularTests(section: Section, data: PlainRecord): void {
  for (const entry of entriesOf(section, data)) {
    collectErrors(section.state, () => {
      const name = String(entry.data.name);
      const { manifest } = section.state.runtime;
      const node = manifest.nodes[`test.${section.project.name}.${name}`];
      if (!node) return noNode(section, entry, name);
      node.patch_path = fileId(entry);
      node.description = text(entry.data.description);
      node.created_at = now();
      const config = patchConfig(entry, entry.data);
      if (Object.keys(config).length > 0) {
        try {
          updateConfig(section.state, node, { project: section.project, patch: config });
        } catch (error) {
          throw inNode(error, node);
        }
      }
      moveIfDisabled(section, node);
    });
  }
}

/** Source: dbt-core parser/schemas.py MacroPatchParser. */
export function patchMacros(section: Section, data: PlainRecord): void {
  for (const entry of entriesOf(section, data)) {
    collectErrors(section.state, () => {
      const name = String(entry.data.name);
      const macro = section.state.runtime.manifest.macros[`macro.${section.project.name}.${name}`];
      if (!macro) {
        warn(section.state.runtime, `Found patch for macro "${name}" which was not found`, {
          name: "MacroNotFoundForPatch",
          code: "I059",
        });
        return;
      }
      if (macro.patch_path) {
        throw engineError("duplicate", {
          message: `dbt found two schema.yml entries for the same macro in package ${section.project.name} named ${name}. Macros may only be described a single time. To fix this, ${duplicateFix(entry.file.path, macro.patch_path.split("://")[1] ?? "", name, "macros")}`,
          place: { file: entry.file.path, ...entry.document.position(entry.path), source: entry.file.contents },
          hint: "Merge the two entries.",
        });
      }
      const config = isRecord(entry.data.config) ? entry.data.config : {};
      macro.patch_path = fileId(entry);
      macro.description = text(entry.data.description);
      macro.created_at = now();
      macro.meta = {
        ...(isRecord(entry.data.meta) ? entry.data.meta : {}),
        ...(isRecord(config.meta) ? config.meta : {}),
      };
      const docs = (config.docs ?? entry.data.docs) as PlainRecord | undefined;
      macro.docs = { show: docs?.show !== false, node_color: (docs?.node_color as string | undefined) ?? null };
      macro.config = { meta: macro.meta, docs: macro.docs };
      const described = asList(entry.data.arguments).filter(isRecord);
      const checked = section.state.runtime.read.root.flags.validate_macro_args !== false;
      if (checked) checkArguments(section, macro.name, macro.arguments, described);
      if (described.length > 0 || !checked) {
        macro.arguments = described.map((a) => ({
          name: a.name ?? null,
          type: a.type === undefined || a.type === null ? null : String(a.type),
          description: text(a.description),
        }));
      }
    });
  }
}

function checkArguments(section: Section, name: string, actual: PlainRecord[], described: PlainRecord[]): void {
  if (described.length === 0) return;
  const complain = (message: string) =>
    warn(section.state.runtime, message, { name: "InvalidMacroAnnotation", code: "I076" });
  described.slice(0, actual.length).forEach((argument, i) => {
    if (argument.name !== actual[i]?.name)
      complain(`Argument ${String(argument.name)} in yaml for macro ${name} does not match the jinja definition.`);
  });
  if (described.length !== actual.length)
    complain(`The number of arguments in the yaml for macro ${name} does not match the jinja definition.`);
  for (const { name: argument, type } of described) {
    if (type !== undefined && type !== null && String(type).trim() !== "" && !isMacroType(String(type)))
      complain(`Argument ${String(argument)} in the yaml for macro ${name} has an invalid type.`);
  }
}
