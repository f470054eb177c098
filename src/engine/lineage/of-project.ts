import type { Connection } from "#duck/index.ts";
import { str } from "#jinja/index.ts";
import { readSeedText } from "../1-read/index.ts";
import type { Target } from "../1-read/types.ts";
import { readSeedTable } from "../adapter/index.ts";
import { relationFromNode } from "../context/relations.ts";
import type { GraphNode, Manifest, SourceNode } from "../manifest/types.ts";
import { projectLineage } from "./project-lineage.ts";
import type { ProjectLineage } from "./types.ts";

export interface ManifestLineageOptions {
  /** To the project's database; nothing is written. */
  connection: Connection;
  /** What a name without a database means. */
  database: string;
  /** The project's folder: seeds lie there. */
  root: string;
  /** SQL of a node that the manifest has none of; null where nobody has it. */
  compiled: (node: GraphNode) => string | null;
}

/**
 * The lineage of a project that was compiled: seeds are known by their files, sources by the database, by the file that
 * `external_location` names, or by what their properties declare.
 */
export function lineageOf(
  compiled: { manifest: Manifest; root: string; target: Target; failures?: ReadonlyMap<string, string> },
  connection: Connection,
): Promise<ProjectLineage> {
  const { manifest, root, target, failures } = compiled;
  return projectLineage({
    manifest,
    connection,
    database: target.database,
    ...(failures && { failures }),
    seedColumns: (seed) => seedColumns(seed, root),
    externalSql,
  });
}

/** The header of a seed's file; undefined when there is none to read. */
function seedColumns(seed: GraphNode, root: string): readonly string[] | undefined {
  try {
    const text = readSeedText(seed.root_path ?? root, seed.original_file_path);
    return readSeedTable(firstRecord(text), { delimiter: String(seed.config.delimiter ?? ",") }).columnNames;
  } catch {
    return undefined;
  }
}

/** Up to the first line break that is not inside quotes. */
function firstRecord(text: string): string {
  const match = /^(?:[^"\r\n]|"[^"]*")*/.exec(text);
  return match?.[0] ?? text;
}

/** SQL of a source that is a file: what `source()` renders to. */
function externalSql(source: SourceNode): string | null {
  try {
    const relation = relationFromNode(source, {});
    return relation.external === null ? null : str(relation);
  } catch {
    return null;
  }
}

/** See `manifestLineage` of open-project.ts. */
export function lineageOfManifest(text: string, options: ManifestLineageOptions): Promise<ProjectLineage> {
  const manifest = JSON.parse(text) as Manifest;
  for (const node of Object.values(manifest.nodes)) {
    // In the file, seeds have no nodes that they depend on.
    node.depends_on = { ...node.depends_on, nodes: node.depends_on?.nodes ?? [] };
    if (node.language !== "sql" || typeof node.compiled_code === "string") continue;
    const code = options.compiled(node);
    if (code !== null) node.compiled_code = code;
  }
  return projectLineage({
    manifest,
    connection: options.connection,
    database: options.database,
    seedColumns: (seed) => seedColumns(seed, options.root),
    externalSql,
  });
}
