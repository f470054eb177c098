/** What the gate looks at. */
export interface GateInput {
  /** Why the run itself is no basis for a version, one sentence each: failed models and tests, files that did not load. */
  problems: string[];
  /** Null when the lab was not scored. */
  score: number | null;
  /** The lab's minimum, undefined for none. */
  minimumScore: number | undefined;
}

/** Whether readers may get what was built: the reasons why not, none when they may. */
export function gate({ problems, score, minimumScore }: GateInput): string[] {
  const reasons = [...problems];
  if (minimumScore !== undefined && score === null) reasons.push("there is no score to compare with the minimum");
  else if (minimumScore !== undefined && score !== null && score < minimumScore)
    reasons.push(`the score ${score} is under the minimum of ${minimumScore}`);
  return reasons;
}
