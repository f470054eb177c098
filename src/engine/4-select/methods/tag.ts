import { globMatcher } from "../fnmatch.ts";
import { type AnyNode, allNodes, type SelectionMethod, where } from "../population.ts";

/** `tag:nightly`, wildcards allowed, on everything that has tags. */
export const tag: SelectionMethod = ({ population }, { value }) => {
  const matches = globMatcher(String(value));
  return where(allNodes(population), (node) => tagsOf(node).some(matches));
};

function tagsOf(node: AnyNode): string[] {
  // Unit tests keep their tags in the config only; semantic models have none.
  const tags = node.resource_type === "unit_test" ? node.config.tags : node.tags;
  return typeof tags === "string" ? [tags] : Array.isArray(tags) ? tags.map(String) : [];
}
