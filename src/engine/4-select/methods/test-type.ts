import { engineError } from "../../errors.ts";
import { type SelectionMethod, where } from "../population.ts";

/** `test_type:generic|singular|unit|data` and the older `schema`. Parts of the last three words count too, as in dbt. */
export const testType: SelectionMethod = ({ population }, { value }) => {
  const word = String(value);
  const generic = where(population.nodes, (node) => node.resource_type === "test" && node.test_metadata !== undefined);
  const singular = where(population.nodes, (node) => node.resource_type === "test" && node.test_metadata === undefined);
  if (word === "generic" || word === "schema") return generic;
  if ("data".includes(word)) return [...generic, ...singular];
  if ("singular".includes(word)) return singular;
  if ("unit".includes(word)) return where(population.unitTests, () => true);
  throw engineError("runtime", {
    message: `Invalid test type selector ${word}: expected "generic", "singular", "unit", or "data"`,
    hint: "Write test_type:generic, test_type:singular, test_type:unit or test_type:data.",
  });
};
