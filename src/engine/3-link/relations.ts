import { str } from "#jinja/index.ts";
import { isRelational } from "../2-parse/node.ts";
import { collectErrors, duplicateResource, type ParseState } from "../2-parse/state.ts";
import { relationFromNode } from "../context/relations.ts";
import { warn } from "../context/runtime.ts";
import { engineError } from "../errors.ts";
import type { GraphNode } from "../manifest/types.ts";

const isVersioned = (node: GraphNode): boolean => node.version !== null && node.version !== undefined;

/**
 * Two nodes must not be one relation, and names should be unique within a package, whatever their kind.
 * Source: dbt-core parser/manifest.py _check_resource_uniqueness.
 */
export function checkRelations(state: ParseState): void {
  const { runtime } = state;
  const { quoting, flags } = runtime.read.root;
  const relations = new Map<string, GraphNode>();
  const names = new Map<string, GraphNode>();
  const versioned = new Map<string, GraphNode>();
  for (const node of Object.values(runtime.manifest.nodes)) {
    // An ephemeral model has no relation, but its name is taken all the same.
    if (!isRelational(node) && node.resource_type !== "model") continue;
    const key = `${node.package_name}.${node.name}`;
    const twin = names.get(key);
    if (twin && !isVersioned(node)) {
      if (flags.require_unique_project_resource_names === true) {
        collectErrors(state, () => {
          throw duplicateResource(twin, node);
        });
      } else {
        warn(
          runtime,
          `Found resources with the same name '${node.name}' in package '${node.package_name}': '${twin.unique_id}' and '${node.unique_id}'. Please update one of the resources to have a unique name.`,
          { name: "DuplicateNameDistinctNodeTypesDeprecation", code: "D040" },
        );
      }
    }
    (isVersioned(node) ? versioned : names).set(key, node);
    const relation = node.relation_name ?? str(relationFromNode(node, quoting));
    const other = relations.get(relation);
    if (other)
      collectErrors(state, () => {
        throw sameRelation(relation, other, node);
      });
    else relations.set(relation, node);
  }
  for (const [key, node] of versioned) {
    const plain = names.get(key);
    if (plain)
      collectErrors(state, () => {
        throw versionedAndPlain(node, plain);
      });
  }
}

/** Source: dbt-core exceptions.py AmbiguousAliasError. */
function sameRelation(relation: string, a: GraphNode, b: GraphNode) {
  return engineError("duplicate", {
    message:
      `dbt found two resources with the database representation "${relation}".\ndbt cannot create two resources with identical database representations. To fix this,\n` +
      `change the configuration of one of these resources:\n- ${a.unique_id} (${a.original_file_path})\n- ${b.unique_id} (${b.original_file_path})`,
    place: { file: b.original_file_path },
    hint: "Give one of them another alias or schema.",
  });
}

/** Source: dbt-core exceptions.py DuplicateVersionedUnversionedError. */
function versionedAndPlain(versioned: GraphNode, plain: GraphNode) {
  return engineError("duplicate", {
    message:
      `dbt found versioned and unversioned models with the name "${versioned.name}".\n\nSince these resources have the same name, dbt will be unable to find the correct resource\n` +
      `when looking for ref('${versioned.name}').\n\nTo fix this, change the name of the unversioned resource\n${plain.unique_id} (${plain.original_file_path})\n` +
      `or add the unversioned model to the versions in ${versioned.patch_path ?? ""}`,
    place: { file: plain.original_file_path },
    hint: "Rename the unversioned model, or make it a version.",
  });
}
