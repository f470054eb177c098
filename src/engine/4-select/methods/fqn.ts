import { globMatcher, hasWildcard } from "../fnmatch.ts";
import { type AnyNode, namedNodes, type SelectionMethod, where } from "../population.ts";

/** `fqn:` and bare names: a node's name, or dotted parts of its fully qualified name from the front, wildcards last. */
export const fqn: SelectionMethod = ({ population }, { value }) => {
  const matches = fqnMatcher(String(value));
  return where(namedNodes(population), (node) => matches(node.fqn, isVersioned(node)));
};

/** Whether dbt treats the last part of the fqn as a version. */
export function isVersioned(node: AnyNode): boolean {
  return node.resource_type === "model" && "version" in node && node.version !== null && node.version !== undefined;
}

/** Matches a name against a fully qualified name, with and without the package in front. */
export function fqnMatcher(name: string): (fqn: readonly string[], versioned: boolean) => boolean {
  if (name === "*") return () => true;
  const parts = name.split(".");
  const wildcard = parts.findIndex(hasWildcard);
  const tail = wildcard < 0 ? undefined : globMatcher(parts.slice(wildcard).join("."));
  const ending = parts.slice(-2).join("_");

  const matches = (fqn: readonly string[], versioned: boolean): boolean => {
    if (versioned) {
      // The version may follow the name with a dot or an underscore.
      if (fqn.at(-2) === name || fqn.slice(-2).join("_") === ending) return true;
    } else if (fqn.at(-1) === name) return true;
    const flat = fqn.some((part) => part.includes(".")) ? fqn.join(".").split(".") : fqn;
    if (flat.length < parts.length) return false;
    const fixed = wildcard < 0 ? parts.length : wildcard;
    for (let i = 0; i < fixed; i++) if (flat[i] !== parts[i]) return false;
    return tail === undefined || tail(flat.slice(wildcard).join("."));
  };
  return (fqn, versioned) => matches(fqn, versioned) || matches(fqn.slice(1), versioned);
}
