import { resolve } from "node:path";
import type { Database, DatabaseJournal } from "#duck/index.ts";
import type { ErrorJson } from "#errors/index.ts";
import {
  defaultFlags,
  problemOf,
  reasonOf,
  reusedResult,
  runCommand,
  targetForDatabase,
  type AnyNode,
  type Command,
  type CommandOptions,
  type EngineEvent,
  type Flags,
  type GraphNode,
  type ReadAhead,
  type RunResult,
  type Target,
} from "#engine/index.ts";
import { labTarget, requireOwnProfile, type Lab, type Workspace } from "#registry/index.ts";
import type { FreshnessOutcome, TestOutcome } from "#quality/index.ts";
import { checkExpectations } from "./expectations.ts";
import { BrokenNodes } from "./behind.ts";
import { sourceFreshness } from "./source-freshness.ts";
import { type ReadSnapshot, readSnapshots, withSnapshots } from "./reads.ts";
import type { LabEvent, NodeOutcome, RunLabOptions } from "./types.ts";

export interface TransformResult {
  success: boolean;
  nodes: NodeOutcome[];
  tests: TestOutcome[];
  /** Of the sources that declare it. */
  freshness: FreshnessOutcome[];
}

/** What the engine needs for a lab: its flags and its own database. */
export interface EngineSettings {
  flags: Flags;
  target: Target;
  guard: (path: string) => void;
  /** Versions of other labs that are attached. */
  reads: ReadSnapshot[];
  /** The project, when it was read already. */
  ahead?: ReadAhead;
}

/** Reads the lab's project and profile for the engine, and refuses what would write to another lab's database. Touches nothing. */
export function engineSettings(
  workspace: Workspace,
  lab: Lab,
  command: Command,
  options: RunLabOptions,
): EngineSettings {
  const { projectDir, profilesDirs, database, guard } = labTarget(workspace, lab);
  const flags = defaultFlags(command, projectDir, {
    select: options.select ?? [],
    exclude: options.exclude ?? [],
    fullRefresh: options.fullRefresh ?? false,
    failFast: options.failFast ?? false,
    changed: options.changed ?? true,
    vars: options.vars ?? {},
    ...(options.threads === undefined ? {} : { threads: options.threads }),
    ...(options.target === undefined ? {} : { target: options.target }),
  });
  const target = targetForDatabase({
    projectDir,
    database,
    profilesDirs,
    fallbackName: lab.name,
    vars: flags.vars,
    ...(options.threads === undefined ? {} : { threads: options.threads }),
    ...(options.target === undefined ? {} : { target: options.target }),
  });
  // A profile is never followed to another database, but one that names another lab's is a mistake to be told.
  requireOwnProfile(workspace, lab, target.targetName);
  const reads = readSnapshots(workspace, lab);
  return { flags, target: withSnapshots(target, reads), guard: (path) => guard(path, { write: true }), reads };
}

/** Builds the lab's dbt project on the open database: run and test in graph order, then what lab.yml expects of the tables. */
export async function transform(
  lab: Lab,
  { flags, target, guard, ahead }: EngineSettings,
  { database, journal, later }: { database: Database; journal?: DatabaseJournal } & Pick<CommandOptions, "later">,
  options: Pick<RunLabOptions, "signal">,
  emit: (event: LabEvent) => void,
): Promise<TransformResult> {
  const nodes: NodeOutcome[] = [];
  const tests: TestOutcome[] = [];
  const freshness: FreshnessOutcome[] = [];
  const byId = new Map<string, AnyNode>();
  const brokenNodes = new BrokenNodes();
  const sink = (event: EngineEvent): void => {
    switch (event.type) {
      case "selected":
        for (const node of event.nodes) byId.set(node.unique_id, node);
        emit({
          type: "selected",
          lab: lab.name,
          nodes: event.nodes.map((n) => ({
            uniqueId: n.unique_id,
            name: n.name,
            resourceType: n.resource_type,
            attachedTo: attachedTo(n, byId),
            relation: relationOf(n),
          })),
        });
        break;
      case "node-start":
        byId.set(event.node.unique_id, event.node);
        emit({ type: "node-start", lab: lab.name, uniqueId: event.node.unique_id, description: event.description });
        break;
      case "node-finish":
      case "node-skip": {
        byId.set(event.node.unique_id, event.node);
        const problem = problemOf(event.result);
        const outcome = nodeOutcome(event.node, event.result, byId, flags.projectDir);
        if (problem) outcome.error = placed(problem, flags.projectDir, outcome);
        brokenNodes.note(event.node, outcome);
        nodes.push(outcome);
        if (event.node.resource_type === "test") tests.push(testOutcome(event.node as GraphNode, outcome));
        emit({ type: "node-finish", lab: lab.name, node: outcome });
        break;
      }
      case "hook-finish":
        if (!event.ok)
          emit({ type: "message", lab: lab.name, level: "error", text: event.message ?? `${event.name} failed` });
        break;
      case "message":
        if (event.level !== "debug") emit({ type: "message", lab: lab.name, level: event.level, text: event.text });
        break;
      default:
        break;
    }
  };
  const result = await runCommand(flags, {
    sink,
    target,
    guard,
    database,
    ...(flags.command === "build" && {
      onFreshness: (source, found) => freshness.push(sourceFreshness(source, found)),
    }),
    ...(journal ? { journal } : {}),
    ...(ahead ? { ahead } : {}),
    ...(later ? { later } : {}),
    ...(options.signal ? { signal: options.signal } : {}),
  });
  if (options.signal?.aborted) return { success: result.success, nodes, tests, freshness };
  const partial = flags.select.length + flags.exclude.length > 0;
  const expected = await checkExpectations(lab, database, { built: nodes, partial, signal: options.signal }, emit);
  return {
    success: result.success && expected.success,
    nodes: [...nodes, ...expected.nodes],
    tests: [...tests, ...expected.tests],
    freshness,
  };
}

/** What to do about what is not the SQL's fault. */
function resourceHint(message: string): string | undefined {
  if (/No space left|Could not write|File too large|max_temp_directory_size/i.test(message))
    return "Make room on the disk and run again; what was finished is kept.";
  if (/attached in read-only mode/i.test(message))
    return "What another lab published can be read only: let the model write to its own database, without `database`.";
  if (/^Out of Memory/i.test(message))
    return "Run with fewer --threads, or raise memory_limit in the profile's settings.";
  return undefined;
}

/** The error with a whole path, and always with what to do. */
export function placed(
  error: ErrorJson,
  projectDir: string,
  node?: Pick<NodeOutcome, "resourceType" | "file">,
): ErrorJson {
  const file = error.place?.file ?? node?.file;
  const compiled = error.data?.["compiled"];
  const hint =
    error.hint ??
    resourceHint(error.message) ??
    (typeof compiled === "string"
      ? `Correct the ${node?.resourceType ?? "SQL"}; its compiled SQL is in ${resolve(projectDir, compiled)}.`
      : "Correct the file at this place.");
  return {
    ...error,
    hint,
    ...(file === undefined ? {} : { place: { ...error.place, file: resolve(projectDir, file) } }),
  };
}

const relationOf = (node: AnyNode): string | null => {
  const { schema, alias } = node as GraphNode;
  return typeof schema === "string" && typeof alias === "string" ? `${schema}.${alias}` : null;
};

/** The model that a test is about: the one it is attached to, or the last it refers to. */
function attachedTo(node: AnyNode, byId: Map<string, AnyNode>): string | null {
  if (node.resource_type !== "test" && node.resource_type !== "unit_test") return null;
  const { attached_node: attached, depends_on: depends } = node as GraphNode;
  const candidates = depends?.nodes ?? [];
  return attached ?? candidates.findLast((id) => byId.has(id)) ?? candidates[candidates.length - 1] ?? null;
}

function nodeOutcome(node: AnyNode, result: RunResult, byId: Map<string, AnyNode>, projectDir: string): NodeOutcome {
  const { compiled_path: compiled } = node as Partial<GraphNode>;
  const owner = attachedTo(node, byId);
  const ownerNode = owner === null ? undefined : byId.get(owner);
  return {
    uniqueId: node.unique_id,
    name: node.name,
    resourceType: node.resource_type,
    materialized: (node.config?.materialized as string | undefined) ?? null,
    status: result.status,
    unchanged: reusedResult(result),
    reason: reasonOf(result) ?? null,
    seconds: result.execution_time,
    failures: result.failures,
    message: result.message,
    relation: owner === null ? relationOf(node) : ownerNode ? relationOf(ownerNode) : null,
    attachedTo: owner,
    file: node.original_file_path,
    compiledFile: compiled ? resolve(projectDir, compiled) : null,
  };
}

function testOutcome(node: GraphNode, outcome: NodeOutcome): TestOutcome {
  const status =
    outcome.status === "pass" || outcome.status === "warn" || outcome.status === "fail" || outcome.status === "skipped"
      ? outcome.status
      : "error";
  return {
    uniqueId: node.unique_id,
    name: node.name,
    table: node.attached_node ? outcome.relation : node.test_metadata ? outcome.relation : null,
    column: node.column_name ?? null,
    kind: node.test_metadata?.name ?? null,
    severity: String(node.config.severity ?? "error").toLowerCase() === "warn" ? "warn" : "error",
    status,
    failures: outcome.failures,
    query: node.compiled_code,
  };
}
