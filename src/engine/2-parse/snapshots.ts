import { extractBlocks } from "#jinja/index.ts";
import { isRecord } from "../context/data.ts";
import { staticReference } from "../context/static-reference.ts";
import { engineError } from "../errors.ts";
import type { GraphNode, PlainRecord } from "../manifest/types.ts";
import type { ProjectFiles } from "../1-read/types.ts";
import { fqnOf, inNode, newNode, renderNode, updateConfig } from "./node.ts";
import { invalid, type Section } from "./section.ts";
import { addNode, collectErrors, type ParseState } from "./state.ts";

const snapshotBlocks = new Set(["snapshot"]);

/** `{% snapshot name %}` blocks; a file may hold several, and their fqn includes the file's name. */
export function parseSnapshots(state: ParseState, files: ProjectFiles): void {
  const { project } = files;
  for (const file of files.snapshots) {
    collectErrors(state, () => {
      for (const block of extractBlocks(file.contents, { file: file.path, allowed: snapshotBlocks })) {
        collectErrors(state, () => {
          const name = block.name ?? "";
          const fqn = [project.name, ...file.relativePath.replace(/\.[^.]+$/, "").split("/"), name];
          const node = newNode(state, { kind: "snapshot", name, project, file, rawCode: block.contents, fqn });
          updateConfig(state, node, {
            project,
            scope: renderNode(state, node, { file, offset: block.contentsOffset }),
          });
          checkSnapshotLater(node);
          addNode(state, node);
        });
      }
    });
  }
}

function checkSnapshotLater(node: GraphNode): void {
  if (node.config.materialized !== "snapshot") {
    throw inNode(
      engineError("parsing", {
        message: `A snapshot must have a materialized value of 'snapshot'`,
        dbtType: "Validation Error",
      }),
      node,
    );
  }
}

/** Snapshots that are defined in YAML by `relation:`. Source: dbt-core parser/schemas.py _add_yaml_snapshot_nodes_to_manifest. */
export function yamlSnapshots(section: Section, data: PlainRecord): void {
  const list = Array.isArray(data.snapshots) ? data.snapshots : [];
  list.forEach((item: unknown, i) => {
    if (!isRecord(item) || item.relation === undefined || item.relation === null) return;
    collectErrors(section.state, () => {
      if (typeof item.name !== "string")
        throw invalid(section, ["snapshots", i], "A snapshot must define the 'name' property.", "Add name:.");
      const relation = String(item.relation);
      const reference = staticReference(relation);
      if (!reference) {
        throw invalid(
          section,
          ["snapshots", i, "relation"],
          `Invalid 'ref' or 'source' syntax: ${relation}`,
          "Write ref('model') or source('source', 'table').",
        );
      }
      const { project, file, state } = section;
      const path = `${item.name}.sql`;
      const node = newNode(state, {
        kind: "snapshot",
        name: item.name,
        project,
        file,
        path,
        rawCode: `select * from {{ ${relation} }}`,
        fqn: fqnOf(project, file.relativePath, item.name),
      });
      if (reference.kind === "ref") node.refs.push(reference.args);
      else node.sources.push(reference.args);
      addNode(state, node);
      section.invalidateLookup();
      // Its properties follow as a patch; without any config the defaults still have to be settled.
      if (!isRecord(item.config)) updateConfig(state, node, { project });
    });
  });
}
