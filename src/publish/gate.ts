/** Why readers do not get what was built. */
export interface GateReason {
  /** What is so, without a full stop: `the score 71 is under the minimum of 90`. */
  why: string;
  /** What to do about it: whole sentences. */
  fix: string;
}

/** What the gate looks at. */
export interface GateInput {
  /** Why the run itself is no basis for a version: failed models and tests, files that did not load. */
  problems: readonly GateReason[];
  /** Null when the lab was not scored. */
  score: number | null;
  /** The lab's minimum, undefined for none. */
  minimumScore: number | undefined;
  /** What took most from the score, the most first. */
  causes?: readonly string[];
  /** Tables with a minimum of their own. */
  tables?: readonly { name: string; score: number | null; minimum: number; causes: readonly string[] }[];
  /** What else lab.yml does not let through: blocking expectations, stale data, anomalies. */
  blocking?: readonly GateReason[];
}

/** Whether readers may get what was built: the reasons why not, none when they may. */
export function gate(input: GateInput): GateReason[] {
  const { problems, score, minimumScore: minimum, causes = [], tables = [], blocking = [] } = input;
  const reasons = [...problems];
  if (minimum !== undefined && score === null)
    reasons.push({ why: "there is no score to compare with the minimum", fix: "Run the whole lab." });
  else if (minimum !== undefined && score !== null && score < minimum)
    reasons.push({
      why: `the score ${score} is under the minimum of ${minimum}`,
      fix: raise(causes, "quality.minimum_score"),
    });
  for (const { name, score: own, minimum: least, causes: lost } of tables) {
    const key = `minimum_score of ${name}`;
    if (own === null)
      reasons.push({
        why: `${name} has no score to compare with its minimum`,
        fix: `Correct its name in lab.yml, or take out the ${key}.`,
      });
    else if (own < least)
      reasons.push({ why: `the score ${own} of ${name} is under its minimum of ${least}`, fix: raise(lost, key) });
  }
  return [...reasons, ...blocking];
}

function raise(causes: readonly string[], key: string): string {
  const lost = causes.slice(0, 3).join("; ");
  return `${lost === "" ? "Mend what costs points" : `Mend what costs most: ${lost}`}. Or lower \`${key}\`.`;
}
