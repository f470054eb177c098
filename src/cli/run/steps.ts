import { didYouMean } from "#errors/index.ts";
import { stepNames } from "#pipeline/index.ts";
import type { Lab } from "#registry/index.ts";
import { cliErrors } from "../errors.ts";

/**
 * The labs that have one of the steps that `--step` names: stages are everybody's, own steps belong to some labs.
 * Errors: CLI-002 for a name that is neither, or an own step that none of the labs has.
 */
export function labsWithSteps(labs: Lab[], steps: readonly string[] | undefined): Lab[] {
  const isStage = (name: string) => (stepNames as readonly string[]).includes(name);
  const wanted = steps?.filter((name) => !isStage(name)) ?? [];
  if (steps === undefined || wanted.length === 0) return labs;
  const own = new Map(labs.map((lab) => [lab, ownSteps(lab)]));
  const known = [...new Set([...own.values()].flatMap((names) => names ?? []))];
  for (const name of wanted) {
    // One that is refused may have it: its run tells why.
    if (known.includes(name) || [...own.values()].includes(undefined)) continue;
    const all = [...stepNames, ...known];
    const meant = didYouMean(name, all);
    throw cliErrors.usage({
      message: `There is no step named ${name}${labs.length === 1 ? ` in ${labs[0]?.name}` : ""}.`,
      hint: meant ? `Did you mean \`${meant}\`?` : `Use one of ${all.join(", ")}.`,
      ...(meant && { data: { didYouMean: meant } }),
    });
  }
  return labs.filter((lab) => steps.some((name) => isStage(name) || (own.get(lab) ?? [name]).includes(name)));
}

/** Undefined for a lab whose lab.yml is refused. */
function ownSteps(lab: Lab): string[] | undefined {
  try {
    return lab.config.steps.flatMap(({ name, own }) => (own ? [name] : []));
  } catch {
    return undefined;
  }
}
