import type { Lab, Workspace } from "#registry/index.ts";
import { holdingLab, withLabDatabase } from "./held-lab.ts";
import { engineSettings, transform, type TransformResult } from "./transform.ts";
import type { RunLabOptions } from "./types.ts";

/** Runs a lab's dbt tests, and what lab.yml expects, on the database as it is, without loading or building anything. */
export async function testLab(
  workspace: Workspace,
  lab: Lab,
  options: RunLabOptions = {},
): Promise<Omit<TransformResult, "freshness">> {
  lab.requireRunnable();
  const settings = engineSettings(workspace, lab, "test", { ...options, changed: false });
  const onEvent = options.onEvent ?? (() => {});
  const { success, nodes, tests } = await holdingLab(lab, options, () =>
    withLabDatabase(lab, (open) => transform(lab, settings, open, options, onEvent)),
  );
  return { success, nodes, tests };
}
