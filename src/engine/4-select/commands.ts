import { didYouMean } from "#errors/index.ts";
import { engineError } from "../errors.ts";
import type { Command } from "../flags.ts";
import type { Manifest, ResourceType } from "../manifest/types.ts";

/** What a command can select. */
export interface CommandScope {
  /** Taken when the user says nothing. */
  types: readonly ResourceType[];
  /** What `--resource-type all` means. */
  all: readonly ResourceType[];
  /** What may be taken at all; what the user asks for beyond that is dropped. */
  only?: readonly ResourceType[];
  /** Whether `--resource-type` and `--exclude-resource-type` count. */
  filters: boolean;
  /** Whether models without SQL count. */
  emptyNodes: boolean;
  /** Sources only with a freshness threshold. */
  freshness?: boolean;
}

const executable: ResourceType[] = [
  "model",
  "test",
  "snapshot",
  "analysis",
  "operation",
  "seed",
  "doc",
  "sql_operation",
  "function",
];
const refable: ResourceType[] = ["model", "seed", "snapshot"];
const tests: ResourceType[] = ["test", "unit_test"];
const built: ResourceType[] = ["model", "snapshot", "seed", "test", "unit_test", "saved_query", "exposure", "function"];
const listed: ResourceType[] = [
  "model",
  "snapshot",
  "seed",
  "test",
  "source",
  "exposure",
  "metric",
  "saved_query",
  "semantic_model",
  "unit_test",
  "function",
];
const everything: ResourceType[] = [...listed, "analysis", "operation", "sql_operation", "doc", "macro", "group"];

const fixed = (...types: ResourceType[]): CommandScope => ({ types, all: types, filters: false, emptyNodes: false });

/** What a command takes; without a command, every resource. `inline` is compile or show of SQL from the command line. */
export function commandScope(command?: Command, inline = false): CommandScope {
  switch (command) {
    case "run":
      return fixed("model");
    case "seed":
      return fixed("seed");
    case "snapshot":
      return fixed("snapshot");
    case "test":
      return { types: tests, all: tests, only: tests, filters: true, emptyNodes: false };
    case "build":
      return { types: built, all: built, filters: true, emptyNodes: false };
    case "clone":
      return { types: refable, all: refable, only: refable, filters: true, emptyNodes: false };
    case "compile":
    case "show":
      return inline ? fixed("sql_operation") : fixed(...executable);
    case "docs generate":
      return { ...fixed(...executable), emptyNodes: true };
    case "source freshness":
      return { ...fixed("source"), freshness: true };
    case "list":
      return { types: listed, all: [...listed, "analysis"], filters: true, emptyNodes: true };
    default:
      return { types: everything, all: everything, filters: true, emptyNodes: true };
  }
}

/** The resource types that remain after `--resource-type` and `--exclude-resource-type`. */
export function resourceTypesFrom(
  scope: CommandScope,
  include: readonly string[],
  exclude: readonly string[],
): Set<ResourceType> {
  if (!scope.filters) return new Set(scope.types);
  const wanted = new Set<ResourceType>();
  if (include.length === 0) for (const type of scope.types) wanted.add(type);
  for (const name of include) {
    if (name === "all") for (const type of scope.all) wanted.add(type);
    else if (name === "default") for (const type of scope.types) wanted.add(type);
    else wanted.add(resourceType(name));
  }
  for (const name of exclude) wanted.delete(resourceType(name));
  if (scope.only) for (const type of wanted) if (!scope.only.includes(type)) wanted.delete(type);
  return wanted;
}

function resourceType(name: string): ResourceType {
  if ((everything as string[]).includes(name)) return name as ResourceType;
  const near = didYouMean(name, everything);
  throw engineError("runtime", {
    message: `'${name}' is not a resource type`,
    hint: near ? `Did you mean "${near}"?` : `Use one of: ${everything.join(", ")}, all, default.`,
  });
}

/**
 * `build` runs the selected unit tests of a model right before it, not as nodes of the queue: the nodes to queue, and
 * the unit tests by model.
 */
export function splitUnitTests(
  manifest: Manifest,
  selected: Iterable<string>,
): { queued: Set<string>; unitTests: Map<string, string[]> } {
  const queued = new Set<string>();
  const unitTests = new Map<string, string[]>();
  for (const id of selected) {
    const test = manifest.unit_tests[id];
    const model = test?.depends_on.nodes[0];
    if (!test || model === undefined) {
      queued.add(id);
      continue;
    }
    const known = unitTests.get(model);
    if (known) known.push(id);
    else unitTests.set(model, [id]);
  }
  for (const ids of unitTests.values()) ids.sort();
  return { queued, unitTests };
}
