import { globMatcher } from "../fnmatch.ts";
import { type SelectionMethod, where } from "../population.ts";

/** `test_name:not_null`: the generic test's name (not the node's), or a unit test's name; wildcards allowed. */
export const testName: SelectionMethod = ({ population }, { value }) => {
  const matches = globMatcher(String(value));
  return [
    ...where(population.nodes, (node) => node.test_metadata !== undefined && matches(node.test_metadata.name)),
    ...where(population.unitTests, (node) => matches(node.name)),
  ];
};
