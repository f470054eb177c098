import { globMatcher } from "../fnmatch.ts";
import { allNodes, type SelectionMethod, where } from "../population.ts";

/** `file:orders.sql` or `file:orders`: the file's name with or without its last extension, wildcards allowed. */
export const file: SelectionMethod = ({ population }, { value }) => {
  const matches = globMatcher(String(value));
  return where(allNodes(population), (node) => {
    const name = node.original_file_path.slice(node.original_file_path.lastIndexOf("/") + 1);
    return matches(name) || matches(stem(name));
  });
};

function stem(name: string): string {
  const dot = name.lastIndexOf(".");
  return dot > 0 && dot < name.length - 1 ? name.slice(0, dot) : name;
}
