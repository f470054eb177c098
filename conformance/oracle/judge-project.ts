import { basename, join } from "node:path";
import { cachedOutcomes } from "./cache.ts";
import { compare } from "./compare.ts";
import type { Check } from "./project.ts";
import { printDifferences } from "./print.ts";
import { type Outcome, runSide } from "./side.ts";

export interface JudgeOptions {
  /** Ask dbt, even when its answers for this project are kept. */
  fresh: boolean;
  /** The engine runs once for each number of threads; dbt always has four. */
  threads: number[];
  /** Print only these areas. */
  areas: string[] | undefined;
  /** Examples of one kind of difference that are printed. */
  most: number;
}

/** Runs a project by dbt and by the engine on copies below `work`, prints a line and every difference, and counts. */
export async function judgeProject(
  project: string,
  check: Check,
  work: string,
  options: JudgeOptions,
): Promise<{ passed: number; failed: number }> {
  const tally = { passed: 0, failed: 0 };
  const ask = (): Promise<Outcome[]> => runSide("dbt", project, join(work, "dbt"), check, 4);
  const dbt = options.fresh ? await ask() : await cachedOutcomes(project, check, 4, ask);
  for (const threads of options.threads) {
    const ours = await runSide("ours", project, join(work, `ours${threads}`), check, threads);
    const lines: string[] = [];
    let [good, bad, white, accepted] = [0, 0, 0, 0];
    for (const [i, outcome] of dbt.entries()) {
      const result = compare(outcome, ours[i] as Outcome, check);
      good += result.passed;
      bad += result.differences.length;
      white += result.whiteSpaceOnly.length;
      accepted += result.accepted;
      const shown = printDifferences(result.differences, options.areas, options.most);
      if (shown.length > 0) lines.push(`  after \`${outcome.args.join(" ")}\``, ...shown);
      const oddEnd =
        (ours[i] as Outcome).exit !== outcome.exit ? (ours[i] as Outcome).output.trimEnd().split("\n").slice(-12) : [];
      lines.push(...oddEnd.map((line) => `    | ${line}`));
    }
    const seconds = (outcomes: Outcome[]): string => `${outcomes.reduce((sum, o) => sum + o.seconds, 0).toFixed(1)} s`;
    console.log(
      `${basename(project)} (${threads} thread${threads === 1 ? "" : "s"}): ${good} passed, ${bad} failed${white > 0 ? `, ${white} differ in white space only` : ""}${accepted > 0 ? `, ${accepted} accepted` : ""}; dbt ${seconds(dbt)}, ours ${seconds(ours)}`,
    );
    for (const line of lines) console.log(line);
    tally.passed += good;
    tally.failed += bad;
  }
  return tally;
}
