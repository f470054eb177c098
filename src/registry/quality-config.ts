import { existsSync } from "node:fs";
import { join } from "node:path";
import { type QualityConfig, scoreParts, type WorkspaceQuality, workspaceQualitySchema } from "./schemas/quality.ts";
import { type Problem, validate } from "./validate.ts";
import { readYaml, requireValid } from "./yaml-file.ts";

/** Where a workspace says what holds for the quality of all its labs. */
export const qualityPath = join("shared", "config", "quality.yml");

/** Reads a workspace's `quality.yml`; one that is missing or empty says nothing. Errors: REG-003, REG-004, REG-005, REG-012. */
export function readWorkspaceQuality(root: string): WorkspaceQuality {
  const file = join(root, qualityPath);
  if (!existsSync(file)) return {};
  const yaml = readYaml(file);
  const shape = validate(yaml.data, workspaceQualitySchema);
  const data = (yaml.data ?? {}) as WorkspaceQuality;
  requireValid(yaml, workspaceQualitySchema, shape.length > 0 ? [] : weightProblems(data.weights, ["weights"]));
  return data;
}

/** A lab's settings over those of its workspace; what stands in groups is merged key by key. */
export function mergeQuality(workspace: WorkspaceQuality, lab: QualityConfig): QualityConfig {
  const merged: QualityConfig = { ...workspace, ...lab };
  for (const key of ["weights", "layers", "freshness"] as const)
    if (workspace[key] && lab[key]) Object.assign(merged, { [key]: { ...workspace[key], ...lab[key] } });
  return merged;
}

/** Weights that would leave nothing to score. */
export function weightProblems(weights: QualityConfig["weights"], path: Problem["path"]): Problem[] {
  if (!weights || scoreParts.some((part) => weights[part] !== 0)) return [];
  return [
    { kind: "value", path, message: "All weights are 0: nothing would be scored.", hint: "Give one of them a number." },
  ];
}

/** What the schema of a lab's `quality:` cannot say about weights. */
export const qualityProblems = (quality: QualityConfig | null | undefined): Problem[] => [
  ...weightProblems(quality?.weights, ["quality", "weights"]),
  ...Object.entries(quality?.tables ?? {}).flatMap(([table, { weights }]) =>
    weightProblems(weights, ["quality", "tables", table, "weights"]),
  ),
];
