import { plural, thousands } from "#errors/index.ts";
import type { EventInfo, Incident, RunDetail } from "#ledger/index.ts";
import type { Thresholds } from "#registry/index.ts";
import { causesOf, type Observation } from "./causes.ts";

/** Everything that a run is judged by. */
export interface RunEvidence {
  run: RunDetail;
  /** Of the run: nodes, files, drift. */
  events: EventInfo[];
  /** Scores of the lab's runs before, newest first. */
  earlierScores: number[];
}

/** What a run says: what is wrong, and which open incidents of its lab are over with it. */
export interface RunFindings {
  seen: Observation[];
  /** Fingerprints. */
  over: string[];
}

/** Judges one run that has ended. Cancelled runs say nothing. */
export function examineRun(evidence: RunEvidence, thresholds: Thresholds, open: Incident[]): RunFindings {
  const { run, events } = evidence;
  if (run.status === "cancelled" || run.status === "running") return { seen: [], over: [] };
  const seen = [
    ...causesOf(run, events),
    ...droppedScore(evidence, thresholds),
    ...quarantined(run, thresholds),
    ...drifts(run, events),
  ];
  const present = new Set(seen.map(({ fingerprint }) => fingerprint));
  const over = open.filter((each) => {
    const own = each.labs[run.lab];
    return own && !own.over && !present.has(each.fingerprint) && isOver(each, run);
  });
  return { seen, over: over.map(({ fingerprint }) => fingerprint) };
}

/** Whether a run that does not show an incident proves that it is over: it must have looked at what was wrong. */
function isOver({ event, fingerprint, labs }: Incident, run: RunDetail): boolean {
  const { node: where, step } = labs[run.lab] ?? {};
  const complete = run.status === "ok" && run.summary?.partial === undefined;
  const stepOk = (name: string) => run.steps.findLast((step) => step.name === name)?.status === "ok";
  switch (event) {
    case "failed": {
      if (fingerprint.endsWith(":crash") || fingerprint.endsWith(":start")) return run.status !== "crashed";
      if (where !== undefined) {
        const node = run.models.find((model) => model.uniqueId === where);
        return node ? !["error", "fail", "partial success", "skipped"].includes(node.status) : complete;
      }
      return step === undefined ? complete : stepOk(step) || complete;
    }
    case "score_drop":
      return typeof run.summary?.score === "number";
    case "quarantined":
    case "drift":
      return (run.summary?.files ?? 0) > 0;
    default:
      // Conditions are over when they are not so any more; see the ticks.
      return false;
  }
}

/** Fewest earlier scores that say what is usual, and most that are looked at. */
const fewestScores = 1;
const mostScores = 5;

const median = (values: number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};

/**
 * A score under the least one, or under what is usual: the median of the runs before. A lab that stays at its new level has a
 * new usual after a few runs, so that the incident ends.
 */
function droppedScore({ run, earlierScores }: RunEvidence, { scoreDrop }: Thresholds): Observation[] {
  const score = run.summary?.score;
  if (typeof score !== "number") return [];
  const before = earlierScores.slice(0, mostScores);
  const usual = before.length >= fewestScores ? median(before) : undefined;
  const under = scoreDrop.under !== undefined && score < scoreDrop.under;
  const drop = usual === undefined ? 0 : usual - score;
  if (!under && drop < scoreDrop.by) return [];
  const why = [
    ...(usual !== undefined && drop > 0 ? [`usual is ${round(usual)}`] : []),
    ...(under ? [`the least allowed is ${scoreDrop.under}`] : []),
  ].join(", ");
  return [
    {
      fingerprint: `score_drop:${run.lab}`,
      event: "score_drop",
      shared: false,
      cause: {
        summary: `the score is ${round(score)}; ${why}`,
        hint: `\`labs inspect ${run.lab}\` names every lost point.`,
      },
    },
  ];
}

const round = (score: number): number => Math.round(score * 10) / 10;

function quarantined(run: RunDetail, { quarantined: limit }: Thresholds): Observation[] {
  const { rowsQuarantined = 0, rowsLoaded = 0 } = run.summary ?? {};
  if (rowsQuarantined === 0) return [];
  const all = rowsLoaded + rowsQuarantined;
  if ("count" in limit ? rowsQuarantined < limit.count : rowsQuarantined / all < limit.share) return [];
  return [
    {
      fingerprint: `quarantined:${run.lab}`,
      event: "quarantined",
      shared: false,
      cause: {
        summary: `${plural(rowsQuarantined, "row")} of ${thousands(all)} went into quarantine`,
        count: rowsQuarantined,
        hint: `\`labs quarantine ${run.lab}\` shows them with their reasons.`,
      },
    },
  ];
}

function drifts(run: RunDetail, events: EventInfo[]): Observation[] {
  const found = events.filter((event) => event.type === "drift");
  const bySource = Map.groupBy(found, ({ data }) => String((data as { source?: unknown } | null)?.source ?? ""));
  return [...bySource].map(([source, same]) => ({
    fingerprint: `drift:${run.lab}:${source}`,
    event: "drift",
    shared: false,
    cause: {
      summary: `the columns of ${source} changed`,
      message: [...new Set(same.map(({ text }) => text))].slice(0, 5).join("\n"),
      step: "load",
    },
  }));
}
