import { dirname, join } from "node:path";
import { isLabsError } from "#errors/index.ts";
import { equals, fromPlain, PyFunction, PyObject, repr, str, type Value } from "#jinja/index.ts";
import { AgateTable, Relation } from "../adapter/index.ts";
import { compileNode } from "../5-compile/index.ts";
import { envVarFunction } from "../context/base-members.ts";
import { cloneData, isRecord, toValue } from "../context/data.ts";
import type { NodeExecution } from "../context/execution.ts";
import { rawFunction } from "../context/functions.ts";
import { refArguments, sourceArguments } from "../context/reference-arguments.ts";
import type { Members, NodeScope } from "../context/scope.ts";
import { staticReference } from "../context/static-reference.ts";
import { VarFunction, varsFor } from "../context/vars.ts";
import { engineError } from "../errors.ts";
import { notFound, resolveRef, resolveSource } from "../3-link/resolve.ts";
import type { GraphNode, OtherNode, PlainRecord, SourceNode } from "../manifest/types.ts";
import { mainResult, materializationOf, runMaterialization } from "./materialize.ts";
import type { TestOutcome } from "./test-runner.ts";
import { diffText, sameRows, type Row } from "./unit-test-diff.ts";

/** The model under test with its inputs replaced. */
interface Setup {
  node: GraphNode;
  /** Fixtures by the unique id of what they stand for. */
  inputs: Map<string, GraphNode>;
  self: GraphNode | undefined;
}

/**
 * Runs a unit test: the model's SQL over the given rows must give the expected rows, in any order.
 * Source: dbt-core parser/unit_tests.py UnitTestManifestLoader, task/test.py execute_unit_test.
 */
export async function runUnitTest(execution: Omit<NodeExecution, "node">, test: OtherNode): Promise<TestOutcome> {
  const tested = execution.runtime.manifest.nodes[test.depends_on.nodes[0] ?? ""];
  if (!tested)
    throw engineError("runtime", { message: `The model of unit test '${test.name}' is not in the project.` });
  const setup = setUp(execution, test, tested);
  const own: NodeExecution = {
    ...execution,
    node: setup.node,
    fixtures: new Map([...setup.inputs.values()].map((n) => [n.unique_id, n])),
  };
  const template = execution.templates.get(tested.unique_id);
  if (template) execution.templates.set(setup.node.unique_id, template);
  // Fixtures belong to this test alone, and so do the CTEs made of them.
  await compileNode(own, {
    ephemeral: new Map(),
    overrides: overridesOf(own, test, setup),
    prepare: (scope) => overrideMacros(scope, own, test),
  }).catch((error: unknown) => {
    throw ofInput(error, setup);
  });
  test.compiled_path = setup.node.compiled_path;
  let main: ReturnType<typeof mainResult>;
  try {
    const { run } = await runMaterialization(own, materializationOf(own));
    main = mainResult(run, setup.node);
  } catch (error) {
    throw engineError("runtime", {
      message: `An error occurred during execution of unit test '${test.name}'. There may be an error in the unit test definition: check the data types.\n ${asDbtPrints(error)}`,
      cause: error,
      place: { file: test.original_file_path },
      hint: "Compare the fixture's values with the columns' types.",
    });
  }
  const { actual, expected, columns } = splitRows(main.table);
  if (sameRows(actual, expected))
    return { status: "pass", failures: 0, message: null, adapterResponse: main.adapterResponse };
  return {
    status: "fail",
    failures: 1,
    message: diffText(columns, actual, expected),
    adapterResponse: main.adapterResponse,
  };
}

function setUp(execution: Omit<NodeExecution, "node">, test: OtherNode, tested: GraphNode): Setup {
  const expect = test.expect as { rows: unknown; format: string };
  const versioned = tested.version !== null && tested.version !== undefined;
  const name = versioned ? `${test.name}_v${tested.version}` : test.name;
  const node: GraphNode = {
    ...tested,
    name,
    alias: name,
    resource_type: "unit_test",
    package_name: test.package_name,
    unique_id: test.unique_id,
    original_file_path: test.original_file_path,
    path: join(dirname(test.original_file_path), `${name}.sql`),
    config: {
      enabled: true,
      materialized: "unit",
      expected_rows: expect.format === "sql" ? [] : cloneData(expect.rows),
      expected_sql: expect.format === "sql" ? expect.rows : null,
    },
    extra_ctes: [],
    extra_ctes_injected: false,
    compiled: false,
    compiled_code: null,
    depends_on: { macros: [...tested.depends_on.macros], nodes: [] },
  };
  const inputs = new Map<string, GraphNode>();
  let self: GraphNode | undefined;
  for (const given of test.given as { input: string; rows: unknown; format: string }[]) {
    const original = given.input.trim() === "this" ? tested : inputNode(execution, test, tested, given.input);
    const fixture = fixtureOf(original, given, test);
    inputs.set(original.unique_id, fixture);
    if (original === tested) self = fixture;
  }
  return { node, inputs, self };
}

/** An error in an input's rows says so: to dbt the input is a model of the test's file. */
function ofInput(error: unknown, { inputs }: Setup): unknown {
  if (!isLabsError(error) || !error.data) return error;
  const { node, uniqueId } = error.data;
  const input = [...inputs.values()].find((i) => i.unique_id === node || i.unique_id === uniqueId);
  if (input) error.data.input = `model ${input.name} (${input.original_file_path})`;
  return error;
}

function inputNode(
  execution: Omit<NodeExecution, "node">,
  test: OtherNode,
  tested: GraphNode,
  input: string,
): GraphNode | SourceNode {
  const reference = staticReference(input);
  const ownArguments = execution.runtime.read.root.flags.support_custom_ref_kwargs === true;
  if (!reference || (reference.kind === "ref" && reference.others.length > 0 && !ownArguments)) {
    throw engineError("parsing", {
      message: `Unit test given inputs must be either a 'ref', 'source' or 'this' call. Got: '${input}'.`,
      place: { file: test.original_file_path },
      hint: "Write ref('model').",
    });
  }
  const root = execution.runtime.read.root.name;
  const resolved =
    reference.kind === "ref"
      ? resolveRef(execution.lookup, root, tested, reference.args)
      : resolveSource(execution.lookup, root, tested, reference.args);
  if ("node" in resolved) return resolved.node;
  throw engineError("parsing", {
    message: `Unit test '${test.name}' had an input (${input}) which was not found in the manifest.`,
    place: { file: test.original_file_path },
    hint: "Correct the name.",
  });
}

/** An ephemeral model that selects the given rows, typed like the relation it stands for. */
function fixtureOf(
  original: GraphNode | SourceNode,
  given: { rows: unknown; format: string },
  test: OtherNode,
): GraphNode {
  const isSource = original.resource_type === "source";
  const identifier = isSource ? (original as SourceNode).identifier : (original as GraphNode).alias;
  const rawCode =
    given.format === "sql" ? String(given.rows) : `{{ get_fixture_sql(${repr(fromPlain(given.rows))}, None) }}`;
  return {
    ...(original as GraphNode),
    resource_type: "model",
    unique_id: `model.${original.package_name}.${isSource ? `${(original as SourceNode).source_name}__` : ""}${original.name}__fixture.${test.unique_id}`,
    alias: identifier,
    cte_name: isSource ? `${(original as SourceNode).source_name}__${original.name}` : identifier,
    original_file_path: test.original_file_path,
    path: `${original.name}.sql`,
    config: { enabled: true, materialized: "ephemeral" },
    raw_code: rawCode,
    language: "sql",
    extra_ctes: [],
    extra_ctes_injected: false,
    compiled: false,
    compiled_code: null,
    depends_on: { macros: [], nodes: [] },
    columns: original.columns ?? {},
    contract: { enforced: false, alias_types: true, checksum: null },
    test_metadata: undefined,
  };
}

function overridesOf(execution: NodeExecution, test: OtherNode, setup: Setup): Members {
  const { runtime, lookup, node } = execution;
  const overrides = isRecord(test.overrides) ? test.overrides : {};
  const owner = `unit test ${test.name}`;
  const use = (input: GraphNode): Relation => {
    if (!node.extra_ctes.some((c) => c.id === input.unique_id)) node.extra_ctes.push({ id: input.unique_id, sql: "" });
    return Relation.ephemeral(String(input.cte_name ?? input.alias));
  };
  const root = runtime.read.root.name;
  return {
    ref: rawFunction("ref", (args, kwargs) => {
      const reference = refArguments(args, kwargs, owner);
      const resolved = resolveRef(lookup, root, node, reference);
      const input = "node" in resolved ? setup.inputs.get(resolved.node.unique_id) : undefined;
      if (!input)
        throw notFound(lookup, node, "node", reference.name, {
          package: reference.package,
          version: reference.version,
          disabled: false,
        });
      return use(input);
    }),
    source: rawFunction("source", (args) => {
      const names = sourceArguments(args, owner);
      const resolved = resolveSource(lookup, root, node, names);
      const input = "node" in resolved ? setup.inputs.get(resolved.node.unique_id) : undefined;
      if (!input) throw notFound(lookup, node, "source", names.join("."), { disabled: false });
      return use(input);
    }),
    this: () => (setup.self ? str(use(setup.self)) : null),
    env_var: () => envVarFunction(runtime, isRecord(overrides.env_vars) ? overrides.env_vars : {}),
    var: () =>
      new VarFunction({
        vars: () => ({
          ...varsFor(runtime, node.package_name),
          ...(isRecord(overrides.vars) ? (overrides.vars as PlainRecord) : {}),
        }),
        scope: () => ({ get: () => undefined }),
        missing: "error",
        owner: node.name,
      }),
  };
}

/** `overrides.macros`: a macro answers the given value; other names of the context become it. */
function overrideMacros(scope: NodeScope, execution: NodeExecution, test: OtherNode): void {
  const overrides = isRecord(test.overrides) && isRecord(test.overrides.macros) ? test.overrides.macros : {};
  const { macros } = execution.runtime;
  const namespaces = new Map<string, Map<string, Value>>();
  const inNamespace = (namespace: string, name: string, value: Value) => {
    const members = namespaces.get(namespace) ?? new Map<string, Value>();
    members.set(name, value);
    namespaces.set(namespace, members);
  };
  for (const [key, plain] of Object.entries(overrides)) {
    const [first = "", second] = key.split(".");
    const answer = toValue(plain);
    const entry =
      second === undefined ? macros.lookup(first, execution.node.package_name) : macros.inNamespace(first, second);
    const value = entry ? new PyFunction(entry.node.name, () => answer) : answer;
    if (second === undefined) {
      scope.set(first, value);
      if (macros.inNamespace("dbt", first)) inNamespace("dbt", first, value);
    } else {
      inNamespace(first, second, value);
      if (first === "dbt") scope.set(second, value);
    }
  }
  for (const [name, members] of namespaces) {
    const original = scope.get(name);
    if (original instanceof PyObject) scope.set(name, new OverriddenNamespace(original, members));
  }
}

class OverriddenNamespace extends PyObject {
  readonly pyType = "MacroNamespace";
  override get pyModule(): string {
    return "dbt.context.macros";
  }
  readonly #original: PyObject;
  readonly #members: Map<string, Value>;
  constructor(original: PyObject, members: Map<string, Value>) {
    super();
    this.#original = original;
    this.#members = members;
  }
  override getAttr(name: string): Value | undefined {
    return this.#members.get(name) ?? this.#original.getAttr(name);
  }
  override getItem(key: Value): Value | undefined {
    return (typeof key === "string" ? this.#members.get(key) : undefined) ?? this.#original.getItem(key);
  }
}

function splitRows(table: Value): { actual: Row[]; expected: Row[]; columns: string[] } {
  const names = table instanceof AgateTable ? table.columnNames.map((n) => n.toLowerCase()) : [];
  const marker = names.indexOf("actual_or_expected");
  const columns = names.filter((_, i) => i !== marker);
  const actual: Row[] = [];
  const expected: Row[] = [];
  for (const values of table instanceof AgateTable ? table.allRows() : []) {
    const kind = values[marker] ?? null;
    (equals(kind, "actual") ? actual : expected).push(values.filter((_, i) => i !== marker));
  }
  return { actual, expected, columns };
}

/** An error inside another one: its kind, and its text indented. Source: dbt_common exceptions/base.py DbtRuntimeError.__str__. */
function asDbtPrints(error: unknown): string {
  if (!isLabsError(error)) return error instanceof Error ? error.message : String(error);
  return `${String(error.data?.dbtType ?? "Runtime Error")}\n${error.message.replace(/^/gm, "  ")}`;
}
