import { globMatcher } from "../fnmatch.ts";
import { type SelectionMethod, where } from "../population.ts";

/** `group:finance`, by the config of nodes and metrics. */
export const group: SelectionMethod = ({ population }, { value }) => {
  const matches = globMatcher(String(value));
  return where([...population.nodes, ...population.metrics], (node) => {
    const name = node.config.group;
    return typeof name === "string" && name !== "" && matches(name);
  });
};
