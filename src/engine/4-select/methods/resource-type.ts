import { engineError } from "../../errors.ts";
import { allNodes, type SelectionMethod, where } from "../population.ts";

const known = [
  "model",
  "analysis",
  "test",
  "snapshot",
  "operation",
  "seed",
  "rpc",
  "sql_operation",
  "doc",
  "source",
  "macro",
  "exposure",
  "metric",
  "group",
  "saved_query",
  "semantic_model",
  "unit_test",
  "fixture",
  "function",
];

/** `resource_type:model`. */
export const resourceType: SelectionMethod = ({ population }, { value }) => {
  if (!known.includes(String(value))) {
    throw engineError("runtime", {
      message: `Invalid resource_type selector "${String(value)}"`,
      hint: `Use one of: ${known.join(", ")}.`,
    });
  }
  return where(allNodes(population), (node) => node.resource_type === value);
};
