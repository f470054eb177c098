import { globMatcher } from "../fnmatch.ts";
import { allNodes, type SelectionMethod, where } from "../population.ts";

/** `package:name`, wildcards allowed; `this` is the root project. */
export const packageName: SelectionMethod = ({ manifest, population }, { value }) => {
  const name = value === "this" ? (manifest.metadata.project_name ?? value) : value;
  const matches = globMatcher(String(name));
  return where(allNodes(population), (node) => matches(node.package_name));
};
