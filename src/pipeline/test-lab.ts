import type { Lab, Workspace } from "#registry/index.ts";
import { holdingLab, withLabDatabase } from "./held-lab.ts";
import { engineSettings, transform, type TransformResult } from "./transform.ts";
import type { RunLabOptions } from "./types.ts";

/** Runs a lab's dbt tests on the database as it is, without loading or building anything. */
export async function testLab(workspace: Workspace, lab: Lab, options: RunLabOptions = {}): Promise<TransformResult> {
  lab.requireRunnable();
  const settings = engineSettings(workspace, lab, "test", { ...options, changed: false });
  const onEvent = options.onEvent ?? (() => {});
  return holdingLab(lab, options, () =>
    withLabDatabase(lab, (open) => transform(lab, settings, open, options, onEvent)),
  );
}
