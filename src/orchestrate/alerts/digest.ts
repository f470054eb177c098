import type { DeliveryMessage, Incident, Ledger } from "#ledger/index.ts";
import type { HealthFacts } from "../health/facts.ts";
import { clean, incidentJson, type MessageContext, scopeOf, shortTime } from "./message.ts";
import { renderTemplate, type Template } from "./template.ts";

const dayMs = 86_400_000;

/** One message about all labs: how they are now, and what happened since the same time of the day before. */
export async function digestMessage(
  ledger: Ledger,
  facts: HealthFacts,
  day: string,
  template: Template,
  context: MessageContext,
): Promise<DeliveryMessage> {
  const from = new Date(context.now.getTime() - dayMs).toISOString();
  const incidents = await ledger.alerts.incidents({ limit: 1000 });
  const open = incidents.filter(({ state }) => state === "open");
  const ended = incidents.filter(({ overAt }) => overAt !== null && overAt > from);
  const labs = await Promise.all(
    facts.labs
      .filter(({ status }) => status !== "archived")
      .map(async ({ name, lastRun, owner, paused, status }) => {
        const runs = (await ledger.runs({ lab: name, limit: 1000 })).filter(({ startedAt }) => startedAt > from);
        const own = open.filter((each) => each.labs[name]?.over === false);
        return {
          name,
          owner,
          state: stateOf(own, lastRun?.status, paused !== null || status === "paused"),
          last_run: lastRun ? shortTime(lastRun.startedAt) : undefined,
          score: typeof lastRun?.summary?.score === "number" ? lastRun.summary.score : undefined,
          runs: runs.length,
          failed: runs.filter((run) => run.status === "failed" || run.status === "crashed").length,
          needs_attention: own.length > 0 || lastRun?.status === "failed" || lastRun?.status === "crashed",
        };
      }),
  );
  const sum = (key: "runs" | "failed") => labs.reduce((total, lab) => total + lab[key], 0);
  const scope = {
    workspace: context.workspace,
    day,
    labs_count: labs.length,
    failing_count: labs.filter((lab) => lab.needs_attention).length,
    runs_count: sum("runs"),
    failed_count: sum("failed"),
    labs,
    incidents: open.map((each) => scopeOf(each, context)),
    ended: ended.map((each) => scopeOf(each, context)),
    problems: [
      ...facts.alerts.problems,
      ...facts.alerts.channels.flatMap(({ name, failingSince, problem }) =>
        failingSince === null
          ? []
          : [`the channel ${name} fails since ${shortTime(failingSince)}: ${problem ?? "unknown"}`],
      ),
    ].map((text) => ({ text })),
  };
  const { subject, body } = renderTemplate(template, clean(scope, context.redact));
  const facts_ = labs.map(({ needs_attention: attention, ...lab }) => ({ ...lab, attention }));
  const data = { kind: "digest", workspace: context.workspace, day, labs: facts_, incidents: open.map(incidentJson) };
  return { subject, body, data: JSON.parse(context.redact(JSON.stringify(data))) as Record<string, unknown> };
}

function stateOf(open: Incident[], last: string | undefined, paused: boolean): string {
  if (open.length > 0) return [...new Set(open.map(({ event }) => event.replace("_", " ")))].join(", ");
  if (paused) return "paused";
  return last ?? "never run";
}
