import { didYouMean } from "#errors/index.ts";
import { inRunOrder } from "./own-steps.ts";
import { type OwnStepEntry, stages } from "./schemas/own-step.ts";
import type { Problem } from "./validate.ts";

/** What the schema cannot say about `steps:`: one name each, one action, one place in the run, no circle. */
export function ownStepsProblems(entries: readonly OwnStepEntry[]): Problem[] {
  const problems: Problem[] = [];
  const names = entries.map(({ name }) => name);
  const known: string[] = [...stages, ...names];
  const isStage = (name: string) => (stages as readonly string[]).includes(name);
  const reached = new Set(inRunOrder(entries.filter(({ name }, i) => !isStage(name) && names.indexOf(name) === i)));
  for (const [i, step] of entries.entries()) {
    const before = problems.length;
    const report = (key: string | undefined, message: string, hint: string) =>
      problems.push({ kind: "value", path: ["steps", i, ...(key === undefined ? [] : [key])], message, hint });
    if (isStage(step.name)) report("name", `\`${step.name}\` is a stage of every run.`, "Give the step another name.");
    else if (names.indexOf(step.name) < i)
      report("name", `There are two steps named \`${step.name}\`.`, "Rename one of them.");
    ofAction(step, report);
    ofPlace(step, known, report);
    if (problems.length === before && !reached.has(step.name) && anchorsKnown(entries, known))
      report(
        step.before === undefined ? "after" : "before",
        `The steps ${circle(step, entries).join(" → ")} wait for each other.`,
        `Put one of them before or after a stage: ${stages.join(", ")}.`,
      );
  }
  return problems;
}

type Report = (key: string | undefined, message: string, hint: string) => void;

function ofAction(step: OwnStepEntry, report: Report): void {
  const actions = (["command", "script", "sql"] as const).filter((key) => step[key] !== undefined);
  if (actions.length !== 1) {
    const what = actions.length === 0 ? "nothing to do" : actions.map((key) => `\`${key}\``).join(" and ");
    report(
      actions[1],
      `The step ${step.name} has ${what}: it is a \`command\`, a \`script\` or \`sql\`.`,
      actions.length === 0 ? "Add `command:`, `script:` or `sql:`." : "Keep one of them.",
    );
    return;
  }
  const ofProcess = (["env", "database"] as const).find((key) => step[key] !== undefined);
  if (step.sql !== undefined && ofProcess !== undefined)
    report(ofProcess, `\`${ofProcess}\` of the step ${step.name} means nothing for SQL.`, "Take it out.");
  if (step.retry_wait !== undefined && !step.retries)
    report("retry_wait", `The step ${step.name} has no \`retries\` to wait for.`, "Add `retries:`, or take it out.");
}

function ofPlace(step: OwnStepEntry, known: string[], report: Report): void {
  const given = (["before", "after"] as const).filter((key) => step[key] !== undefined);
  const [key] = given;
  if (key === undefined || given.length > 1) {
    report(
      given[1],
      `The step ${step.name} has ${key === undefined ? "no place in the run" : "both `before` and `after`"}.`,
      key === undefined ? `Add \`before:\` or \`after:\` one of ${stages.join(", ")}.` : "Keep one of them.",
    );
    return;
  }
  const anchor = step[key] ?? "";
  if (anchor === step.name) return report(key, `The step ${step.name} is ${key} itself.`, "Name a stage.");
  if (known.includes(anchor)) return;
  const meant = didYouMean(anchor, known);
  report(
    key,
    `There is no stage or step named \`${anchor}\`.`,
    meant ? `Did you mean \`${meant}\`?` : `Use one of ${known.join(", ")}.`,
  );
}

const anchorsKnown = (entries: readonly OwnStepEntry[], known: string[]): boolean =>
  entries.every(({ before, after }) => known.includes(before ?? after ?? ""));

/** The way from a step along what it names, until a name comes again. */
function circle(start: OwnStepEntry, entries: readonly OwnStepEntry[]): string[] {
  const way: string[] = [];
  for (let step: OwnStepEntry | undefined = start; step; ) {
    if (way.includes(step.name)) return [...way.slice(way.indexOf(step.name)), step.name];
    way.push(step.name);
    const next: string | undefined = step.before ?? step.after;
    step = entries.find(({ name }) => name === next);
  }
  return way;
}
