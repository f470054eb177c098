import { engineError } from "../../errors.ts";
import { allNodes, type SelectionMethod, where } from "../population.ts";

/** `result:error`: nodes that ended with this status in the run_results.json under `--state`. */
export const result: SelectionMethod = ({ population, previousState }, { value }) => {
  const results = previousState?.results;
  if (!results) {
    throw engineError("runtime", {
      dbtType: "Internal Error",
      message: "No comparison run_results",
      hint: "Give --state a folder that holds the run_results.json of an earlier run.",
    });
  }
  const matches = new Set(results.filter((entry) => entry.status === value).map((entry) => entry.unique_id));
  return where(allNodes(population), (node) => matches.has(node.unique_id));
};
