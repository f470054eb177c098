import { isLabsError } from "#errors/index.ts";
import {
  fromPlain,
  hasJinja,
  parseTemplate,
  PyDict,
  repr,
  str,
  type MaybePromise,
  type Scope,
  renderPlain,
  type Value,
} from "#jinja/index.ts";
import { warn } from "../context/runtime.ts";
import { sharedTemplate } from "../context/shared-templates.ts";
import { cloneData, isRecord, toData } from "../context/data.ts";
import { engineError } from "../errors.ts";
import { noteMissingMacro } from "../manifest/missing-macro.ts";
import type { GraphNode, PlainRecord } from "../manifest/types.ts";
import { asList, asStrings } from "./columns.ts";
import { newNode, renderNode, updateConfig } from "./node.ts";
import { invalid, yamlScope, type Section } from "./section.ts";
import { configArguments, unpackArguments } from "./test-arguments.ts";
import { addNode, collectErrors, md5, type Entry } from "./state.ts";

/** What a generic test is about. */
export type TestTarget =
  | {
      kind: "node";
      yamlKey: string;
      name: string;
      version: string | number | null;
      quoteColumns: boolean;
      attached: GraphNode | undefined;
    }
  | {
      kind: "source";
      yamlKey: string;
      source: string;
      name: string;
      version: null;
      quoteColumns: boolean;
      tags: string[];
    };

/** The name under which templates get a generic test's arguments. */
export const testArgumentsName = "_dbt_generic_test_kwargs";

/** Makes the test nodes of an entry: those of its columns, then its own. */
export function genericTests(
  section: Section,
  entry: Entry,
  target: TestTarget,
  columns: PlainRecord[],
  tests: unknown[],
): void {
  const inherited = target.kind === "source" ? target.tags : [];
  for (const column of columns) {
    const quoted =
      column.quote === true || ((column.quote === null || column.quote === undefined) && target.quoteColumns);
    const name = quoted ? `"${String(column.name)}"` : String(column.name);
    const config = isRecord(column.config) ? column.config : {};
    const tags = [...inherited, ...asStrings(column.tags), ...asStrings(config.tags)];
    for (const test of asList(column.data_tests ?? column.tests))
      collectErrors(section.state, () => genericTest(section, entry, target, test, name, tags));
  }
  for (const test of tests)
    collectErrors(section.state, () => genericTest(section, entry, target, test, null, inherited));
}

interface Definition {
  name: string;
  namespace: string | null;
  args: PlainRecord;
  config: PlainRecord;
  description: string;
  customName: string | undefined;
}

function definitionOf(
  section: Section,
  entry: Entry,
  target: TestTarget,
  test: unknown,
  column: string | null,
): Definition {
  const [testName, rawArgs] = nameAndArguments(entry, target, test);
  const written = cloneData(rawArgs);
  if (column !== null) written.column_name = column;
  const resource = target.kind === "source" ? `${target.source}_${target.name}` : target.name;
  const args = unpackArguments(section, written, { test: testName, resource });
  if ("model" in args) {
    throw invalid(
      entry,
      entry.path,
      'Test arguments include "model", which is a reserved argument',
      "Rename the argument.",
    );
  }
  const match = /^(?:([a-zA-Z_][0-9a-zA-Z_]*)\.)?([a-zA-Z_][0-9a-zA-Z_]*)/.exec(testName);
  if (!match)
    throw invalid(
      entry,
      entry.path,
      `Test name string did not match expected pattern: ${testName}`,
      "Write `test` or `package.test`.",
    );
  const config = configOf(section, entry, args, { target: target.name, column, test: match[2] ?? "" });
  if (
    config.sql_header !== undefined &&
    section.state.runtime.read.root.flags.require_sql_header_in_test_configs !== true
  ) {
    warn(
      section.state.runtime,
      `Custom key \`sql_header\` found in \`config\` at path \`models.config\` in file \`${section.file.path}\`. Custom config keys should move into the \`config.meta\`.`,
      { name: "CustomKeyInConfigDeprecation", code: "D026" },
    );
  }
  const description = typeof args.description === "string" ? args.description : "";
  delete args.description;
  const customName = typeof args.name === "string" ? args.name : undefined;
  delete args.name;
  const namespace = match[1] ?? null;
  return { name: match[2] ?? "", namespace, args, config, description, customName };
}

function nameAndArguments(entry: Entry, target: TestTarget, test: unknown): [string, PlainRecord] {
  if (typeof test === "string") return [test, {}];
  if (!isRecord(test))
    throw invalid(
      entry,
      entry.path,
      `test must be dict or str, got ${Array.isArray(test) ? "list" : typeof test} (value ${JSON.stringify(test)})`,
      "Write the test's name, or its name with arguments.",
    );
  if ("test_name" in test) {
    const { test_name: name, ...rest } = test;
    return [String(name), rest];
  }
  const keys = Object.keys(test);
  if (keys.length !== 1) {
    throw invalid(
      entry,
      entry.path,
      `test definition dictionary must have exactly one key, got [${keys.join(", ")}] instead (${keys.length} keys)`,
      "Indent the arguments under the test's name.",
    );
  }
  const name = keys[0] ?? "";
  const args = test[name];
  if (args === null || args === undefined) {
    throw invalid(
      entry,
      entry.path,
      `test arguments must be a dict, got None for ${name} on ${target.name}`,
      `Remove the colon after ${name}, or give it arguments.`,
    );
  }
  if (!isRecord(args))
    throw invalid(
      entry,
      entry.path,
      `test arguments must be a dict, got ${typeof args} (value ${JSON.stringify(args)})`,
      "Write the arguments as a mapping.",
    );
  return [name, args];
}

/** Settings from beside the arguments and from `config:`, rendered. Source: generic_test_builders.py _process_legacy_args, _render_values. */
function configOf(section: Section, entry: Entry, args: PlainRecord, about: About): PlainRecord {
  const nested = args.config;
  delete args.config;
  if (nested !== undefined && nested !== null && !isRecord(nested))
    throw invalid(entry, entry.path, "The `config` dictionary of a test must be a mapping");
  const given: PlainRecord = isRecord(nested) ? { ...nested } : {};
  const config: PlainRecord = {};
  for (const key of configArguments) {
    let value = args[key];
    delete args[key];
    const set =
      value !== undefined &&
      value !== null &&
      value !== false &&
      value !== "" &&
      value !== 0 &&
      !(Array.isArray(value) && value.length === 0);
    if (set && key in given) {
      throw engineError("compilation", {
        message: `Invalid generic test configuration given in ${entry.file.path}: \nTest cannot have the same key at the top-level and in config`,
        place: { file: entry.file.path, ...entry.document.position(entry.path), source: entry.file.contents },
        hint: `Keep ${key} under config: only.`,
      });
    }
    if (!set && key in given) {
      value = given[key];
      delete given[key];
    }
    config[key] = value;
  }
  return renderValues(section, { ...config, ...given }, about);
}

/** What an error says of a test. */
interface About {
  target: string;
  column: string | null;
  test: string;
}

function renderValues(section: Section, values: PlainRecord, about: About): PlainRecord {
  const rendered: PlainRecord = {};
  for (const [key, value] of Object.entries(values)) {
    let result = value;
    if (typeof value === "string" && !hasJinja(value)) result = renderPlain(value);
    else if (typeof value === "string") {
      try {
        result = toData(
          parseTemplate(value, { file: section.file.path }).renderNative(
            yamlScope(section.state, section.project),
          ) as Value,
        );
      } catch (error) {
        throw configValueError(section, about, key, error);
      }
    }
    if (result !== null && result !== undefined) rendered[key] = result;
  }
  return rendered;
}

/** Source: dbt-core exceptions.py CustomMacroPopulatingConfigValueError, TestConfigError. */
function configValueError(section: Section, { target, column, test }: About, key: string, error: unknown): unknown {
  if (!isLabsError(error) || !error.message.includes("is undefined")) return error;
  return engineError("compilation", {
    message:
      `Invalid generic test configuration given in ${section.file.path}: \n` +
      `\tThe ${target}.${column ?? "None"} column's "${test}" test references an undefined macro in its ${key} configuration argument. ` +
      `The macro ${error.message}.\nPlease note that the generic test configuration parser currently does not support using custom macros to populate configuration values`,
    place: { file: section.file.path },
    hint: "Write the value itself.",
    cause: error,
  });
}

/** Python's str() of an argument, as it goes into a test's name. */
const pyStr = (value: unknown): string => str(fromPlain(value));

/**
 * The name that dbt gives a test: readable when short, with a hash when long.
 * Source: dbt-core parser/generic_test_builders.py synthesize_generic_test_names.
 */
export function testNames(type: string, targetName: string, args: PlainRecord): { short: string; full: string } {
  const parts: string[] = [];
  for (const key of Object.keys(args).sort()) {
    if (key === "model") continue;
    const value = args[key];
    const items = isRecord(value) ? Object.values(value) : Array.isArray(value) ? value : [value];
    parts.push(...items.map(pyStr));
  }
  const unique = parts.map((p) => p.replace(/[^0-9a-zA-Z_]+/g, "_")).join("__");
  const identifier = `${type}_${targetName}`;
  const full = `${identifier}_${unique}`;
  return { full, short: [...full].length >= 64 ? `${identifier.slice(0, 30)}_${md5(full)}` : full };
}

/** Source: dbt-core parser/schema_generic_tests.py create_test_node: keys sorted, every scalar as Python's str(). */
function hashable(data: unknown): Value {
  if (isRecord(data))
    return new PyDict(
      Object.keys(data)
        .sort()
        .map((key) => [key, hashable(data[key])]),
    );
  if (Array.isArray(data)) return data.map(hashable);
  return pyStr(data);
}

function configCall(config: PlainRecord): string {
  const parts = Object.entries(config).map(
    ([key, value]) => `${key}=${typeof value === "string" ? `"${value.replaceAll('"', '\\"')}"` : pyStr(value)}`,
  );
  return parts.length > 0 ? `{{ config(${parts.join(",")}) }}` : "";
}

function modelExpression(target: TestTarget): string {
  if (target.kind === "source") return `{{ get_where_subquery(source('${target.source}', '${target.name}')) }}`;
  if (target.version !== null) return `{{ get_where_subquery(ref('${target.name}', version='${target.version}')) }}`;
  return `{{ get_where_subquery(ref('${target.name}')) }}`;
}

function argumentsAtParse(kwargs: PlainRecord, scope: Scope, file: string): PyDict {
  const rendered = renderedArguments(kwargs, scope, file);
  if (!(rendered instanceof Promise)) return rendered;
  rendered.catch(() => {});
  throw engineError("compilation", {
    message: "A test argument waits for the database.",
    place: { file },
    hint: "Use {% if execute %} in the macro it calls.",
  });
}

/** Makes one generic test node. */
export function genericTest(
  section: Section,
  entry: Entry,
  target: TestTarget,
  test: unknown,
  column: string | null,
  tags: string[],
): void {
  const { state, project, file } = section;
  const definition = definitionOf(section, entry, target, test, column);
  const { name, namespace, args, config } = definition;
  const kwargs: PlainRecord = { ...args, model: modelExpression(target) };
  const type = `${namespace === null ? "" : `${namespace}_`}${target.kind === "source" ? "source_" : ""}${name}`;
  const targetName =
    target.kind === "source"
      ? `${target.source}_${target.name}`
      : target.version === null
        ? target.name
        : `${target.name}_v${target.version}`;
  let compiledName: string;
  let fullName: string;
  if (definition.customName === undefined) {
    const names = testNames(type, targetName, kwargs);
    compiledName = names.short;
    fullName = names.full;
    if (names.short !== names.full && !("alias" in config)) config.alias = names.short;
  } else {
    compiledName = definition.customName;
    fullName = definition.customName;
  }
  const metadata = { namespace, name, kwargs };
  const hash = md5(`${fullName}${repr(hashable(metadata))}`).slice(-10);
  const macroName = `test_${name}`;
  const rawCode = `{{ ${namespace === null ? macroName : `${namespace}.${macroName}`}(**${testArgumentsName}) }}${configCall(config)}`;
  const folders = file.path.split("/").slice(1, -1);
  const macro =
    state.runtime.macros.lookup(macroName, namespace ?? project.name) ?? state.runtime.macros.find(macroName);
  // dbt looks the macro up by its name alone: the project's own one counts even when a namespace is asked for.
  const named = state.runtime.macros.byName(macroName, project.name) ?? macro;
  const isStatic = named?.node.package_name === "dbt" && (name === "not_null" || name === "unique");
  const node = newNode(state, {
    kind: "test",
    static: isStatic,
    name: fullName,
    project,
    file,
    path: `${compiledName}.sql`,
    rawCode,
    fqn: [project.name, ...folders, fullName],
    uniqueId: `test.${project.name}.${fullName}.${hash}`,
    checksum: { name: "none", checksum: "" },
  });
  const ownTags = asList(config.tags).map(String);
  node.tags = [...new Set([...tags, ...ownTags])].sort();
  node.description = definition.description;
  node.column_name = column;
  node.file_key_name =
    target.kind === "source" ? `${target.yamlKey}.${target.source}` : `${target.yamlKey}.${target.name}`;
  node.attached_node = null;
  node.test_metadata = { name, kwargs, namespace };
  // Of a macro that does not exist dbt speaks when the test is compiled, not before.
  if (named) node.depends_on.macros.push(named.node.unique_id);
  else noteMissingMacro(node);
  if (isStatic) {
    state.calls.set(node.unique_id, config);
    addTargetReference(node, target);
  } else {
    renderNode(state, node, {
      file,
      // The template says it once more, so that lists such as tags hold everything twice, as under dbt.
      config,
      // Of other macros a test's parse sees none: then only its arguments and config count.
      ...(named === macro ? {} : { source: configCall(config) }),
      prepare: (scope) => scope.set(testArgumentsName, argumentsAtParse(kwargs, scope, file.path)),
    });
  }
  updateConfig(state, node, { project });
  if (target.kind === "node" && target.attached) {
    node.attached_node = target.attached.unique_id;
    node.group = target.attached.group;
  }
  addNode(state, node);
}

function addTargetReference(node: GraphNode, target: TestTarget): void {
  if (target.kind === "source") node.sources.push([target.source, target.name]);
  else node.refs.push({ name: target.name, package: null, version: target.version });
}

/**
 * A test's arguments with every text rendered natively: `ref('x')` becomes a relation.
 * Source: dbt-core clients/jinja.py add_rendered_test_kwargs.
 */
export function renderedArguments(kwargs: PlainRecord, scope: Scope, file: string): MaybePromise<PyDict> {
  const waiting: Promise<void>[] = [];
  const keep = (value: MaybePromise<Value>, store: (value: Value) => void): void => {
    if (value instanceof Promise) waiting.push(value.then(store));
    else store(value);
  };
  const render = (value: unknown, path: string[]): MaybePromise<Value> => {
    if (typeof value === "string") {
      // Column names stay texts, whatever they look like.
      if (path.length === 1 && path[0] === "column_name") return value;
      const expression = /^\s*(env_var|ref|var|source|doc)\s*\(.+\)\s*$/.test(value) ? `{{ ${value} }}` : value;
      return hasJinja(expression)
        ? sharedTemplate(expression, file).renderNative(scope, { undefined: "chaining" })
        : renderPlain(value);
    }
    if (Array.isArray(value)) {
      const list: Value[] = [];
      value.forEach((item, i) => keep(render(item, [...path, String(i)]), (v) => (list[i] = v)));
      return list;
    }
    if (isRecord(value)) return dictOf(value, path);
    return fromPlain(value);
  };
  const dictOf = (record: PlainRecord, path: string[]): PyDict => {
    const dict = new PyDict(Object.keys(record).map((key): [Value, Value] => [key, null]));
    for (const [key, item] of Object.entries(record)) keep(render(item, [...path, key]), (v) => dict.set(key, v));
    return dict;
  };
  const dict = dictOf(kwargs, []);
  return waiting.length === 0 ? dict : Promise.all(waiting).then(() => dict);
}
