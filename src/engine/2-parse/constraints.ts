import { staticReference } from "../context/static-reference.ts";
import { engineError } from "../errors.ts";
import { fromPlain, repr } from "#jinja/index.ts";
import type { GraphNode, PlainRecord } from "../manifest/types.ts";
import { sha256 } from "./state.ts";

/** Foreign keys refer to other nodes: `to: ref('x')`. Source: dbt-core parser/schemas.py _process_constraints_refs_and_sources. */
export function constraintReferences(node: GraphNode): void {
  const all = [...(node.constraints ?? []), ...Object.values(node.columns).flatMap((c) => c.constraints)];
  for (const constraint of all) {
    if (constraint.type !== "foreign_key" || !constraint.to) continue;
    const reference = staticReference(String(constraint.to));
    if (!reference) {
      throw engineError("parsing", {
        message: `Invalid 'ref' or 'source' syntax on foreign key constraint 'to' on model ${node.name}: ${String(constraint.to)}.`,
        place: { file: node.original_file_path },
        hint: "Write ref('model') or source('source', 'table').",
      });
    }
    if (reference.kind === "ref") node.refs.push(reference.args);
    else node.sources.push(reference.args);
  }
}

/** Hash of a contract's columns and constraints as dbt-core writes it, so that either side can compare. Source: contracts/graph/nodes.py build_contract_checksum. */
export function contractChecksum(node: GraphNode): string | null {
  if (!node.contract.enforced) return null;
  const columns = Object.values(node.columns).sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  let state = "";
  for (const column of columns) {
    state += `|${column.name}${column.data_type ?? "None"}${constraintsText("ColumnLevelConstraint", column.constraints)}`;
  }
  if (node.config.materialized === "table" || node.config.materialized === "incremental") {
    state += `${node.config.materialized}${constraintsText("ModelLevelConstraint", node.constraints ?? [])}`;
  }
  return sha256(state);
}

/** Python's repr of a list of constraint dataclasses. */
function constraintsText(className: string, constraints: PlainRecord[]): string {
  const one = (c: PlainRecord): string => {
    const fields = Object.entries(c).map(
      ([key, value]) =>
        `${key}=${key === "type" ? `<ConstraintType.${String(value)}: '${String(value)}'>` : repr(fromPlain(value))}`,
    );
    return `${className}(${fields.join(", ")})`;
  };
  return `[${constraints.map(one).join(", ")}]`;
}
