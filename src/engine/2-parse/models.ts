import type { GraphNode } from "../manifest/types.ts";
import type { ProjectFiles, SourceFile } from "../1-read/types.ts";
import { readText, seedChecksum } from "../1-read/index.ts";
import { newNode, renderNode, updateConfig } from "./node.ts";
import { addNode, collectErrors, contentsChecksum, type ParseState } from "./state.ts";
import { pythonModel } from "./python-model.ts";

/** `gold/orders.sql` → `orders`. */
export const stem = (path: string): string =>
  path
    .slice(path.lastIndexOf("/") + 1)
    .replace(/(?:\.(?:j2|jinja2|jinja))+$/, "")
    .replace(/\.[^.]+$/, "");

/** dbt strips the contents of SQL files when it reads them. */
export const contentsOf = (file: SourceFile): { code: string; offset: number } => {
  const code = file.contents.trim();
  return { code, offset: file.contents.length - file.contents.trimStart().length };
};

/** Fields that only models have, in dbt's order. */
export const modelFields = () => ({
  access: "protected" as const,
  constraints: [],
  version: null,
  latest_version: null,
  deprecation_date: null,
  primary_key: [],
  time_spine: null,
});

export function parseModels(state: ParseState, files: ProjectFiles): void {
  for (const file of files.models) {
    collectErrors(state, () => {
      const { code, offset } = contentsOf(file);
      const language = file.path.endsWith(".py") ? "python" : "sql";
      const node = newNode(state, {
        kind: "model",
        name: stem(file.path),
        project: files.project,
        file,
        rawCode: code,
        language,
      });
      Object.assign(node, modelFields());
      if (language === "python") {
        pythonModel(state, node, { file, offset });
        updateConfig(state, node, { project: files.project });
      } else {
        const scope = renderNode(state, node, { file, offset });
        updateConfig(state, node, { project: files.project, scope });
      }
      addNode(state, node);
    });
  }
}

export function parseAnalyses(state: ParseState, files: ProjectFiles): void {
  for (const file of files.analyses) {
    collectErrors(state, () => {
      const { code, offset } = contentsOf(file);
      // Historically an analysis lies below a folder of that name, whatever its own folder is called.
      const corrected = state.runtime.read.root.flags.require_corrected_analysis_fqns === true;
      const path = corrected ? file.relativePath : `analysis/${file.relativePath}`;
      const node = newNode(state, {
        kind: "analysis",
        name: stem(file.path),
        project: files.project,
        file,
        path,
        rawCode: code,
      });
      updateConfig(state, node, { project: files.project, scope: renderNode(state, node, { file, offset }) });
      addNode(state, node);
    });
  }
}

export function parseSingularTests(state: ParseState, files: ProjectFiles): void {
  for (const file of files.singularTests) {
    collectErrors(state, () => {
      const { code, offset } = contentsOf(file);
      const node = newNode(state, { kind: "test", name: stem(file.path), project: files.project, file, rawCode: code });
      updateConfig(state, node, { project: files.project, scope: renderNode(state, node, { file, offset }) });
      addNode(state, node);
    });
  }
}

export function parseSeeds(state: ParseState, files: ProjectFiles): void {
  for (const file of files.seeds) {
    collectErrors(state, () => {
      const node = newNode(state, { kind: "seed", name: stem(file.path), project: files.project, file, rawCode: "" });
      const seed = node as GraphNode & { root_path: string };
      seed.root_path = files.project.root;
      node.checksum = file.checksum ??= seedChecksum(
        files.project.root,
        file.path,
        Number(state.runtime.read.root.flags.maximum_seed_size_mib ?? 1),
      );
      updateConfig(state, node, { project: files.project });
      addNode(state, node);
    });
  }
}

/** on-run-start and on-run-end of a project, as operations. Source: dbt-core parser/hooks.py. */
export function parseHooks(state: ParseState, files: ProjectFiles): void {
  const { project } = files;
  for (const [kind, statements] of [
    ["on-run-start", project.onRunStart],
    ["on-run-end", project.onRunEnd],
  ] as const) {
    statements.forEach((sql, i) => {
      collectErrors(state, () => {
        const name = `${project.name}-${kind}-${i}`;
        const file: SourceFile = {
          path: "./dbt_project.yml",
          searchPath: ".",
          relativePath: `${name}.sql`,
          contents: sql,
        };
        const path = `hooks/${name}.sql`;
        const node = newNode(state, { kind: "operation", name, project, file, path, rawCode: sql });
        node.checksum = contentsChecksum(readText(project.file) ?? "");
        node.tags.push(kind);
        node.index = i;
        renderNode(state, node, { file });
        updateConfig(state, node, { project });
        node.relation_name = null;
        addNode(state, node);
      });
    });
  }
}
