import type { GraphNode } from "../../manifest/types.ts";
import type { SelectionMessage } from "../population.ts";

/** What dbt says about a seed too large to be hashed: only its path is compared. */
export function seedMessage(now: GraphNode, then: GraphNode): SelectionMessage | undefined {
  if (now.checksum.name !== "path") return undefined;
  const seed = `Found a seed (${now.package_name}.${now.name}) >1MiB in size`;
  const warn = (name: string, code: string, text: string): SelectionMessage => ({ level: "warn", name, code, text });
  if (then.checksum.name !== "path") {
    return warn("SeedIncreased", "I052", `${seed}. The previous file was <=1MiB, so it has changed`);
  }
  if (now.checksum.checksum === then.checksum.checksum) {
    return warn(
      "SeedExceedsLimitSamePath",
      "I053",
      `${seed} at the same path, dbt cannot tell if it has changed: assuming they are the same`,
    );
  }
  return warn(
    "SeedExceedsLimitAndPathChanged",
    "I054",
    `${seed}. The previous file was in a different location, assuming it has changed`,
  );
}
