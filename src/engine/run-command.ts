import { randomUUID } from "node:crypto";
import { join, resolve } from "node:path";
import type { Database, DatabaseJournal } from "#duck/index.ts";
import {
  AdapterSession,
  openTarget,
  renderTable,
  tableToJson,
  type AgateTable,
  type OpenTarget,
  type StatementReport,
  type WriteGuard,
} from "./adapter/index.ts";
import { compileNode, type EphemeralCompilations } from "./5-compile/index.ts";
import { openJournal, trackChanges } from "./changed/index.ts";
import { adapterShared } from "./context/adapter-object.ts";
import type { Execution, NodeChanges, NodeExecution } from "./context/execution.ts";
import { isNodeEphemeral } from "./context/node-paths.ts";
import { takingTurns } from "./current-folder.ts";
import { engineError } from "./errors.ts";
import type { EngineEvent, EventSink } from "./events.ts";
import type { Flags } from "./flags.ts";
import { TargetFiles } from "./7-artifacts/target-files.ts";
import {
  buildCatalog,
  copyAssets,
  loadPreviousState,
  noteLineage,
  projectPathExists,
  renderList,
  writeCatalog,
  writeColumnLineage,
  writeDocsSite,
  writeGraphSummary,
  writeManifest,
  writeRunResults,
  writeSemanticManifest,
  writeSources,
  type FreshnessResult,
  type LoadedState,
} from "./7-artifacts/index.ts";
import { addTestEdges, buildGraph, hasFreshness, parseSelectors, selectNodes, type Graph } from "./4-select/index.ts";
import type { ProjectLineage } from "./lineage/types.ts";
import { linkMacroDependencies } from "./3-link/index.ts";
import type { ParsedProject } from "./2-parse/index.ts";
import { parseOrRestore, type Parsed } from "./parse-cache/index.ts";
import { readProject } from "./1-read/index.ts";
import type { ReadProject, Target } from "./1-read/types.ts";
import type { GraphNode, PlainRecord, RunResult, SourceNode } from "./manifest/types.ts";
import { catalogRows } from "./6-execute/catalog-rows.ts";
import { runFreshness } from "./6-execute/freshness.ts";
import { cloneNode } from "./6-execute/clone.ts";
import { groupsOf } from "./6-execute/groups.ts";
import { runHooks } from "./6-execute/hooks.ts";
import { operationNode } from "./6-execute/operation-node.ts";
import { errorText, resultOf, Timing } from "./6-execute/outcome.ts";
import { prepareDatabase } from "./6-execute/prepare-database.ts";
import { sampleWindow } from "./context/sample-window.ts";
import { queryComment } from "./6-execute/query-comment.ts";
import { retryFlags } from "./6-execute/retry.ts";
import { nodeOf, runNodes, type RunNodesOptions } from "./6-execute/run-nodes.ts";
import { runOperation } from "./6-execute/run-operation.ts";
import { showNode } from "./6-execute/show.ts";
import { RunResultValue } from "./6-execute/run-result-value.ts";
import { warn } from "./context/runtime.ts";
import { raisingSink } from "./warn-errors.ts";
import { toValue } from "./context/data.ts";
import { isLabsError } from "#errors/index.ts";
import { jsonDumps, jsonLoads, PyDict, PyTuple } from "#jinja/index.ts";

/** What the caller provides besides flags. */
export interface CommandOptions {
  sink: EventSink;
  signal?: AbortSignal;
  /** Used instead of profiles.yml: the platform knows a lab's database. */
  target?: Target;
  /** Asked for every file that would be opened or attached for writing. */
  guard?: WriteGuard;
  /** The target's database when it is open already. */
  database?: Database;
  /** Its journal, opened before it; the caller seals it. */
  journal?: DatabaseJournal;
  env?: NodeJS.ProcessEnv;
  /** Default: a new one. */
  invocationId?: string;
  /** Where the command was given. */
  cwd?: string;
  /**
   * build, run, test: after the nodes, how old the data of every source is that declares its freshness, as
   * `source freshness` finds it; hooks do not run again, and an old source is no failure.
   */
  onFreshness?: (source: SourceNode, result: FreshnessResult) => void;
  /** The project, read by {@link readAhead} with the same flags and options. */
  ahead?: ReadAhead;
  /** Takes work that need not be done when the command is, but before the database is closed. Never rejects. */
  later?: (work: Promise<void>) => void;
}

export interface CommandResult {
  success: boolean;
  /** dbt's exit code: 1 when a node failed. Usage and project errors (2) are thrown instead. */
  exit: 0 | 1 | 2;
  results: RunResult[];
  /** Lines of `ls`. */
  lines?: string[];
  /** Unique ids that `ls` selected, in the order of its lines. */
  selected?: string[];
  /** Text of `show` and `compile --inline`. */
  text?: string;
  manifest?: ParsedProject["runtime"]["manifest"];
}

/** A command on its way: read, parsed and linked. */
export class Invocation {
  readonly flags: Flags;
  options: CommandOptions;
  readonly read: ReadProject;
  readonly parsed: ParsedProject;
  readonly targetFolder: string;
  readonly files: TargetFiles;
  started = performance.now();
  #graph: Graph | undefined;
  readonly #writeAsParsed: Parsed["writeManifest"];

  constructor(flags: Flags, options: CommandOptions) {
    this.flags = flags;
    this.options = options;
    const startedAt = new Date();
    const readOptions = {
      ...(options.target ? { target: options.target } : {}),
      ...(options.env ? { env: options.env } : {}),
      ...(options.cwd ? { cwd: options.cwd } : {}),
    };
    this.read = readProject(flags, readOptions);
    for (const { text, name, code } of this.read.warnings)
      options.sink({ type: "message", level: "warn", text, name, code });
    this.targetFolder = resolve(this.read.root.root, flags.targetPath ?? this.read.root.paths.target);
    this.files = new TargetFiles(this.read.root.root);
    const { project, counts, writeManifest } = parseOrRestore(
      {
        read: this.read,
        flags,
        emit: options.sink,
        env: options.env ?? process.env,
        invocationId: options.invocationId ?? randomUUID(),
        startedAt,
      },
      this.targetFolder,
    );
    this.parsed = project;
    this.#writeAsParsed = writeManifest;
    options.sink({ type: "parsed", counts, seconds: (performance.now() - this.started) / 1000 });
  }

  get runtime() {
    return this.parsed.runtime;
  }
  get manifest() {
    return this.parsed.runtime.manifest;
  }
  get graph(): Graph {
    return (this.#graph ??= buildGraph(this.manifest));
  }

  previousState(): LoadedState | undefined {
    const { state } = this.flags;
    if (state === undefined) return undefined;
    const loaded = loadPreviousState(state, { projectRoot: this.read.root.root, targetFolder: this.targetFolder });
    for (const m of loaded.messages)
      this.options.sink({
        type: "message",
        level: m.level === "warn" ? "warn" : "info",
        text: m.text,
        ...(m.name ? { name: m.name } : {}),
        ...(m.code ? { code: m.code } : {}),
      });
    return loaded;
  }

  /** The unique ids that the command works on, or another command with the same arguments. */
  select(
    previousState: LoadedState | undefined,
    other: Partial<Pick<Flags, "command" | "resourceTypes">> = {},
  ): Set<string> {
    const { manifest } = this;
    const flags = { ...this.flags, ...other };
    for (const id of flags.onlyIds ?? []) {
      if (nodeOf(manifest, id) !== undefined) continue;
      throw engineError("compilation", {
        message: `Couldn't find model '${id}' -- does it exist or is it disabled?`,
        hint: "Run the command again instead of retrying.",
      });
    }
    if (flags.onlyIds) return new Set(flags.onlyIds);
    const selectors = this.read.selectors ? parseSelectors(this.read.selectors, flags.indirectSelection) : undefined;
    if (previousState) linkMacroDependencies(this.runtime);
    const { selected, warnings } = selectNodes(manifest, this.graph, {
      select: flags.select,
      exclude: flags.exclude,
      ...(flags.selector === undefined ? {} : { selector: flags.selector }),
      indirectSelection: flags.indirectSelection,
      resourceTypes: flags.resourceTypes,
      excludeResourceTypes: flags.excludeResourceTypes,
      command: flags.command,
      compareUnrendered: this.read.root.flags.state_modified_compare_more_unrendered_values !== false,
      pathExists: projectPathExists(this.read.root.root),
      inline: flags.inline !== undefined,
      ...(previousState ? { previousState } : {}),
      ...(selectors ? { selectors } : {}),
    });
    for (const w of warnings)
      this.options.sink({
        type: "message",
        level: w.level === "warn" ? "warn" : "info",
        text: w.text,
        ...(w.name ? { name: w.name } : {}),
        ...(w.code ? { code: w.code } : {}),
      });
    return selected;
  }

  /** `--defer`: where unselected nodes live in the other environment. */
  defer(): void {
    const folder = this.flags.deferState ?? this.flags.state;
    // A clone is made of another environment, whether or not `--defer` is on.
    if (!this.flags.defer && this.flags.command !== "clone") return;
    if (folder === undefined)
      throw engineError("runtime", {
        message: "--state or --defer-state are required for deferral, but neither was provided",
        hint: "Name the folder of the other environment's manifest.json: --state prod-artifacts",
      });
    const other = loadPreviousState(folder, {
      projectRoot: this.read.root.root,
      targetFolder: this.targetFolder,
    }).manifest;
    if (!other)
      throw engineError("runtime", {
        message: `Could not find manifest in --state path: "${folder}"`,
        hint: "Point --state at a folder with a manifest.json.",
      });
    for (const node of Object.values(this.manifest.nodes)) {
      const twin = other.nodes[node.unique_id] as GraphNode | undefined;
      if (
        !twin ||
        !["model", "seed", "snapshot"].includes(node.resource_type) ||
        twin.config?.materialized === "ephemeral"
      )
        continue;
      node.defer_relation = {
        database: twin.database,
        schema: twin.schema,
        alias: twin.alias,
        relation_name: twin.relation_name,
        resource_type: twin.resource_type,
        name: twin.name,
        description: twin.description,
        compiled_code: twin.compiled_code ?? null,
        meta: twin.meta,
        tags: twin.tags,
        config: twin.config,
      };
    }
  }

  async open(): Promise<OpenTarget> {
    const { guard, database } = this.options;
    return openTarget(this.read.target, {
      projectDir: this.read.root.root,
      ...(guard ? { guard } : {}),
      ...(database ? { database } : {}),
    });
  }

  execution(selected: ReadonlySet<string>): Execution {
    const { runtime, lookup, templates } = this.parsed;
    return {
      runtime,
      lookup,
      templates,
      selected,
      adapter: adapterShared(runtime),
      writeFile: (path, text, keep) => this.files.write(path, text, keep),
    };
  }

  /** manifest.json and its companions. */
  writeManifest(): void {
    if (!this.flags.writeJson) return;
    // These commands leave the project as it was parsed.
    const asParsed = this.flags.command === "parse" || this.flags.command === "list";
    if (asParsed && this.#writeAsParsed?.()) return;
    linkMacroDependencies(this.runtime);
    writeManifest(this.targetFolder, this.manifest);
    writeSemanticManifest(this.targetFolder, this.manifest);
  }

  writeResults(results: RunResult[]): void {
    if (!this.flags.writeJson) return;
    writeRunResults(this.targetFolder, {
      metadata: this.manifest.metadata,
      results,
      elapsedTime: (performance.now() - this.started) / 1000,
      args: this.flags.invocationArgs,
    });
  }

  /** sources.json, or the file that was named in its place; and the manifest. */
  writeFreshness(file: string, results: FreshnessResult[]): void {
    if (!this.flags.writeJson) return;
    this.writeManifest();
    writeSources(resolve(this.read.root.root, file), {
      metadata: this.manifest.metadata,
      results,
      elapsedTime: (performance.now() - this.started) / 1000,
    });
  }

  finish(results: RunResult[]): void {
    this.options.sink({
      type: "finished",
      results,
      seconds: (performance.now() - this.started) / 1000,
      command: this.flags.command,
    });
  }
}

/** A project that was read before its command begins; see {@link readAhead}. */
export interface ReadAhead {
  /** Goes on with the command: what was to be told is told now, and what was wrong is thrown now. */
  take(options: CommandOptions): Invocation;
}

/**
 * Reads and parses a project for a command that follows soon, while something else keeps the caller waiting. Never throws:
 * the command does. Nothing of the project may be written until then.
 */
export function readAhead(flags: Flags, options: Omit<CommandOptions, "sink">): ReadAhead {
  const held: EngineEvent[] = [];
  let sink: EventSink = (event) => held.push(event);
  const own = { ...options, sink: raisingSink(flags, (event) => sink(event)) };
  const started = performance.now();
  let read: () => Invocation;
  try {
    const invocation = new Invocation(flags, own);
    read = () => invocation;
  } catch (error) {
    read = () => {
      throw error;
    };
  }
  const spent = performance.now() - started;
  return {
    take(given) {
      sink = given.sink;
      for (const event of held.splice(0)) sink(event);
      const invocation = read();
      invocation.options = { ...given, sink: own.sink };
      invocation.started = performance.now() - spent;
      return invocation;
    },
  };
}

const failedStatuses = new Set(["error", "fail", "runtime error", "partial success"]);

/** True when no result failed, hooks included. Whatever was skipped lies behind a failure. Source: dbt-core task/base.py interpret_results. */
export const succeeded = (results: readonly RunResult[]): boolean =>
  !results.some((r) => failedStatuses.has(r.status) || r.status === "skipped");

/**
 * Carries out one dbt command on a project.
 * Events go to the sink as they happen; artifacts go to the target folder.
 * Errors: everything that dbt would report under "Encountered an error" is thrown (ENG-…, READ-…, JIN-…, DBA-…).
 */
export async function runCommand(flags: Flags, options: CommandOptions): Promise<CommandResult> {
  if (flags.command === "retry") {
    const again = retryFlags(flags);
    // An operation that went well is not called once more.
    const done = again.command === "run-operation" && again.onlyIds?.length === 0;
    return done ? { success: true, exit: 0, results: [] } : runCommand(again, options);
  }
  return inProject(flags, options, async (invocation) => ({
    ...(await carryOut(invocation)),
    // A kept parse is read when somebody asks.
    get manifest() {
      return invocation.manifest;
    },
  }));
}

/** Reads, parses and links a project and does something with it in its folder. */
export async function inProject<T>(
  flags: Flags,
  options: CommandOptions,
  body: (invocation: Invocation) => Promise<T>,
): Promise<T> {
  // A process has one current folder, and relative paths in SQL mean the project's: commands take turns.
  return takingTurns(() => runInProject(flags, options, body));
}

async function runInProject<T>(
  flags: Flags,
  options: CommandOptions,
  body: (invocation: Invocation) => Promise<T>,
): Promise<T> {
  const invocation =
    options.ahead?.take(options) ?? new Invocation(flags, { ...options, sink: raisingSink(flags, options.sink) });
  const before = process.cwd();
  process.chdir(invocation.read.root.root);
  try {
    if (flags.sample !== undefined) sampleWindow(flags.sample, invocation.runtime.startedAt);
    // A comment that is wrong without a node, too, stops every command, as in dbt.
    await queryComment(invocation.runtime, undefined);
    return await body(invocation);
  } finally {
    await invocation.files.flush();
    process.chdir(before);
  }
}

async function carryOut(invocation: Invocation): Promise<CommandResult> {
  const { flags } = invocation;
  switch (flags.command) {
    case "parse":
      invocation.writeManifest();
      return { success: true, exit: 0, results: [] };
    case "list": {
      const selected = invocation.select(invocation.previousState());
      invocation.writeManifest();
      if (selected.size === 0)
        warn(invocation.runtime, "No nodes selected!", { name: "NoNodesSelected", code: "Q038" });
      const lines = renderList(invocation.manifest, selected, {
        output: flags.output === "text" ? "selector" : flags.output,
        outputKeys: flags.outputKeys,
      });
      return { success: true, exit: 0, results: [], lines, selected: [...selected].sort() };
    }
    case "run-operation":
      return withDatabase(invocation, new Set(), async (open, execution) => {
        invocation.writeManifest();
        const result = await (flags.inline === undefined
          ? runOperation(execution, open, flags)
          : runStatement(invocation, execution, open, flags.inline));
        invocation.writeResults([result]);
        return { success: result.status === "success", exit: result.status === "success" ? 0 : 1, results: [result] };
      });
    case "run":
    case "build":
    case "test":
    case "seed":
    case "snapshot":
    case "clone":
      return runSelected(invocation);
    case "compile":
    case "show":
      return compileOrShow(invocation);
    case "docs generate":
      return docs(invocation);
    case "source freshness":
      return freshness(invocation);
    default:
      throw engineError("unsupported", {
        message: `The engine does not carry out '${flags.command}'.`,
        hint: "Use the command line, which does it by itself.",
      });
  }
}

async function withDatabase<T>(
  invocation: Invocation,
  selected: ReadonlySet<string>,
  body: (open: OpenTarget, execution: Execution) => Promise<T>,
): Promise<T> {
  const open = await invocation.open();
  try {
    return await body(open, invocation.execution(selected));
  } finally {
    await open.close();
  }
}

function nodeOptions(
  invocation: Invocation,
  open: OpenTarget,
  selected: ReadonlySet<string>,
  ephemeral: EphemeralCompilations,
  graph: Graph,
  changes?: NodeChanges,
): RunNodesOptions {
  const { flags, read, options } = invocation;
  return {
    graph,
    selected,
    ephemeral,
    session: () =>
      open.session({
        onStatement: (report) => onStatement(invocation, report, changes),
        onReuse: (before, now) =>
          options.sink({
            type: "message",
            level: "debug",
            text: `Re-using an available connection from the pool (formerly ${before}, now ${now})`,
            name: "ConnectionReused",
            code: "E006",
            data: { orig_conn_name: before, conn_name: now },
          }),
      }),
    threads: flags.threads ?? read.target.threads,
    build: flags.command === "build",
    failFast: flags.failFast,
    signal: options.signal ?? new AbortController().signal,
  };
}

function onStatement({ options }: Invocation, { sql, connection }: StatementReport, changes?: NodeChanges): void {
  changes?.observe(sql, connection);
  options.sink({ type: "sql", sql, connection, uniqueId: connection });
}

const visible = (invocation: Invocation, selected: ReadonlySet<string>): number =>
  [...selected].filter((id) => {
    const node = invocation.manifest.nodes[id];
    return !(node && isNodeEphemeral(node));
  }).length;

/** run, build, test, seed, snapshot, clone: hooks around nodes. */
async function runSelected(invocation: Invocation): Promise<CommandResult> {
  const { flags, options } = invocation;
  const selected = invocation.select(invocation.previousState());
  invocation.defer();
  const graph = flags.command === "build" ? addTestEdges(invocation.graph, invocation.manifest) : invocation.graph;
  if (selected.size === 0) {
    warn(invocation.runtime, "Nothing to do. Try checking your model configs and model specification args", {
      name: "NothingToDo",
      code: "Q035",
    });
    invocation.writeManifest();
    invocation.writeResults([]);
    return { success: true, exit: 0, results: [] };
  }
  const journal = openJournal({
    ...options,
    flags,
    target: invocation.read.target,
    targetFolder: invocation.targetFolder,
  });
  const finished = await withDatabase(invocation, selected, async (open, shared) => {
    const changes = journal && trackChanges(shared, invocation.targetFolder, journal);
    const execution = changes ? { ...shared, changes } : shared;
    const ephemeral: EphemeralCompilations = new Map();
    const nodes = [...selected].sort().flatMap((id) => nodeOf(invocation.manifest, id) ?? []);
    options.sink({ type: "selected", nodes, groups: groupsOf(invocation.manifest, nodes) });
    options.sink({
      type: "concurrency",
      threads: flags.threads ?? invocation.read.target.threads,
      target: invocation.read.target.targetName,
      total: visible(invocation, selected),
    });
    const master = open.session({ onStatement: ({ sql, connection }) => changes?.observe(sql, connection) });
    const results: RunResult[] = [];
    const clone = flags.command === "clone";
    let prepared = false;
    try {
      const nodes = [...selected]
        .map((id) => invocation.manifest.nodes[id] ?? invocation.manifest.functions[id])
        .filter((n): n is GraphNode => n !== undefined);
      await prepareDatabase(execution, master, nodes);
      let ready = true;
      if (!clone) {
        const start = await runHooks(execution, master, "on-run-start", ephemeral);
        results.push(...start.results);
        ready = start.ok;
      }
      prepared = true;
      await master.release();
      if (ready)
        results.push(
          ...(await runNodes(execution, {
            ...nodeOptions(invocation, open, selected, ephemeral, graph, changes),
            ...(clone ? { independent: true, work: cloneNode } : {}),
          })),
        );
      else results.push(...skipAll(invocation, selected, graph));
      if (!clone && !options.signal?.aborted) {
        const end = await runHooks(execution, master, "on-run-end", ephemeral, endContext(invocation, results));
        results.push(...end.results);
      }
      if (options.onFreshness && !options.signal?.aborted) await alsoFreshness(invocation, open, shared, ephemeral);
      const noting = open.session();
      const noted = changes?.finish(noting).finally(() => noting.release());
      if (noted && options.later) options.later(noted.catch((error: unknown) => tellNotNoted(options, error)));
      else await noted;
    } finally {
      await master.release();
      await invocation.files.flush();
      invocation.writeManifest();
      // Where nothing could begin, the results of the run before stay: they are what a retry needs.
      if (prepared) invocation.writeResults(results);
      writeGraphSummary(invocation.targetFolder, invocation.manifest, invocation.graph);
    }
    invocation.finish(results);
    const success = succeeded(results) && !options.signal?.aborted;
    return { success, exit: success ? 0 : 1, results } as const;
  });
  if (journal !== options.journal) journal?.seal();
  return finished;
}

function tellNotNoted({ sink }: CommandOptions, error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error);
  sink({
    type: "message",
    level: "warn",
    text: `The next run builds everything, for this one was not noted: ${reason}`,
  });
}

function skipAll(invocation: Invocation, selected: ReadonlySet<string>, _graph: Graph): RunResult[] {
  const ids = [...selected].sort();
  return ids.map((id, i) => {
    const node = nodeOf(invocation.manifest, id) as GraphNode;
    const result = resultOf(node, { status: "skipped", threadId: "main" });
    invocation.options.sink({
      type: "node-skip",
      node,
      index: i + 1,
      total: ids.length,
      description: `${node.resource_type} ${node.name}`,
      cause: null,
      result,
    });
    return result;
  });
}

/** `results`, `schemas` and `database_schemas` of on-run-end. Source: dbt-core task/run.py after_run. */
function endContext(invocation: Invocation, results: RunResult[]) {
  const good = results.filter((r) => !["error", "fail", "skipped"].includes(r.status));
  const pairs = new Map<string, [string | null, string]>();
  for (const { unique_id } of good) {
    const node = invocation.manifest.nodes[unique_id];
    if (node && node.relation_name !== null) pairs.set(`${node.database}.${node.schema}`, [node.database, node.schema]);
  }
  const shown = results.filter((r) => r.thread_id !== "main" || r.status === "error");
  return {
    results: () => shown.map((r) => new RunResultValue(r, nodeOf(invocation.manifest, r.unique_id))),
    schemas: () => [...new Set([...pairs.values()].map(([, schema]) => schema))],
    database_schemas: () => [...pairs.values()].map((pair) => new PyTuple(pair.map((p) => toValue(p)))),
  };
}

async function compileOrShow(invocation: Invocation): Promise<CommandResult> {
  const { flags } = invocation;
  let inline: GraphNode | undefined;
  let selected: Set<string>;
  if (flags.inline !== undefined) {
    inline = await inlineNode(invocation, flags.inline);
    selected = new Set([inline.unique_id]);
  } else {
    selected = invocation.select(invocation.previousState());
    if (flags.command === "show" && flags.select.length === 0 && flags.selector === undefined) {
      throw engineError("runtime", {
        message: "Either --select or --inline must be passed to show",
        hint: "Name a model: --select my_model.",
      });
    }
  }
  invocation.defer();
  return withDatabase(invocation, selected, async (open, execution) => {
    const ephemeral: EphemeralCompilations = new Map();
    const base = nodeOptions(
      invocation,
      open,
      selected,
      ephemeral,
      inline ? buildGraph(invocation.manifest) : invocation.graph,
    );
    if (flags.introspect) {
      const master = open.session();
      await prepareCacheOnly(execution, master);
      await master.release();
    }
    const texts: string[] = [];
    const work = async (own: NodeExecution): Promise<RunResult> =>
      compileOnly(own, ephemeral, async (done) => {
        const shown = flags.command === "show" ? await showNode(done, flags) : undefined;
        if (asked(flags, done.node))
          texts.push(shown ? tableText(shown.table, flags, done.node) : compiledText(done.node, flags));
        return shown?.response;
      });
    const session = flags.introspect ? base.session : () => neverConnected();
    const keepEphemeral = flags.select.length > 0;
    const results = await runNodes(execution, { ...base, session, work, announce: false, keepEphemeral });
    await invocation.files.flush();
    // A query of the command line is no part of the project.
    if (inline) delete invocation.manifest.nodes[inline.unique_id];
    invocation.writeManifest();
    raiseFirst(results);
    invocation.writeResults(results);
    return { success: true, exit: 0, results, text: texts.join("\n") };
  });
}

/** Commands that only compile give up at an error, as dbt does. Source: dbt-core task/runnable.py raise_on_first_error. */
function raiseFirst(results: readonly RunResult[]): void {
  const failed = results.find((r) => r.status === "error");
  if (failed) throw engineError("runtime", { message: failed.message ?? "", data: { unique_id: failed.unique_id } });
}

/** `--no-introspect`: nothing may ask the database. */
function neverConnected(): AdapterSession {
  const connect = (): never => {
    throw engineError("runtime", {
      message: "connection never acquired for thread, have []: queries are switched off by --no-introspect",
      hint: "Leave out --no-introspect.",
    });
  };
  return new AdapterSession({ connect });
}

/** Whether a node is shown: tests that came along with a model are not. Source: dbt-core task/compile.py task_end_messages. */
function asked(flags: Flags, node: GraphNode): boolean {
  const [first] = flags.select;
  return flags.inline !== undefined || (first === undefined ? flags.selector !== undefined : first.includes(node.name));
}

function compiledText(node: GraphNode, flags: Flags): string {
  const code = node.compiled_code ?? "";
  if (flags.output === "json")
    return JSON.stringify(
      flags.inline === undefined ? { node: shownName(node), compiled: code } : { compiled: code },
      null,
      2,
    );
  if (flags.quiet) return code;
  return flags.inline === undefined
    ? `Compiled node '${shownName(node)}' is:\n${code}`
    : `Compiled inline node is:\n${code}`;
}

const shownName = (node: GraphNode): string =>
  node.version === null || node.version === undefined ? node.name : `${node.name}.v${node.version}`;

function tableText(table: AgateTable, flags: Flags, node: GraphNode): string {
  if (flags.output === "json") {
    // Through Python's JSON, which keeps the point of 3.0.
    const shown = new PyDict([
      ...(flags.inline === undefined ? ([["node", shownName(node)]] as const) : []),
      ["show", jsonLoads(tableToJson(table))],
    ]);
    return jsonDumps(shown, { indent: 2 });
  }
  const text = renderTable(table, { maxRows: Number.MAX_SAFE_INTEGER, maxColumns: Number.MAX_SAFE_INTEGER });
  if (flags.quiet) return text;
  return flags.inline === undefined
    ? `Previewing node '${shownName(node)}':\n${text}`
    : `Previewing inline node:\n${text}`;
}

async function prepareCacheOnly(execution: Execution, session: Parameters<typeof prepareDatabase>[1]): Promise<void> {
  await prepareDatabase(execution, session, []);
}

async function compileOnly(
  own: NodeExecution,
  ephemeral: EphemeralCompilations,
  then: (own: NodeExecution) => Promise<PlainRecord | undefined | void>,
): Promise<RunResult> {
  const timing = new Timing();
  const started = performance.now();
  const finish = (fields: Pick<Parameters<typeof resultOf>[1], "status" | "message" | "adapterResponse">): RunResult =>
    resultOf(own.node, {
      ...fields,
      threadId: own.threadId,
      timing: timing.entries,
      seconds: (performance.now() - started) / 1000,
    });
  try {
    const { injectEphemeralCtes: inject } = own.runtime.flags;
    await timing.measure("compile", async () => {
      if (own.node.resource_type !== "seed") await compileNode(own, { ephemeral, inject });
    });
    const adapterResponse = await timing.measure("execute", () => then(own));
    return finish({ status: "success", message: null, ...(adapterResponse && { adapterResponse }) });
  } catch (error) {
    return finish({ status: "error", message: errorText(error, own.node, own.node.compiled_path) });
  } finally {
    await own.session.release();
  }
}

/** `run-operation --sql`. */
async function runStatement(
  { flags, parsed, runtime }: Invocation,
  execution: Execution,
  open: OpenTarget,
  sql: string,
): Promise<RunResult> {
  if (flags.macro)
    throw engineError("runtime", {
      message: "Cannot specify both a macro name and --sql for run-operation",
      hint: "Leave one of the two out.",
    });
  if (Object.keys(flags.macroArgs).length > 0)
    throw engineError("runtime", {
      message: "--args cannot be used with --sql; pass arguments directly in the SQL",
      hint: "Leave --args out.",
    });
  const { parseInline } = await import("./2-parse/inline.ts");
  const { runInlineSql } = await import("./6-execute/run-inline-sql.ts");
  const node = operationNode(runtime, "inline_query", sql, "sql_operation");
  return runInlineSql(execution, open, node, (own) => parseInline(parsed, own));
}

/** SQL from the command line as a node of the root project that may refer to everything. */
async function inlineNode(invocation: Invocation, sql: string): Promise<GraphNode> {
  const node = operationNode(invocation.runtime, "inline_query", sql, "sql_operation");
  const { parseInline } = await import("./2-parse/inline.ts");
  try {
    parseInline(invocation.parsed, node);
  } catch (error) {
    if (!isLabsError(error)) throw error;
    invocation.options.sink({
      type: "message",
      level: "error",
      text: error.message,
      name: "ParseInlineNodeError",
      code: "I069",
    });
    throw engineError("runtime", {
      message: "Error parsing inline query",
      hint: error.hint ?? "Correct the query.",
      cause: error,
    });
  }
  invocation.manifest.nodes[node.unique_id] = node;
  return node;
}

async function docs(invocation: Invocation): Promise<CommandResult> {
  const { flags } = invocation;
  const state = invocation.previousState();
  const selected = invocation.select(state);
  // Sources are in the catalog though nothing compiles them. Without compiling dbt selects nothing: all is shown.
  const shown = flags.compileDocs
    ? new Set([...selected, ...invocation.select(state, { command: "list", resourceTypes: ["source"] })])
    : undefined;
  invocation.defer();
  return withDatabase(invocation, selected, async (open, execution) => {
    const ephemeral: EphemeralCompilations = new Map();
    let results: RunResult[] = [];
    if (flags.compileDocs) {
      const master = open.session();
      await prepareCacheOnly(execution, master);
      await master.release();
      const work = (own: NodeExecution) => compileOnly(own, ephemeral, async () => {});
      results = await runNodes(execution, {
        ...nodeOptions(invocation, open, selected, ephemeral, invocation.graph),
        work,
        announce: false,
      });
      await invocation.files.flush();
      raiseFirst(results);
    }
    const session = open.session();
    const { rows, errors } = flags.emptyCatalog ? { rows: [], errors: [] } : await catalogRows(execution, session);
    await session.release();
    const catalog = buildCatalog(rows, invocation.manifest, flags.emptyCatalog ? new Set() : shown);
    const lineage = flags.compileDocs ? await readLineage(invocation, open) : undefined;
    if (lineage) noteLineage(invocation.manifest, lineage);
    if (flags.compileDocs) invocation.writeManifest();
    if (lineage) writeColumnLineage(invocation.targetFolder, invocation.manifest.metadata, lineage);
    copyAssets(invocation.read.root.root, invocation.targetFolder, invocation.read.root.paths.asset);
    if (flags.compileDocs) invocation.writeResults(results);
    const path = writeCatalog(invocation.targetFolder, { metadata: invocation.manifest.metadata, catalog, errors });
    await writeDocsSite(invocation.targetFolder, invocation.manifest, catalog, { lineage });
    invocation.options.sink({
      type: "message",
      level: "info",
      text: `Catalog written to ${path}`,
      name: "CatalogWritten",
      code: "E042",
    });
    if (errors.length > 0) {
      invocation.options.sink({
        type: "message",
        level: "error",
        text: `dbt encountered ${errors.length} failure${errors.length === 1 ? "" : "s"} while writing the catalog`,
        name: "WriteCatalogFailure",
        code: "E041",
      });
    }
    return { success: errors.length === 0, exit: errors.length === 0 ? 0 : 1, results };
  });
}

/** Column-level lineage for the documentation; whatever goes wrong with it, there are still the catalog and the site. */
async function readLineage(invocation: Invocation, open: OpenTarget): Promise<ProjectLineage | undefined> {
  const { manifest, read } = invocation;
  const connection = await open.connect();
  try {
    const { lineageOf } = await import("./lineage/index.ts");
    return await lineageOf({ manifest, root: read.root.root, target: read.target }, connection);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    invocation.options.sink({ type: "message", level: "info", text: `Column lineage was left out: ${reason}` });
    return undefined;
  } finally {
    await connection.close();
  }
}

/** The freshness of the sources that declare it, behind the nodes of a run. One that cannot be found hides no other. */
async function alsoFreshness(
  invocation: Invocation,
  open: OpenTarget,
  execution: Execution,
  ephemeral: EphemeralCompilations,
): Promise<void> {
  const { onFreshness } = invocation.options;
  const selected = new Set(
    Object.values(invocation.manifest.sources).flatMap((source) =>
      source.config.enabled !== false && hasFreshness(source) ? [source.unique_id] : [],
    ),
  );
  if (!onFreshness || selected.size === 0) return;
  const collected: FreshnessResult[] = [];
  await runNodes(execution, {
    ...nodeOptions(invocation, open, selected, ephemeral, invocation.graph),
    announce: false,
    failFast: false,
    work: (own) =>
      runFreshness(own, (result) => {
        collected.push(result);
        const source = invocation.manifest.sources[result.unique_id];
        if (source) onFreshness(source, result);
      }),
  });
  invocation.writeFreshness(join(invocation.targetFolder, "sources.json"), collected);
}

async function freshness(invocation: Invocation): Promise<CommandResult> {
  const { flags } = invocation;
  const selected = invocation.select(invocation.previousState());
  const file = flags.outputPath ?? join(invocation.targetFolder, "sources.json");
  if (selected.size === 0) {
    warn(invocation.runtime, "Nothing to do. Try checking your model configs and model specification args", {
      name: "NothingToDo",
      code: "Q035",
    });
    invocation.writeFreshness(file, []);
    return { success: true, exit: 0, results: [] };
  }
  return withDatabase(invocation, selected, async (open, execution) => {
    const ephemeral: EphemeralCompilations = new Map();
    const collected: FreshnessResult[] = [];
    invocation.options.sink({
      type: "concurrency",
      threads: flags.threads ?? invocation.read.target.threads,
      target: invocation.read.target.targetName,
      total: selected.size,
    });
    const master = open.session();
    const results: RunResult[] = [];
    const hooks = invocation.read.root.flags.source_freshness_run_project_hooks !== false;
    const start = hooks ? await runHooks(execution, master, "on-run-start", ephemeral) : { ok: true };
    const work = (own: NodeExecution) => runFreshness(own, (r) => collected.push(r));
    results.push(
      ...(start.ok
        ? await runNodes(execution, { ...nodeOptions(invocation, open, selected, ephemeral, invocation.graph), work })
        : []),
    );
    const end = hooks
      ? await runHooks(execution, master, "on-run-end", ephemeral, endContext(invocation, results))
      : { ok: true };
    await master.release();
    invocation.writeFreshness(file, collected);
    invocation.finish(results);
    const success = succeeded(results) && start.ok && end.ok;
    return { success, exit: success ? 0 : 1, results };
  });
}
