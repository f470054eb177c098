import { engineError } from "../../errors.ts";
import { globMatcher } from "../fnmatch.ts";
import type { SelectionMethod } from "../population.ts";

/** `selector:name`: what selectors of selectors.yml select, wildcards allowed; their own exclusions hold. */
export const selector: SelectionMethod = ({ selectors, resolve }, { value }) => {
  if (!selectors) {
    throw engineError("runtime", {
      message: "Cannot use selector: method if selectors.yml is not provided",
      hint: "Add a selectors.yml beside dbt_project.yml.",
    });
  }
  const matches = globMatcher(String(value));
  const names = [...selectors.keys()].filter(matches).sort();
  if (names.length === 0) {
    throw engineError("runtime", {
      message: `Selector '${String(value)}' did not match any selector in selectors.yml`,
      hint: `Known selectors: ${[...selectors.keys()].join(", ") || "none"}.`,
    });
  }
  const found = new Set<string>();
  for (const name of names) {
    const spec = selectors.get(name);
    if (spec) for (const id of resolve(spec)) found.add(id);
  }
  return found;
};
