import { plural } from "#errors/index.ts";
import type { GateReason } from "#publish/index.ts";
import type { Finding } from "#quality/index.ts";
import type { Lab } from "#registry/index.ts";
import { isTest } from "./expectations.ts";
import type { NodeOutcome } from "./types.ts";

const notMet: ReadonlySet<string> = new Set(["warn", "fail", "error"]);
const isFailed = ({ status }: NodeOutcome): boolean => notMet.has(status) && status !== "warn";

/** Failed tests, and expectations that are to hold readers back: why a run is no basis for a version. */
export function failedTests(lab: Lab, nodes: readonly NodeOutcome[]): GateReason[] {
  const failed = nodes.filter(
    (node) => (node.resourceType === "test" || node.resourceType === "unit_test") && !passed(node),
  );
  const names = failed.slice(0, 3).map(({ name }) => name);
  const more = failed.length > names.length ? ` and ${failed.length - names.length} more` : "";
  return [
    ...(failed.length === 0
      ? []
      : [
          {
            why: `${plural(failed.length, "test")} failed`,
            fix: `Correct the data or the models behind ${names.join(", ")}${more}; a test that should not hold readers back has \`severity: warn\`.`,
          },
        ]),
    ...nodes.filter((node) => node.expectation?.blocking && isFailed(node)).map((node) => expectationReason(lab, node)),
  ];
}

/** A run that built only a part, or whose models failed: `why` as it is told of the score. */
export function partialRun(lab: Lab, why: string, nodes: readonly NodeOutcome[]): GateReason {
  const broken = nodes.find((node) => !isTest(node.resourceType) && isFailed(node));
  return {
    why,
    fix: broken
      ? `Correct ${broken.resourceType} ${broken.name} first: ${broken.message?.trim().split("\n")[0] ?? "it failed"}`
      : `Run the whole lab: labs run ${lab.name}.`,
  };
}

const passed = ({ status }: NodeOutcome): boolean => status === "pass" || status === "warn" || status === "skipped";

/** Expectations that only warn and are marked blocking: the run is well, and readers keep what they have. */
export const blockingWarnings = (lab: Lab, nodes: readonly NodeOutcome[]): GateReason[] =>
  nodes
    .filter((node) => node.expectation?.blocking && node.status === "warn")
    .map((node) => expectationReason(lab, node));

/** Stale or unusual data that lab.yml does not let through. */
export const blockingFindings = (findings: readonly Finding[]): GateReason[] =>
  findings
    .filter(({ reaction }) => reaction === "blocking")
    .map(({ kind, table, text }) => ({
      why: `${table}: ${text}`,
      fix:
        kind === "stale"
          ? `Deliver newer data, or set \`stale: warn\` for ${table} in lab.yml.`
          : `If it is right, \`labs publish --force\` gives it to readers; \`anomalies: warn\` for ${table} in lab.yml only tells.`,
    }));

function expectationReason(lab: Lab, { name, message, error, expectation }: NodeOutcome): GateReason {
  const kept = (expectation?.kept ?? 0) > 0;
  const rows = kept
    ? `Look at its rows: labs query ${lab.name} --live "from _quality.failing_rows where expectation = '${expectation?.id}'". `
    : "";
  return {
    why: error ? `${name} cannot be checked` : `${name}: ${message ?? "not met"}`,
    fix: error
      ? `${error.message} ${error.hint ?? ""}`.trim()
      : `${rows}Correct the data, or set \`blocking: false\` for the expectation in lab.yml.`,
  };
}
