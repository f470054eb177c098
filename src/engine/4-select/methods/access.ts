import { type SelectionMethod, where } from "../population.ts";

/** `access:public`, models only, no wildcards. */
export const access: SelectionMethod = ({ population }, { value }) =>
  where(population.nodes, (node) => node.resource_type === "model" && (node.access ?? "protected") === value);
