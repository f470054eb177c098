import type { EventInfo, Ledger, RunDetail, RunInfo, ScoreInfo } from "#ledger/index.ts";
import type { ErrorJson } from "#errors/index.ts";
import { publishedVersions } from "#publish/index.ts";
import type { ScoreDetail } from "#quality/index.ts";
import type { Workspace } from "#registry/index.ts";
import { inside } from "./inside.ts";
import type { RunDetailJson, RunInfoJson, ScoreJson } from "../types.ts";

export const runJson = (run: RunInfo): RunInfoJson => ({
  id: run.id,
  lab: run.lab,
  trigger: run.trigger,
  command: run.command,
  user: run.user,
  host: run.host,
  startedAt: run.startedAt,
  finishedAt: run.finishedAt,
  seconds: run.seconds,
  status: run.status,
  job: run.job,
  attempt: run.attempt,
  summary: run.summary,
});

export function scoreJson({ scope, name, score, rows, parts }: ScoreInfo): ScoreJson {
  const detail = parts as Partial<ScoreDetail> | null;
  return {
    scope,
    name,
    score,
    rows,
    parts: (detail?.parts ?? []).map((part) => ({
      dimension: part.dimension,
      points: part.points,
      max: part.max,
      causes: part.causes.map((cause) => ({ points: cause.points, text: cause.text, query: cause.query })),
    })),
    notCounted: detail?.notCounted ?? [],
  };
}

/** A run with its steps, and its nodes on the time line. */
export async function runDetail(ledger: Ledger, workspace: Workspace, run: RunDetail): Promise<RunDetailJson> {
  const events = await ledger.events(run.id);
  const lab = workspace.labs.find(({ name }) => name === run.lab);
  const versions = lab ? publishedVersions(lab.paths.database) : [];
  const detail = {
    run: runJson(run),
    steps: run.steps.map(({ name, attempt, status, startedAt, finishedAt, seconds, error }) => ({
      name,
      attempt,
      status,
      startedAt,
      finishedAt,
      seconds,
      error,
    })),
    nodes: nodesOf(run, events),
    scores: run.scores.map(scoreJson),
    versions: versions.filter(({ runId }) => runId === run.id).map(({ version }) => version),
  };
  return inside(detail, workspace.root);
}

interface NodeEvent {
  uniqueId?: string;
  seconds?: number;
  error?: ErrorJson;
  behind?: string[];
}

/** The log says when a node ended and how long it took; the table of models how. */
function nodesOf(run: RunDetail, events: EventInfo[]): RunDetailJson["nodes"] {
  const ended = new Map<string, { at: number; data: NodeEvent }>();
  for (const event of events) {
    if (event.type !== "node-finish") continue;
    const data = event.data as NodeEvent | null;
    if (data?.uniqueId !== undefined) ended.set(data.uniqueId, { at: Date.parse(event.time), data });
  }
  const nodes = run.models.map((model) => {
    const end = ended.get(model.uniqueId);
    const startedAt = end && new Date(end.at - model.seconds * 1000).toISOString();
    return {
      uniqueId: model.uniqueId,
      name: model.name,
      resourceType: model.resourceType,
      status: model.status,
      seconds: model.seconds,
      startedAt: startedAt ?? null,
      failures: model.failures,
      message: model.message ?? null,
      relation: model.relation ?? null,
      error: end?.data.error ?? null,
      behind: end?.data.behind ?? [],
    };
  });
  const order = (node: { startedAt: string | null }) => node.startedAt ?? "~";
  return nodes.sort((a, b) => (order(a) < order(b) ? -1 : order(a) > order(b) ? 1 : 0));
}
