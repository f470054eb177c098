import { hash } from "node:crypto";
import { isLabsError, type LabsError } from "#errors/index.ts";
import { spaceRun, type Template } from "#jinja/index.ts";
import type { Runtime } from "../context/runtime.ts";
import { engineError } from "../errors.ts";
import type { GraphNode, OtherNode, PlainRecord, SourceNode } from "../manifest/types.ts";
import type { Project, SourceFile, YamlDocument } from "../1-read/types.ts";
import type { Captured } from "../context/parse-members.ts";

/** One entry of a properties file, with where it stands. */
export interface Entry {
  project: Project;
  file: SourceFile;
  document: YamlDocument;
  path: (string | number)[];
  data: PlainRecord;
}

/** What the parse phase builds up beside the manifest. */
export interface ParseState {
  runtime: Runtime;
  errors: LabsError[];
  /** Compiled templates by unique id: compiling renders the same template again. */
  templates: Map<string, Template>;
  captured: Map<string, Captured>;
  /** Merged config() calls by unique id, to resolve the config again when a properties file adds to it. */
  calls: Map<string, PlainRecord>;
  /** The arguments of the config() call in a node's own text, as written. */
  unrenderedCalls: Map<string, PlainRecord>;
  /** Texts of files for error frames. */
  sources: Map<string, string>;
}

/** Runs `body`; an error is kept so that every error of a project is reported, not the first. */
export function collectErrors(state: ParseState, body: () => void): void {
  try {
    body();
  } catch (error) {
    if (!isLabsError(error)) throw error;
    state.errors.push(error);
  }
}

/** Throws what was collected: one error as it is, several as one that lists all. */
export function throwCollected(errors: LabsError[]): void {
  if (errors.length === 0) return;
  const [first] = errors;
  if (errors.length === 1 && first) throw first;
  throw engineError("many", {
    message: errors.map(withHeadline).join("\n\n"),
    hint: "Fix each of them; they are independent.",
    dbtType: (first?.data?.dbtType as "Compilation Error" | undefined) ?? "Compilation Error",
    data: { errors },
  });
}

/** An error of several, under dbt's line that names its node, with its own place and fix. */
function withHeadline({ message, data, place, hint }: LabsError): string {
  const where =
    place?.line === undefined || message.includes(`${place.file}:${place.line}`)
      ? []
      : [`at ${place.file}:${place.line}${place.column === undefined ? "" : `:${place.column}`}`];
  const lines = [message, ...where, ...(hint ? [`fix: ${hint}`] : [])].join("\n");
  if (typeof data?.node !== "string") return lines.replaceAll("\n", "\n  ");
  return `${String(data.dbtType ?? "Compilation Error")} in ${data.node}\n${lines.replace(/^/gm, "  ")}`;
}

export const sha256 = (text: string): string => hash("sha256", text);
export const md5 = (text: string): string => hash("md5", text);

/** dbt 1.12 compares contents with all white space collapsed. */
export const contentsChecksum = (text: string): { name: string; checksum: string } => ({
  name: "sha256",
  checksum: sha256(text.split(spaceRun).filter(Boolean).join(" ")),
});

/** Seconds since 1970, as dbt's `created_at`. */
export const now = (): number => Date.now() / 1000;

/** Adds a node, or puts it among the disabled ones. The same id twice is an error. */
export function addNode(state: ParseState, node: GraphNode): void {
  const { manifest } = state.runtime;
  if (!node.config.enabled) {
    disable(state, node);
    return;
  }
  const nodes = node.resource_type === "function" ? manifest.functions : manifest.nodes;
  const existing = nodes[node.unique_id];
  if (existing) throw duplicateResource(existing, node);
  nodes[node.unique_id] = node;
}

export function disable(state: ParseState, node: GraphNode | SourceNode | OtherNode): void {
  const { disabled } = state.runtime.manifest;
  (disabled[node.unique_id] ??= []).push(node);
}

/** What to do about two entries for one thing. Source: dbt_common/exceptions/base.py _fix_dupe_msg. */
export const duplicateFix = (one: string, other: string, name: string, kind: string): string =>
  one === other
    ? `remove one of the ${kind} entries for ${name} in this file:\n - ${one}\n`
    : `remove the ${kind} entry for ${name} in one of these files:\n - ${one}\n${other}`;

const plurals: Record<string, string> = { test: "data_tests", analysis: "analyses", saved_query: "saved_queries" };
const refable = new Set(["model", "seed", "snapshot"]);

/** Source: dbt-core exceptions.py DuplicateResourceNameError. */
export function duplicateResource(
  a: { name: string; resource_type: string; unique_id: string; original_file_path: string },
  b: { resource_type?: string; unique_id: string; original_file_path: string },
) {
  const kind = a.resource_type;
  const many = b.resource_type === undefined || b.resource_type === kind ? (plurals[kind] ?? `${kind}s`) : "resources";
  const { test_metadata: generic, column_name: column, file_key_name: model } = a as Partial<GraphNode>;
  const name =
    generic === undefined ? a.name : `${a.name}" defined on ${column ? `column "${column}" in ` : ""}"${model}`;
  const use =
    generic !== undefined ? "running tests" : `looking for ${refable.has(kind) ? `ref("${a.name}")` : a.name}`;
  return engineError("duplicate", {
    message:
      `dbt found two ${many} with the name "${name}".\n\nSince these resources have the same name, dbt will be unable to find the correct resource\n` +
      `when ${use}.\n\nTo fix this, change the name of one of these resources:\n` +
      `- ${a.unique_id} (${a.original_file_path})\n- ${b.unique_id} (${b.original_file_path})`,
    hint: "Rename one of the two files.",
    place: { file: b.original_file_path },
  });
}
