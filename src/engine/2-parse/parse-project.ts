import { noResources } from "../manifest/blank.ts";
import { createHash } from "node:crypto";
import type { Template } from "#jinja/index.ts";
import { builtinPackages } from "../builtins/index.ts";
import { MacroTable } from "../context/macro-table.ts";
import type { ParseNotes } from "../context/parse-notes.ts";
import { dbtVersion, type Runtime } from "../context/runtime.ts";
import { customVariables, readFiles } from "../1-read/index.ts";
import type { Project, ProjectFiles, ReadProject, SourceFile } from "../1-read/types.ts";
import { manifestSelectors } from "../4-select/manifest-selectors.ts";
import type { EventSink } from "../events.ts";
import type { Flags } from "../flags.ts";
import { emptyDispatches, linkManifest, type NodeLookup } from "../3-link/index.ts";
import type { Manifest } from "../manifest/types.ts";
import { parseDocs } from "./docs.ts";
import { parseFunctions } from "./functions.ts";
import { addPackedMacros, parseMacroFiles } from "./macros.ts";
import { parseAnalyses, parseHooks, parseModels, parseSeeds, parseSingularTests } from "./models.ts";
import { refuseOsi } from "./osi.ts";
import { parseProperties, type PropertiesResult } from "./properties.ts";
import { parseSnapshots } from "./snapshots.ts";
import { buildSources } from "./sources.ts";
import { throwCollected, type ParseState } from "./state.ts";
import { registerFixtures } from "./unit-tests.ts";

export interface ParsedProject {
  runtime: Runtime;
  lookup: NodeLookup;
  /** Templates of nodes by unique id; compiling renders them again. */
  templates: Map<string, Template>;
}

function emptyManifest({ read, env, invocationId, startedAt }: ParseInput): Manifest {
  const quoting = { database: true, schema: true, identifier: true, column: null, ...read.root.quoting };
  return {
    metadata: {
      dbt_schema_version: "https://schemas.getdbt.com/dbt/manifest/v12.json",
      dbt_version: dbtVersion,
      generated_at: new Date().toISOString(),
      invocation_id: invocationId,
      invocation_started_at: startedAt.toISOString(),
      env: customVariables(env),
      project_name: read.root.name,
      project_id: createHash("md5").update(read.root.name).digest("hex"),
      user_id: null,
      send_anonymous_usage_stats: false,
      adapter_type: "duckdb",
      quoting,
      run_started_at: startedAt.toISOString(),
    },
    ...noResources(),
    selectors: read.selectors ? manifestSelectors(read.selectors.document.data) : {},
  };
}

export interface ParseInput {
  read: ReadProject;
  flags: Flags;
  emit: EventSink;
  env: NodeJS.ProcessEnv;
  invocationId: string;
  startedAt: Date;
}

/** The files of a project and of its packages, the project's first. */
export const filesOf = (read: ReadProject): ProjectFiles[] =>
  [read.root, ...read.packages].map((project) => readFiles(project));

/** A parse before its first file. */
export function beginParse(input: ParseInput, notes?: ParseNotes): ParseState {
  const { read } = input;
  return {
    runtime: {
      ...input,
      projects: new Map([read.root, ...read.packages].map((project) => [project.name, project])),
      target: read.target,
      macros: new MacroTable(read.root.name),
      manifest: emptyManifest(input),
      notes,
    },
    errors: [],
    templates: new Map(),
    captured: new Map(),
    calls: new Map(),
    unrenderedCalls: new Map(),
    sources: new Map(),
  };
}

/** The macros of the project and its packages, then the built-in ones. `lazy`: nothing is wrong with them, as is known. */
export function parseMacros(state: ParseState, files: ProjectFiles[], options: { lazy: boolean }): void {
  for (const { project, macros, genericTests } of files)
    parseMacroFiles(state, project.name, [...macros, ...genericTests], options);
  for (const builtin of builtinPackages()) {
    const sources = builtin.files.map(
      (f): SourceFile => ({
        path: f.path,
        searchPath: "macros",
        relativePath: f.path.replace(/^docs\//, ""),
        contents: f.contents,
      }),
    );
    if (builtin.macros) addPackedMacros(state.runtime, builtin.name, sources, builtin.macros);
    else
      parseMacroFiles(
        state,
        builtin.name,
        sources.filter((f) => f.path.endsWith(".sql")),
        { lazy: true },
      );
    parseDocs(state, {
      project: { name: builtin.name } as Project,
      docs: sources.filter((f) => f.path.endsWith(".md")),
    });
  }
}

/** What has a template of its own, in dbt's order. */
export function parseTemplates(state: ParseState, files: ProjectFiles): void {
  parseModels(state, files);
  parseSnapshots(state, files);
  parseAnalyses(state, files);
  parseSingularTests(state, files);
}

/**
 * Parses a project and its packages into a linked manifest.
 * Order as in dbt-core parser/manifest.py: all macros, then every project's files, then all properties, sources, links.
 * `notes` is told what the result depends on besides files and settings.
 * Errors: every problem that was found, as one error (ENG-007 when there are several).
 */
export function parseProject(input: ParseInput, files = filesOf(input.read), notes?: ParseNotes): ParsedProject {
  const { read } = input;
  const state = beginParse(input, notes);
  const { runtime } = state;
  parseMacros(state, files, { lazy: false });
  throwCollected(state.errors);
  state.errors.push(...emptyDispatches(runtime));
  throwCollected(state.errors);

  for (const projectFiles of files) {
    parseTemplates(state, projectFiles);
    parseSeeds(state, projectFiles);
    if (projectFiles.project === read.root) refuseOsi(state, projectFiles.osi);
    parseDocs(state, projectFiles);
    parseHooks(state, projectFiles);
    registerFixtures(state, projectFiles.project.name, projectFiles.fixtures);
    parseFunctions(state, projectFiles);
  }
  const result: PropertiesResult = { sources: [] };
  for (const projectFiles of files) parseProperties(state, projectFiles, result);
  buildSources(state, result.sources);
  // References to nodes that failed to parse would only repeat what is wrong already.
  throwCollected(state.errors);
  const lookup = linkManifest(state);
  throwCollected(state.errors);
  runtime.notes = undefined;
  return { runtime, lookup, templates: state.templates };
}
