import { isRecord } from "../context/data.ts";
import { engineError } from "../errors.ts";
import type { GraphNode, PlainRecord, RefArgs } from "../manifest/types.ts";
import type { ProjectFiles } from "../1-read/types.ts";
import { asList } from "./columns.ts";
import { contentsOf, stem } from "./models.ts";
import { newNode, renderNode, updateConfig } from "./node.ts";
import { applyPatch, duplicatePatch, noNode, patchOf } from "./patches.ts";
import { entriesOf, type Section } from "./section.ts";
import { addNode, collectErrors, type Entry, type ParseState } from "./state.ts";

const languages: Record<string, GraphNode["language"]> = { py: "python", js: "javascript" };

/** User-defined functions, one a file. What they take and return stands in properties. Source: dbt-core parser/functions.py. */
export function parseFunctions(state: ParseState, files: ProjectFiles): void {
  for (const file of files.functions) {
    collectErrors(state, () => {
      const { code, offset } = contentsOf(file);
      const language = languages[file.path.slice(file.path.lastIndexOf(".") + 1)] ?? "sql";
      const { project } = files;
      const node = newNode(state, { kind: "function", name: stem(file.path), project, file, rawCode: code, language });
      // No file can say what it returns.
      Object.assign(node, { returns: { data_type: "INVALID_TYPE", description: null }, arguments: [], overloads: [] });
      updateConfig(state, node, { project, scope: renderNode(state, node, { file, offset }) });
      addNode(state, node);
    });
  }
}

/** Source: dbt-core parser/schemas.py FunctionPatchParser. */
export function patchFunctions(section: Section, data: PlainRecord): void {
  const { manifest } = section.state.runtime;
  for (const entry of entriesOf(section, data)) {
    collectErrors(section.state, () => {
      const name = String(entry.data.name);
      const wanted = (n: { resource_type: string; name: string }): boolean =>
        n.resource_type === "function" && n.name === name;
      const own = manifest.functions[`function.${section.project.name}.${name}`];
      const node = own ?? Object.values(manifest.functions).find(wanted);
      const off = node ? [] : (Object.values(manifest.disabled).flat().filter(wanted) as GraphNode[]);
      if (!node && off.length === 0) return noNode(section, entry, name);
      if (node?.patch_path) throw duplicatePatch(section, entry, node);
      for (const found of node ? [node] : off) {
        applyPatch(section, found, patchOf(entry));
        found.arguments = argumentsOf(entry.data.arguments);
        found.returns = returnsOf(entry.data.returns);
        absorbOverloads(section, entry, found);
      }
    });
  }
}

const textOrNull = (value: unknown): string | null => (value === undefined || value === null ? null : String(value));

const argumentsOf = (value: unknown): PlainRecord[] =>
  asList(value)
    .filter(isRecord)
    .map((a) => ({
      name: a.name ?? null,
      data_type: a.data_type ?? null,
      description: textOrNull(a.description),
      default_value: a.default_value ?? null,
    }));

const returnsOf = (value: unknown): PlainRecord | null =>
  isRecord(value) ? { data_type: value.data_type ?? null, description: textOrNull(value.description) } : null;

/** Files of the same function for other arguments: they become part of the one that lists them, with what they refer to. */
function absorbOverloads(section: Section, entry: Entry, node: GraphNode): void {
  const { functions } = section.state.runtime.manifest;
  node.overloads = asList(entry.data.overloads)
    .filter(isRecord)
    .map((overload, i) => {
      const name = String(overload.defined_in);
      const id = `function.${node.package_name}.${name}`;
      const other = functions[id];
      if (name === node.name || !other) throw badOverload(section, entry, node, name, i);
      delete functions[id];
      for (const ref of other.refs) if (!node.refs.some((r) => sameRef(r, ref))) node.refs.push(ref);
      addMissing(node.sources, other.sources);
      addMissing((node.functions ??= []), other.functions ?? []);
      return {
        defined_in: name,
        arguments: argumentsOf(overload.arguments),
        returns: returnsOf(overload.returns),
        description: textOrNull(overload.description),
        raw_body: other.raw_code,
        compiled_body: null,
      };
    });
}

const sameRef = (a: RefArgs, b: RefArgs): boolean =>
  a.name === b.name && a.package === b.package && a.version === b.version;

function addMissing(into: string[][], more: string[][]): void {
  for (const names of more) if (!into.some((n) => n.join("\n") === names.join("\n"))) into.push(names);
}

function badOverload(section: Section, entry: Entry, node: GraphNode, name: string, index: number) {
  const owner = Object.values(section.state.runtime.manifest.functions).find((f) =>
    asList(f.overloads).some((o) => isRecord(o) && o.defined_in === name),
  );
  const message =
    name === node.name
      ? `Function '${node.name}' cannot list itself in overloads (defined_in: '${name}').`
      : owner
        ? `Function overload '${name}' (defined_in) is already used by '${owner.unique_id}'. Each overload file can only belong to one root function.`
        : `Function overload '${name}' (defined_in) not found. Expected a SQL file at functions/${name}.sql`;
  const position = entry.document.position([...entry.path, "overloads", index]);
  return engineError("parsing", {
    message,
    place: { file: entry.file.path, ...position, source: entry.file.contents },
    hint: "Name a file of the functions folder that nothing else lists, without its ending.",
  });
}
