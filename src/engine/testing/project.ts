import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { isLabsError, type LabsError } from "#errors/index.ts";
import { readProject, targetForDatabase } from "../1-read/index.ts";
import { parseProject } from "../2-parse/index.ts";
import type { Runtime } from "../context/runtime.ts";
import { defaultFlags } from "../default-flags.ts";
import type { Flags } from "../flags.ts";
import type { GraphNode, Manifest, OtherNode, SourceNode } from "../manifest/types.ts";

/** Files of a project by path. Without a dbt_project.yml it is called `shop`. */
export type Files = Record<string, string>;

const plainProject = "name: shop\nprofile: shop\n";

/** A project in a folder of its own that goes when the test ends. */
export function writeProject(files: Files): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "labs-engine-")));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [path, text] of Object.entries({ "dbt_project.yml": plainProject, ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

export interface Parsed {
  runtime: Runtime;
  manifest: Manifest;
  /** `Name: text` of every warning. */
  warnings: string[];
  node(id: string): GraphNode;
  source(id: string): SourceNode;
  other(
    section: "exposures" | "metrics" | "semantic_models" | "saved_queries" | "unit_tests" | "groups",
    id: string,
  ): OtherNode;
}

/** Reads, parses and links a project without a database. */
export function parse(files: Files, flags: Partial<Flags> = {}, env: NodeJS.ProcessEnv = {}): Parsed {
  const projectDir = writeProject(files);
  const all = defaultFlags("parse", projectDir, flags);
  const target = targetForDatabase({ database: "shop.duckdb", projectDir, profilesDirs: [], fallbackName: "dev", env });
  const read = readProject(all, { target, env });
  const warnings: string[] = [];
  const { runtime } = parseProject({
    read,
    flags: all,
    env,
    emit: (event) => {
      if (event.type === "message" && event.level === "warn") warnings.push(`${event.name}: ${event.text}`);
    },
    invocationId: "test",
    startedAt: new Date(),
  });
  const { manifest } = runtime;
  const found = <T>(value: T | undefined, id: string, all: object): T => {
    if (value === undefined) throw new Error(`${id} is none of ${Object.keys(all).join(", ")}`);
    return value;
  };
  return {
    runtime,
    manifest,
    warnings,
    node: (id) => found(manifest.nodes[id], id, manifest.nodes),
    source: (id) => found(manifest.sources[id], id, manifest.sources),
    other: (section, id) => found(manifest[section][id], id, manifest[section]),
  };
}

/** The error that parsing ends with. */
export function parseError(files: Files, flags: Partial<Flags> = {}): LabsError {
  try {
    parse(files, flags);
  } catch (error) {
    if (isLabsError(error)) return error;
    throw error;
  }
  throw new Error("The project was parsed without an error.");
}
