import { randomUUID } from "node:crypto";
import { resolve } from "node:path";
import type { Database, DatabaseJournal } from "#duck/index.ts";
import { openTarget, type OpenTarget, type WriteGuard } from "../adapter/index.ts";
import { adapterShared } from "../context/adapter-object.ts";
import type { Execution } from "../context/execution.ts";
import { engineError } from "../errors.ts";
import type { EventSink, ShownTable } from "../events.ts";
import type { Flags } from "../flags.ts";
import { TargetFiles } from "../7-artifacts/target-files.ts";
import {
  loadPreviousState,
  projectPathExists,
  writeManifest,
  writeRunResults,
  writeSemanticManifest,
  writeSources,
  type FreshnessResult,
  type LoadedState,
} from "../7-artifacts/index.ts";
import { buildGraph, parseSelectors, selectNodes, type Graph } from "../4-select/index.ts";
import { linkMacroDependencies } from "../3-link/index.ts";
import type { ParsedProject } from "../2-parse/index.ts";
import { parseOrRestore, type Parsed } from "../parse-cache/index.ts";
import { readProject } from "../1-read/index.ts";
import type { ReadProject, Target } from "../1-read/types.ts";
import type { RunResult, SourceNode } from "../manifest/types.ts";
import { nodeOf } from "../6-execute/run-nodes.ts";

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

/** A project that was read before its command begins; see {@link readAhead}. */
export interface ReadAhead {
  /** Goes on with the command: what was to be told is told now, and what was wrong is thrown now. */
  take(options: CommandOptions): Invocation;
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
    for (const message of warnings) this.options.sink({ type: "message", ...message });
    return selected;
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

  /** How many nodes run at a time, of `--threads` or the profile. Errors: ENG-… for fewer than one. */
  get threads(): number {
    const threads = this.flags.threads ?? this.read.target.threads;
    if (threads < 1)
      throw engineError("runtime", {
        message: `The number of threads must be greater than 0, but it is ${threads}`,
        hint: "Leave out --threads, or give at least 1 there or under `threads` of the target in profiles.yml.",
      });
    return threads;
  }

  /** Tells on how many connections the nodes run. */
  announceThreads(total: number): void {
    const target = this.read.target.targetName;
    this.options.sink({ type: "concurrency", threads: this.threads, target, total });
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

  /** `tables`: what `seed --show` shows. */
  finish(results: RunResult[], tables: ShownTable[] = []): void {
    this.options.sink({
      type: "finished",
      results,
      seconds: (performance.now() - this.started) / 1000,
      command: this.flags.command,
      ...(tables.length > 0 ? { tables } : {}),
    });
  }
}
