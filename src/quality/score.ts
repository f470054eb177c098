import type { Cause, Dimension, Part, Score, Weights } from "./types.ts";

/** In the order they are shown. */
export const dimensions: readonly Dimension[] = [
  "completeness",
  "uniqueness",
  "validity",
  "freshness",
  "consistency",
  "volume",
];

export const defaultWeights: Weights = {
  completeness: 20,
  uniqueness: 20,
  validity: 30,
  freshness: 10,
  consistency: 10,
  volume: 10,
};

/** One thing that was looked at: how good it is from 0 to 1, and what to say when it is not 1. */
export interface Check {
  /** Among the checks of its dimension. */
  weight: number;
  value: number;
  text: string;
  query: string | null;
}

export type Checks = Partial<Record<Dimension, readonly Check[]>>;

/**
 * Score of one table from its checks. A dimension's value is the weighted mean of its checks; dimensions without a
 * check (or without weight) are left out and the other weights scaled up to 100. Points are counted in tenths and
 * rounded down, so that a defect of any size shows. `fatal` (an empty or unreadable table) is a score of 0.
 */
export function scoreChecks(checks: Checks, weights: Weights, fatal?: { text: string; query: string | null }): Score {
  if (fatal) {
    const cause: Cause = { points: 100, text: fatal.text, query: fatal.query };
    return {
      score: 0,
      parts: [{ dimension: "volume", points: 0, max: 100, causes: [cause] }],
      notCounted: dimensions.filter((dimension) => dimension !== "volume"),
    };
  }
  const counted = dimensions.filter(
    (dimension) => weights[dimension] > 0 && (checks[dimension] ?? []).some((check) => check.weight > 0),
  );
  const notCounted = dimensions.filter((dimension) => !counted.includes(dimension));
  if (counted.length === 0) return { score: null, parts: [], notCounted };
  const maxima = apportion(
    1000,
    counted.map((dimension) => weights[dimension]),
  );
  const parts = counted.map((dimension, i) => part(dimension, maxima[i] ?? 0, checks[dimension] ?? []));
  return { score: tenths(parts.reduce((sum, p) => sum + Math.round(p.points * 10), 0)), parts, notCounted };
}

function part(dimension: Dimension, max: number, checks: readonly Check[]): Part {
  const total = checks.reduce((sum, check) => sum + check.weight, 0);
  const losses = checks.map((check) => (check.weight / total) * (1 - clamp(check.value)));
  const value = clamp(1 - losses.reduce((sum, loss) => sum + loss, 0));
  const flawless = losses.every((loss) => loss === 0);
  // The hair keeps 0.3 × 10 from being 2; without any loss the maximum is reached exactly.
  const points = flawless ? max : Math.min(max - 1, Math.floor(max * value + 1e-9));
  const shares = apportion(max - Math.max(0, points), losses);
  const causes = checks
    .map((check, i): Cause => ({ points: tenths(shares[i] ?? 0), text: check.text, query: check.query }))
    .filter((_, i) => (losses[i] ?? 0) > 0)
    .sort((a, b) => b.points - a.points);
  return { dimension, points: tenths(Math.max(0, points)), max: tenths(max), causes };
}

/**
 * Score of a layer from its tables, or of a lab from its layers: the weighted mean, rounded down to tenths, with parts
 * that add up to it. Members without a score or weight are left out; `prefix` says whose cause it is.
 */
export function combineScores(members: readonly { prefix: string; weight: number; score: Score }[]): Score {
  const counted = members.filter((member) => member.score.score !== null && member.weight > 0);
  if (counted.length === 0) return { score: null, parts: [], notCounted: [...dimensions] };
  const total = counted.reduce((sum, member) => sum + member.weight, 0);
  const means = dimensions.map((dimension) => {
    let points = 0;
    let max = 0;
    const causes: Cause[] = [];
    for (const member of counted) {
      const share = member.weight / total;
      const found = member.score.parts.find((p) => p.dimension === dimension);
      points += share * (found?.points ?? 0);
      max += share * (found?.max ?? 0);
      for (const cause of found?.causes ?? []) {
        causes.push({ ...cause, points: cause.points * share, text: member.prefix + cause.text });
      }
    }
    return { dimension, points, max, causes };
  });
  const scored = counted.reduce((sum, member) => sum + member.weight * (member.score.score ?? 0), 0) / total;
  const flawless = counted.every((member) => member.score.score === 100);
  const score = flawless ? 1000 : Math.min(999, Math.floor(scored * 10 + 1e-9));
  const maxima = apportion(
    1000,
    means.map((mean) => mean.max),
  );
  const losses = means.map((mean) => Math.max(0, mean.max - mean.points));
  // Points are what is left of each maximum, so that no part exceeds its own by rounding.
  const lost = apportion(1000 - score, losses, maxima);
  // Where parts that lost everything cannot lose the tenth that rounding asks for, one that lost nothing lends it.
  const short = 1000 - score - lost.reduce((sum, loss) => sum + loss, 0);
  const borrower = losses.findIndex((loss) => loss > 0);
  const lender = maxima.indexOf(Math.max(...maxima.map((max, i) => (losses[i] === 0 ? max : -1))));
  if (short > 0 && borrower >= 0) {
    maxima[lender] = (maxima[lender] ?? 0) - short;
    maxima[borrower] = (maxima[borrower] ?? 0) + short;
    lost[borrower] = (lost[borrower] ?? 0) + short;
  }
  const parts = means.map(({ dimension, causes }, i): Part => {
    const max = maxima[i] ?? 0;
    const loss = lost[i] ?? 0;
    const shares = apportion(
      loss,
      causes.map((cause) => cause.points),
    );
    return {
      dimension,
      points: tenths(max - loss),
      max: tenths(max),
      causes: causes
        .map((cause, c) => ({ ...cause, points: tenths(shares[c] ?? 0) }))
        .sort((a, b) => b.points - a.points),
    };
  });
  return {
    score: tenths(score),
    parts: parts.filter((p) => p.max > 0),
    notCounted: parts.filter((p) => p.max === 0).map((p) => p.dimension),
  };
}

const mostCauses = 20;

/** A score with the greatest losses of each part, and the small ones of many tables in one line: each table names its own. */
export function summarise<T extends Score>(score: T): T {
  const parts = score.parts.map((whole) => {
    if (whole.causes.length <= mostCauses) return whole;
    const rest = whole.causes.slice(mostCauses - 1);
    const points = rest.reduce((sum, cause) => sum + Math.round(cause.points * 10), 0);
    const text = `${rest.length} smaller causes, see the tables`;
    return {
      ...whole,
      causes: [...whole.causes.slice(0, mostCauses - 1), { points: tenths(points), text, query: null }],
    };
  });
  return { ...score, parts };
}

/**
 * `total` units shared out in proportion to `weights`, in whole units (largest remainder; the earlier one on a tie),
 * and to none more than its limit, where limits are given, or without a weight. What nobody can take is left.
 */
function apportion(total: number, weights: readonly number[], limits?: readonly number[]): number[] {
  const sum = weights.reduce((a, b) => a + b, 0);
  if (total <= 0 || sum <= 0) return weights.map(() => 0);
  const exact = weights.map((weight) => (total * weight) / sum);
  const limit = (i: number) => limits?.[i] ?? Number.POSITIVE_INFINITY;
  const whole = exact.map((share, i) => Math.min(limit(i), Math.floor(share + 1e-9)));
  let rest = total - whole.reduce((a, b) => a + b, 0);
  const order = exact.map((share, i) => ({ i, fraction: share - (whole[i] ?? 0) }));
  order.sort((a, b) => b.fraction - a.fraction || a.i - b.i);
  while (rest > 0) {
    const before = rest;
    for (const { i } of order) {
      if (rest === 0) break;
      if ((whole[i] ?? 0) >= limit(i) || (weights[i] ?? 0) <= 0) continue;
      whole[i] = (whole[i] ?? 0) + 1;
      rest--;
    }
    if (rest === before) break;
  }
  return whole;
}

const clamp = (value: number) => (Number.isFinite(value) ? Math.min(1, Math.max(0, value)) : 0);
const tenths = (units: number) => Math.round(units) / 10;
