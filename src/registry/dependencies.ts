import { didYouMean, type Place } from "#errors/index.ts";
import { registryErrors } from "./errors.ts";
import type { Lab } from "./lab.ts";
import type { Workspace } from "./workspace.ts";

/** Labs that must be published before this one runs, or whose publishing starts it, each with its place. */
function dependencies(lab: Lab): { name: string; place: Place; how: "reads" | "runs after" }[] {
  const { reads, schedule, place } = lab.config;
  const after = schedule?.after === undefined ? [] : [schedule.after].flat();
  return [
    ...reads.map((read) => ({ name: read.lab, place: read.place, how: "reads" as const })),
    ...after.map((name) => ({ name, place: place(["schedule", "after"]), how: "runs after" as const })),
  ];
}

/** Names of the labs that a lab reads or runs after; none for a lab whose lab.yml is refused. */
export const dependenciesOf = (lab: Lab): string[] => [...new Set(edgesOf(lab).map(({ to }) => to))];

/**
 * Checks what a lab reads and waits for. Errors: REG-022 for a lab that does not exist, is the lab itself, or has the name
 * of its database; REG-023 for a circle, spelled out.
 */
export function requireSoundDependencies(workspace: Workspace, lab: Lab): void {
  for (const { name, place, how } of dependencies(lab)) {
    const other = workspace.labs.find((candidate) => candidate.name === name);
    if (other && other.name !== lab.name) continue;
    const names = workspace.labs.flatMap((candidate) => (candidate.name === lab.name ? [] : [candidate.name]));
    const meant = didYouMean(name, names);
    throw registryErrors.dependencyUnknown({
      message: other
        ? `The lab ${lab.name} ${how} itself.`
        : `The lab ${lab.name} ${how} ${name}, which does not exist.`,
      place,
      hint: other
        ? "Take it out."
        : meant
          ? `Did you mean \`${meant}\`?`
          : `The labs are ${names.join(", ") || "none but this one"}.`,
      data: { lab: lab.name, other: name, ...(meant && { didYouMean: meant }) },
    });
  }
  const own = lab.config.reads.find(({ alias }) => alias.toLowerCase() === databaseOf(lab).toLowerCase());
  if (own) {
    throw registryErrors.dependencyUnknown({
      message: `The lab ${own.lab} is read as \`${own.alias}\`, which is the name of ${lab.name}'s own database.`,
      place: own.place,
      hint: "Give it another name with `as:`.",
    });
  }
  const circle = circleFrom(workspace, lab);
  if (!circle) return;
  const [first] = circle;
  throw registryErrors.dependencyCircle({
    message: `Labs wait for each other: ${circle.map(({ from, how, to }) => `${from} ${how} ${to}`).join(", ")}.`,
    ...(first && { place: first.place }),
    hint: "Take one of these out of `reads` or `schedule.after`.",
    data: { labs: circle.map(({ from }) => from) },
  });
}

/** The name that DuckDB gives a database is its file's stem. */
const databaseOf = (lab: Lab): string => lab.paths.database.replace(/^.*[\\/]/, "").replace(/\.[^.]*$/, "");

interface Edge {
  from: string;
  how: "reads" | "runs after";
  to: string;
  place: Place;
}

/** The shortest way from a lab back to itself; undefined when there is none. */
function circleFrom(workspace: Workspace, lab: Lab): Edge[] | undefined {
  let ways: Edge[][] = edgesOf(lab).map((edge) => [edge]);
  const seen = new Set<string>();
  while (ways.length > 0) {
    const next: Edge[][] = [];
    for (const way of ways) {
      const to = way.at(-1)?.to ?? "";
      if (to === lab.name) return way;
      const other = workspace.labs.find(({ name }) => name === to);
      if (!other || seen.has(to)) continue;
      seen.add(to);
      next.push(...edgesOf(other).map((edge) => [...way, edge]));
    }
    ways = next;
  }
  return undefined;
}

/** Nothing for a lab whose lab.yml is refused: its own run tells that. */
function edgesOf(lab: Lab): Edge[] {
  try {
    return dependencies(lab).map(({ name, place, how }) => ({ from: lab.name, how, to: name, place }));
  } catch {
    return [];
  }
}
