import { engineError } from "../../errors.ts";
import { globMatcher } from "../fnmatch.ts";
import { type AnyNode, type Population, type SelectionMethod, where } from "../population.ts";

/**
 * A method of the form `exposure:name` or `exposure:package.name`, wildcards in each part.
 * `label` is the resource in dbt's message, `plural` how that message begins its second sentence.
 */
export function byName(label: string, plural: string, nodes: (all: Population) => AnyNode[]): SelectionMethod {
  const word = label.replaceAll(" ", "_");
  return ({ population }, { value }) => {
    const parts = String(value).split(".");
    if (parts.length > 2) {
      throw engineError("runtime", {
        message: `Invalid ${label} selector value "${String(value)}". ${plural} must be of the form \${${word}_name} or \${${word}_package.${word}_name}`,
        hint: `Write ${word}:<name> or ${word}:<package>.<name>.`,
      });
    }
    const [inPackage, name] = parts.length === 2 ? (parts as [string, string]) : ["*", parts[0] as string];
    const packageMatches = globMatcher(inPackage);
    const nameMatches = globMatcher(name);
    return where(nodes(population), (node) => packageMatches(node.package_name) && nameMatches(node.name));
  };
}
