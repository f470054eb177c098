import { engineError } from "../../errors.ts";
import { compareVersions } from "../../manifest/model-versions.ts";
import type { GraphNode, Plain } from "../../manifest/types.ts";
import { numeric, samePlain } from "../equal.ts";
import { type SelectionMethod, where } from "../population.ts";

/** `version:latest|prerelease|old|none`, models only. */
export const version: SelectionMethod = ({ population }, { value }) => {
  const models = population.nodes.filter((node) => node.resource_type === "model");
  switch (value) {
    case "latest":
      return where(models, (node) => given(node.version) && samePlain(node.version, node.latest_version));
    case "prerelease":
      return where(models, (node) => compared(node) > 0);
    case "old":
      return where(models, (node) => compared(node) < 0);
    case "none":
      return where(models, (node) => !given(node.version));
  }
  if (models.length === 0) return [];
  throw engineError("runtime", {
    message: `Invalid version type selector ${String(value)}: expected one of: "latest", "prerelease", "old", or "none"`,
    hint: "Write version:latest, version:prerelease, version:old or version:none.",
  });
};

function given(value: Plain): boolean {
  return value !== undefined && value !== null;
}

/** Sign of version minus latest version; 0 when either is missing (or falsy, as dbt asks). */
function compared({ version: own, latest_version: latest }: GraphNode): number {
  return truthy(own) && truthy(latest) ? compareVersions(own, latest) : 0;
}

function truthy(value: Plain): boolean {
  const number = numeric(value);
  return number === undefined ? Boolean(value) : Boolean(number);
}
