import { fromPlain, PyFloat, repr, str } from "#jinja/index.ts";
import { isRecord } from "../context/data.ts";
import { engineError } from "../errors.ts";
import { compareVersions } from "../manifest/model-versions.ts";
import type { GraphNode, PlainRecord } from "../manifest/types.ts";
import { asList, columnList, columnsOf, testsOf, text } from "./columns.ts";
import { genericTests } from "./generic-tests.ts";
import { deepMerge } from "./config.ts";
import { writtenConfig, type Patch } from "./patch.ts";
import { invalid, type Section } from "./section.ts";
import type { Entry } from "./state.ts";

type VersionId = string | number;

/** `versions:` of a model entry. */
export function versionsOf(entry: Entry): PlainRecord[] {
  const versions = asList(entry.data.versions).filter(isRecord);
  const read = versions.map((version) => {
    const v = versionId(version.v);
    if (v === undefined)
      throw invalid(entry, [...entry.path, "versions"], "every version needs `v`", "Write `- v: 1`.");
    return { ...version, v };
  });
  checkVersions(entry, versions);
  return read;
}

/** `latest_version` is one of the versions, and none stands there twice. Source: unparsed.py UnparsedModelUpdate.__post_init__. */
function checkVersions(entry: Entry, versions: PlainRecord[]): void {
  const plain = (value: unknown): unknown => (value instanceof PyFloat ? value.value : value);
  const { latest_version: latest, name } = entry.data;
  if (latest && !versions.some(({ v }) => plain(v) === plain(latest))) {
    const all = versions.map(({ v }) => repr(fromPlain(v))).join(", ");
    throw engineError("parsing", {
      message: `latest_version: ${str(fromPlain(latest))} is not one of model '${String(name)}' versions: [${all}] `,
      place: { file: entry.file.path, ...entry.document.position([...entry.path, "latest_version"]) },
      hint: "Name one of the versions, with its type: 1 and '1' are two.",
    });
  }
  const seen = new Set<string>();
  for (const { v } of versions) {
    const shown = str(fromPlain(v));
    if (seen.has(shown))
      throw engineError("parsing", {
        message: `Found duplicate version: '${shown}' in versions list of model '${String(name)}'`,
        place: { file: entry.file.path, ...entry.document.position([...entry.path, "versions"]) },
        hint: "Remove one of the two.",
      });
    seen.add(shown);
  }
}

/** A float is the number it shows, `1.0` with its point. */
function versionId(value: unknown): VersionId | undefined {
  if (value instanceof PyFloat) return Number.isInteger(value.value) ? value.repr() : value.value;
  return typeof value === "string" || typeof value === "number" ? value : undefined;
}

function highest(versions: PlainRecord[]): VersionId {
  const ids = versions.map((v) => v.v as VersionId);
  return ids.reduce((best, id) => (compareVersions(best, id) < 0 ? id : best));
}

/** `include`/`exclude` of a version's columns over the model's. Source: unparsed.py get_columns_for_version. */
function columnsForVersion(entry: Entry, version: PlainRecord): PlainRecord[] {
  const base = columnList(entry);
  const own = asList(version.columns).filter(isRecord);
  const rule = own.find((c) => "include" in c || "exclude" in c);
  const include = rule ? (rule.include ?? "all") : "all";
  const exclude = new Set(rule ? asList(rule.exclude).map(String) : []);
  const wanted = (name: string): boolean =>
    (include === "all" || include === "*" ? true : asList(include).map(String).includes(name)) && !exclude.has(name);
  const overrides = own.filter((c) => c !== rule);
  const overridden = new Set(overrides.map((c) => String(c.name)));
  return [...base.filter((c) => wanted(String(c.name)) && !overridden.has(String(c.name))), ...overrides];
}

interface Helpers {
  patchOf(entry: Entry): Patch;
  applyPatch(section: Section, node: GraphNode, patch: Patch): void;
  noNode(section: Section, entry: Entry, name: string): void;
}

/** Turns the files of a versioned model into versions of one model. Source: dbt-core parser/schemas.py ModelPatchParser.parse_patch. */
export function patchVersions(section: Section, entry: Entry, versions: PlainRecord[], helpers: Helpers): void {
  const name = String(entry.data.name);
  const latest = versionId(entry.data.latest_version) ?? highest(versions);
  const base = helpers.patchOf(entry);
  const attached = new Map<VersionId, GraphNode>();
  for (const version of versions) {
    const v = version.v as VersionId;
    const fileName = typeof version.defined_in === "string" ? version.defined_in : `${name}_v${v}`;
    const lookup = section.lookup();
    const node =
      lookup.ref(fileName, section.project.name, null) ??
      (String(v) === String(latest) ? lookup.ref(name, section.project.name, null) : undefined) ??
      (lookup.disabled(fileName, null).find((n) => n.resource_type === "model") as GraphNode | undefined);
    if (!node) {
      helpers.noNode(section, entry, fileName);
      continue;
    }
    rename(section, node, name, v);
    const config = deepMerge(base.config, isRecord(version.config) ? version.config : {});
    helpers.applyPatch(section, node, {
      ...base,
      description: text(version.description) || base.description,
      columns: columnsOf(entry, columnsForVersion(entry, version)),
      config,
      written: writtenConfig(entry, v),
      access: version.access ?? base.access,
      version: v,
      latestVersion: latest,
      constraints: version.constraints === undefined ? base.constraints : asList(version.constraints),
      deprecationDate: version.deprecation_date ?? null,
    });
    attached.set(v, node);
    section.invalidateLookup();
  }
  for (const version of versions) {
    const v = version.v as VersionId;
    const tests =
      version.tests !== undefined || version.data_tests !== undefined
        ? testsOf(entry, version)
        : testsOf(entry, entry.data);
    genericTests(
      section,
      entry,
      {
        kind: "node",
        yamlKey: "models",
        name,
        version: v,
        quoteColumns: entry.data.quote_columns === true,
        attached: attached.get(v),
      },
      columnsForVersion(entry, version),
      tests,
    );
  }
}

/** The node becomes `model.package.name.vN`, wherever it is kept. */
function rename(section: Section, node: GraphNode, name: string, v: VersionId): void {
  const { state } = section;
  const { nodes, disabled } = state.runtime.manifest;
  const old = node.unique_id;
  const active = nodes[old] === node;
  if (active) delete nodes[old];
  else delete disabled[old];
  node.unique_id = `model.${section.project.name}.${name}.v${v}`;
  node.fqn = [...node.fqn.slice(0, -1), name, `v${v}`];
  node.name = name;
  if (active) nodes[node.unique_id] = node;
  else (disabled[node.unique_id] ??= []).push(node);
  for (const map of [state.templates, state.captured, state.calls] as Map<string, unknown>[]) {
    if (map.has(old)) map.set(node.unique_id, map.get(old));
  }
}
