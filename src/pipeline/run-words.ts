import { plural, thousands, type ErrorJson } from "#errors/index.ts";
import { isTest } from "./expectations.ts";
import type { LabRunResult, NodeOutcome } from "./types.ts";

type Totals = Pick<LabRunResult, "models" | "tests">;

/** `7 models built`, `3 models built, 4 unchanged`, `7 models unchanged`. */
function builtText({ ok, unchanged }: LabRunResult["models"]): string {
  if (unchanged === 0) return `${plural(ok, "model")} built`;
  return ok === unchanged
    ? `${plural(ok, "model")} unchanged`
    : `${plural(ok - unchanged, "model")} built, ${thousands(unchanged)} unchanged`;
}

/** What was built and tested, when all went well. */
export const buildText = ({ models, tests }: Totals): string =>
  `${builtText(models)}, ${plural(tests.passed, "test")} passed${tests.warned > 0 ? `, ${tests.warned} warned` : ""}`;

/** What did not go well. */
export function failuresText({ models, tests }: Totals): string {
  const parts: string[] = [];
  if (models.failed > 0) parts.push(`${plural(models.failed, "model")} failed`);
  if (tests.failed > 0) parts.push(`${plural(tests.failed, "test")} failed`);
  return parts.join(", ") || "the build failed";
}

const goodStatus = new Set(["success", "no-op", "reused", "pass"]);

/** Models (with seeds and snapshots) and tests by how they ended. */
export function counts(nodes: NodeOutcome[]): Totals {
  const models = { ok: 0, failed: 0, skipped: 0, unchanged: 0 };
  const tests = { passed: 0, warned: 0, failed: 0, unchanged: 0 };
  for (const { resourceType, status, unchanged } of nodes) {
    if (unchanged) (isTest(resourceType) ? tests : models).unchanged++;
    if (isTest(resourceType)) {
      if (status === "pass") tests.passed++;
      else if (status === "warn") tests.warned++;
      else if (status !== "skipped") tests.failed++;
    } else if (status === "skipped") models.skipped++;
    else if (goodStatus.has(status)) models.ok++;
    else models.failed++;
  }
  return { models, tests };
}

/** The root cause in one sentence: the first model that broke, not those behind it. */
export function messageOf(
  status: LabRunResult["status"],
  error: ErrorJson | undefined,
  /** `2 files`; empty when all were loaded. */
  failedFiles: string,
  nodes: NodeOutcome[],
  { models, tests }: Totals,
  refusal: string | undefined,
): string {
  if (status === "cancelled") return "Cancelled; finished models are kept.";
  if (error) return error.message;
  if (refusal !== undefined) return `Not published: ${refusal}.`;
  const parts: string[] = [];
  if (failedFiles !== "") parts.push(`${failedFiles} could not be loaded`);
  const behind =
    models.skipped > 0
      ? ` and ${plural(models.skipped, "model")} behind it ${models.skipped === 1 ? "was" : "were"} skipped`
      : "";
  const broken = nodes.find((n) => (n.status === "error" || n.status === "partial success") && !isTest(n.resourceType));
  if (broken) parts.push(`${broken.resourceType} ${broken.name} failed${behind}`);
  const test = nodes.find((n) => n.status === "fail" || (n.status === "error" && isTest(n.resourceType)));
  if (test)
    parts.push(
      `${tests.failed === 1 ? `${test.resourceType === "expectation" ? "expectation" : "test"} ${test.name} failed` : `${tests.failed} tests failed, first ${test.name}`}${broken ? "" : behind}`,
    );
  if (parts.length > 0) return `${parts.join("; ")}.`;
  if (nodes.length === 0) return "Nothing to build.";
  return `${buildText({ models, tests })}.`;
}
