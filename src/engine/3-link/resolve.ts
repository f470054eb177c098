import { didYouMean, lineColumn, type Place } from "#errors/index.ts";
import { engineError } from "../errors.ts";
import type { Project } from "../1-read/types.ts";
import type { GraphNode, RefArgs, SourceNode } from "../manifest/types.ts";
import { linesAboveOf } from "../manifest/source-lines.ts";
import type { NodeLookup } from "./lookup.ts";

type Referrer = {
  unique_id: string;
  name: string;
  resource_type: string;
  package_name: string;
  original_file_path: string;
  group?: unknown;
  raw_code?: string;
};

/** Where a file first writes the name in quotes: its ref() or source(), as far as a look at the text can tell. */
export function placeOfReference(from: Referrer, name: string): Place {
  const raw = from.raw_code ?? "";
  const last = name.split(".").at(-1) ?? name;
  const at = raw.search(new RegExp(`(['"])${last.replace(/[^\w]/g, "\\$&")}\\1`));
  if (at === -1) return { file: from.original_file_path };
  const { line, column } = lineColumn(raw, at + 1);
  const above = linesAboveOf(from);
  return { file: from.original_file_path, line: line + above, column, source: "\n".repeat(above) + raw };
}

export type Resolved<T> = { node: T } | { disabled: boolean };

/**
 * The packages in which a reference is looked up, in order; null means any.
 * Source: dbt-core contracts/graph/manifest.py _packages_to_search.
 */
function searchOrder(lookup: NodeLookup, root: string, nodePackage: string, given: string | null): (string | null)[] {
  if (given !== null) return [given];
  if (nodePackage === root) return [root, null];
  return lookup.packageFirst ? [nodePackage, root, null] : [root, nodePackage, null];
}

/** What a ref() of a node means. */
export function resolveRef(lookup: NodeLookup, root: string, from: Referrer, ref: RefArgs): Resolved<GraphNode> {
  let disabled = false;
  for (const packageName of searchOrder(lookup, root, from.package_name, ref.package)) {
    if (packageName === null) assertUnambiguous(lookup, from, ref);
    const node = lookup.ref(ref.name, packageName, ref.version);
    if (node) return { node };
    if (lookup.disabled(ref.name, packageName, ref.version).length > 0) disabled = true;
  }
  return { disabled };
}

export function resolveSource(
  lookup: NodeLookup,
  root: string,
  from: Referrer,
  [source = "", table = ""]: string[],
): Resolved<SourceNode> {
  let disabled = false;
  for (const packageName of searchOrder(lookup, root, from.package_name, null)) {
    const node = lookup.source(source, table, packageName);
    if (node) return { node };
    if (lookup.disabled(`${source}.${table}`, packageName).length > 0) disabled = true;
  }
  return { disabled };
}

/** What a function() of a node means. */
export function resolveFunction(
  lookup: NodeLookup,
  root: string,
  from: Referrer,
  names: string[],
): Resolved<GraphNode> {
  const name = names.at(-1) ?? "";
  let disabled = false;
  for (const packageName of searchOrder(
    lookup,
    root,
    from.package_name,
    names.length > 1 ? (names[0] ?? null) : null,
  )) {
    const node = lookup.function(name, packageName);
    if (node) return { node };
    if (lookup.disabled(name, packageName).length > 0) disabled = true;
  }
  return { disabled };
}

function assertUnambiguous(lookup: NodeLookup, from: Referrer, ref: RefArgs): void {
  const packages = lookup.packagesOf(ref.version === null ? ref.name : `${ref.name}.v${ref.version}`);
  if (packages.length < 2) return;
  throw engineError("reference", {
    message: `When referencing '${ref.name}', dbt found nodes in multiple packages: '${packages.join("', '")}'\nTo fix this, use two-argument 'ref', with the package name first: '${packages.join("' or '")}'`,
    place: { file: from.original_file_path },
    hint: `Write ref('${packages[0]}', '${ref.name}').`,
  });
}

/** Python's title(): every word, after an underscore too. */
const title = (text: string): string =>
  text.replace(/[a-z]+/gi, (word) => word.charAt(0).toUpperCase() + word.slice(1));

/** dbt's text for a reference that leads nowhere. Source: dbt-core exceptions.py TargetNotFoundError. */
export function notFoundText(
  from: Referrer,
  kind: "node" | "source" | "metric" | "function",
  name: string,
  options: { package?: string | null; version?: string | number | null; disabled: boolean | null },
): string {
  const reason =
    options.disabled === null ? "was not found or is disabled" : options.disabled ? "is disabled" : "was not found";
  const version = options.version === null || options.version === undefined ? "" : `with version '${options.version}' `;
  const inPackage = options.package ? `in package or project '${options.package}' ` : "";
  return `${title(from.resource_type)} '${from.unique_id}' (${from.original_file_path}) depends on a ${kind} named '${name}' ${version}${inPackage}which ${reason}`;
}

/** The error for it, with a guess at what was meant. */
export function notFound(
  lookup: NodeLookup,
  from: Referrer,
  kind: "node" | "source" | "metric" | "function",
  name: string,
  options: { package?: string | null; version?: string | number | null; disabled: boolean | null },
) {
  const known = { source: () => lookup.sourceNames(), function: () => lookup.functionNames() };
  const guess = didYouMean(name, kind in known ? known[kind as keyof typeof known]() : lookup.refNames());
  return engineError("reference", {
    message: notFoundText(from, kind, name, options),
    place: placeOfReference(from, name),
    hint: options.disabled
      ? `Enable ${name}, or remove the reference.`
      : guess && guess !== name
        ? `Did you mean '${guess}'?`
        : "Check the name, or install the package that has it.",
    data: { uniqueId: from.unique_id },
  });
}

/** Private nodes only within their group, protected ones only within their package when it restricts access. Source: manifest.py is_invalid_private_ref. */
export function assertAccess(from: Referrer, target: GraphNode, projects: Map<string, Project>): void {
  if (target.resource_type !== "model") return;
  const restricted = projects.get(target.package_name)?.restrictAccess === true;
  const samePackage = from.package_name === target.package_name;
  const fail = (scope: string, kind: string) =>
    engineError("reference", {
      message: `Node ${from.unique_id} attempted to reference node ${target.unique_id}, which is not allowed because the referenced node is ${target.access} to the '${scope}' ${kind}.`,
      place: { file: from.original_file_path },
      hint:
        kind === "group"
          ? `Move ${from.name} into the group ${scope}, or make ${target.name} protected.`
          : `Make ${target.name} public.`,
      dbtType: "Parsing Error",
    });
  if (target.access === "private" && (samePackage || restricted)) {
    if (
      from.resource_type !== "operation" &&
      (!target.group || target.group !== (from.group ?? null) || (restricted && !samePackage))
    )
      throw fail(target.group ?? "", "group");
  } else if (target.access === "protected" && restricted && !samePackage) throw fail(target.package_name, "package");
}
