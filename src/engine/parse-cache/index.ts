/**
 * A parse that is kept in the target folder for as long as nothing changes that it depends on: dbt's partial parsing, for
 * the whole project or not at all. Files are compared by their text, not by their times.
 */
import { hash, randomBytes } from "node:crypto";
import type { Template } from "#jinja/index.ts";
import { semanticManifest, toJson } from "../7-artifacts/index.ts";
import { manifestHead, manifestTail, type Section } from "../7-artifacts/manifest.ts";
import { ParseCacheFiles, programId } from "../7-artifacts/parse-cache-files.ts";
import { ParseNotes, type VolatileNode } from "../context/parse-notes.ts";
import type { Runtime } from "../context/runtime.ts";
import type { EngineEvent, EventSink } from "../events.ts";
import { fillMaps, linkMacroDependencies, NodeLookup } from "../3-link/index.ts";
import { exactJson, fromExactJson } from "../manifest/exact.ts";
import type { Manifest, PlainRecord } from "../manifest/types.ts";
import {
  beginParse,
  filesOf,
  parseHooks,
  parseMacros,
  parseProject,
  parseTemplates,
  type ParsedProject,
  type ParseInput,
} from "../2-parse/index.ts";
import type { ProjectFiles, SourceFile } from "../1-read/types.ts";
import { countsOf, type Counts } from "./counts.ts";
import { ExtrasWriter, restoreSections, type Extras } from "./extras.ts";
import { parseKey } from "./key.ts";

/** A parsed project, fresh or kept. */
export interface Parsed {
  project: ParsedProject;
  counts: Counts;
  /** Writes manifest.json and semantic_manifest.json as a parse leaves them, from what is kept; undefined when nothing is, false when it is gone. */
  writeManifest?: () => boolean;
}

/** `state.json`. */
interface State {
  key: string;
  id: string;
  /** sha256 of what environment variables were, null for those that were not set. */
  env: Record<string, string | null>;
  /** What was captured from nodes whose templates ask for the time and the like: they are rendered again. */
  volatile: Record<string, VolatileNode>;
  /** What the parse had to say. */
  events: string;
  counts: Counts;
  /** semantic_manifest.json. */
  semantic: string;
  manifest: { bytes: number; head: number; mtimeMs: number };
}

/**
 * Parses a project, or takes what an earlier parse of the same files left in the target folder. `--no-partial-parse` and
 * `--no-write-json` switch that off. Where the program runs from its sources, which change under it, it is done only with
 * `LABS_PARTIAL_PARSE=sources`.
 * Errors: those of parsing.
 */
export function parseOrRestore(input: ParseInput, targetFolder: string): Parsed {
  const { read, flags, env } = input;
  const files = filesOf(read);
  const program = programId() ?? (env.LABS_PARTIAL_PARSE === "sources" ? "sources" : undefined);
  const wanted = flags.partialParse !== false && flags.writeJson;
  const key = wanted && program !== undefined ? parseKey(read, files, flags, program) : undefined;
  if (key === undefined) {
    const project = parseProject(input, files);
    return { project, counts: countsOf(project.runtime.manifest) };
  }
  const store = new ParseCacheFiles(targetFolder);
  const state = stateOf(store.state());
  const restored = state?.key === key ? restore(input, files, store, state) : undefined;
  return restored ?? parseAndKeep(input, files, store, key);
}

function parseAndKeep(input: ParseInput, files: ProjectFiles[], store: ParseCacheFiles, key: string): Parsed {
  const notes = new ParseNotes();
  const said: { event: EngineEvent; rendering: string | undefined }[] = [];
  const emit: EventSink = (event) => {
    said.push({ event, rendering: notes.rendering });
    input.emit(event);
  };
  const project = parseProject({ ...input, emit }, files, notes);
  project.runtime.emit = input.emit;
  const { manifest } = project.runtime;
  const parsed: Parsed = { project, counts: countsOf(manifest) };
  const events = exactJson(
    said.filter(({ rendering }) => rendering === undefined || !notes.volatile.has(rendering)).map(({ event }) => event),
  );
  const dated = Object.values(manifest.nodes).some((node) => node.deprecation_date);
  if (notes.unkept || dated || events === undefined) return parsed;
  linkMacroDependencies(project.runtime);
  const writer = new ExtrasWriter();
  const head = manifestHead(manifest.metadata);
  const text = head + manifestTail(manifest, writer.note);
  const semantic = semanticText(manifest);
  if (!writer.complete || semantic === undefined) return parsed;
  const id = randomBytes(6).toString("hex");
  const state: State = {
    key,
    id,
    env: Object.fromEntries([...notes.env].map(([name, value]) => [name, digest(value)])),
    volatile: Object.fromEntries(notes.volatile),
    events,
    counts: parsed.counts,
    semantic,
    manifest: { bytes: Buffer.byteLength(text), head: Buffer.byteLength(head), mtimeMs: 0 },
  };
  try {
    store.write(id, {
      manifest: text,
      extras: writer.text(),
      state: (mtimeMs) => JSON.stringify({ ...state, manifest: { ...state.manifest, mtimeMs } }),
    });
  } catch {
    // The command does not need it: a full disk or a folder that may not be written shows where it matters.
    return parsed;
  }
  return { ...parsed, writeManifest: () => store.linkManifest(id, semantic) };
}

const digest = (value: string | null | undefined): string | null =>
  value === null || value === undefined ? null : hash("sha256", value);

/** Undefined when there is something wrong with it, which whoever writes it will hear. */
function semanticText(manifest: Manifest): string | undefined {
  try {
    return toJson(semanticManifest(manifest));
  } catch {
    return undefined;
  }
}

function copy(store: ParseCacheFiles, { id, manifest, semantic }: State, metadata: Manifest["metadata"]): boolean {
  return store.copyManifest(id, manifest.head, manifestHead(metadata), semantic);
}

function stateOf(text: string | undefined): State | undefined {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as State;
  } catch {
    return undefined;
  }
}

/** Undefined when what was kept does not hold any more, or is damaged. */
function restore(input: ParseInput, files: ProjectFiles[], store: ParseCacheFiles, state: State): Parsed | undefined {
  const { env } = input;
  if (Object.entries(state.env).some(([name, value]) => digest(env[name]) !== value)) return undefined;
  if (!store.hasManifest(state.id, state.manifest.bytes, state.manifest.mtimeMs)) return undefined;
  const lines = renderAgain(input, files, state);
  if (!lines) return undefined;
  const { project, metadata } = lazily(input, files, store, state);
  for (const event of fromExactJson(state.events) as EngineEvent[]) input.emit(event);
  for (const event of lines) input.emit(event);
  return {
    project,
    counts: state.counts,
    writeManifest: () => copy(store, state, metadata),
  };
}

/** Renders what depends on the invocation, and gives what it says; undefined when something else was captured. */
function renderAgain(input: ParseInput, files: ProjectFiles[], state: State): EngineEvent[] | undefined {
  const wanted = Object.entries(state.volatile);
  if (wanted.length === 0) return [];
  const paths = new Set(wanted.map(([, node]) => `${node.package}/${node.path}`));
  const hooks = wanted.some(([id]) => id.startsWith("operation."));
  const notes = new ParseNotes();
  const said: EngineEvent[] = [];
  const emit: EventSink = (event) => {
    if (notes.rendering !== undefined) said.push(event);
  };
  const scratch = beginParse({ ...input, emit }, notes);
  try {
    parseMacros(scratch, files, { lazy: true });
    for (const own of files) {
      const only = (list: SourceFile[]) => list.filter(({ path }) => paths.has(`${own.project.name}/${path}`));
      const { models, snapshots, analyses, singularTests } = own;
      parseTemplates(scratch, {
        ...own,
        models: only(models),
        snapshots: only(snapshots),
        analyses: only(analyses),
        singularTests: only(singularTests),
      });
      if (hooks) parseHooks(scratch, own);
    }
  } catch {
    return undefined;
  }
  if (scratch.errors.length > 0 || notes.volatile.size !== wanted.length) return undefined;
  return wanted.every(([id, { captured }]) => notes.volatile.get(id)?.captured === captured) ? said : undefined;
}

/** The project, of which nothing is read before somebody asks for it. */
function lazily(
  input: ParseInput,
  files: ProjectFiles[],
  store: ParseCacheFiles,
  state: State,
): { project: ParsedProject; metadata: Manifest["metadata"] } {
  const begun = beginParse(input);
  const { metadata } = begun.runtime.manifest;
  let full: ParsedProject | undefined;
  const project = (): ParsedProject => (full ??= load());
  const load = (): ParsedProject => {
    try {
      const lookup = fill(begun.runtime, store, state, () => parseMacros(begun, files, { lazy: true }));
      return { runtime: begun.runtime, lookup, templates: begun.templates };
    } catch {
      // Damaged on the way: whoever asks gets the truth, and has been told already what there was to tell.
      return parseProject({ ...input, emit: () => {} }, files);
    }
  };
  const { macros: _macros, manifest: _manifest, ...rest } = begun.runtime;
  const runtime = Object.assign(
    {
      get macros() {
        return project().runtime.macros;
      },
      get manifest() {
        return project().runtime.manifest;
      },
    },
    rest,
  );
  return {
    metadata,
    project: {
      runtime,
      get lookup() {
        return project().lookup;
      },
      templates: new Map<string, Template>(),
    },
  };
}

function fill(runtime: Runtime, store: ParseCacheFiles, state: State, parseOwnMacros: () => void): NodeLookup {
  type Texts = Record<Section, Record<string, PlainRecord>>;
  const texts = JSON.parse(store.manifest(state.id)) as Texts;
  const extras = JSON.parse(store.extras(state.id) ?? "") as Extras;
  const { manifest } = runtime;
  parseOwnMacros();
  const { macros, docs, selectors: _selectors, ...rest } = restoreSections(texts, extras);
  Object.assign(manifest.docs, docs);
  for (const [id, kept] of Object.entries(macros)) {
    const { supported_languages: _languages, ...fields } = kept;
    Object.assign(manifest.macros[id] as object, fields);
  }
  Object.assign(manifest, rest);
  fillMaps(manifest);
  const packageFirst = runtime.read.root.flags.require_ref_searches_node_package_before_root === true;
  return new NodeLookup(manifest, { packageFirst });
}
