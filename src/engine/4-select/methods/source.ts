import { engineError } from "../../errors.ts";
import { globMatcher } from "../fnmatch.ts";
import { type SelectionMethod, where } from "../population.ts";

/** `source:name`, `source:name.table`, `source:package.name.table`, wildcards in each part. */
export const source: SelectionMethod = ({ population }, { value }) => {
  const parts = String(value).split(".");
  if (parts.length > 3) {
    throw engineError("runtime", {
      message: `Invalid source selector value "${String(value)}". Sources must be of the form \`\${source_name}\`, \`\${source_name}.\${target_name}\`, or \`\${package_name}.\${source_name}.\${target_name}\``,
      hint: "Write source:<source>, source:<source>.<table> or source:<package>.<source>.<table>.",
    });
  }
  const [first = "", second = "*", third] = parts;
  const [inPackage, name, table] = third === undefined ? ["*", first, second] : [first, second, third];
  const packageMatches = globMatcher(inPackage);
  const nameMatches = globMatcher(name);
  const tableMatches = globMatcher(table);
  return where(
    population.sources,
    (node) => packageMatches(node.package_name) && nameMatches(node.source_name) && tableMatches(node.name),
  );
};
