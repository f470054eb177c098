import type { Incident, Ledger } from "#ledger/index.ts";
import type { Alerts, IncidentJson } from "../types.ts";
import type { Sight } from "./sight.ts";

/** The most that is looked through for somebody who sees some labs only. */
const mostLooked = 1000;

/**
 * Incidents of the labs that somebody may see, newest first, and the messages about them. Of one that other labs share,
 * neither the cause nor the messages are told: both may name those.
 */
export async function incidentsFor(
  { alerts }: Ledger,
  scope: Sight,
  state: "open" | "over" | undefined,
  limit: number,
): Promise<Alerts> {
  const looked = scope.whole ? limit : mostLooked;
  const all = await alerts.incidents({ limit: looked, ...(state !== undefined && { state }) });
  const incidents = all.filter(({ labs }) => scope.whole || Object.keys(labs).some((lab) => scope.sees(lab)));
  const own = new Set(all.filter((incident) => isWhole(incident, scope)).map(({ id }) => id));
  const deliveries = (await alerts.deliveries(looked)).filter(
    (each) => scope.whole || (each.incidents.length > 0 && each.incidents.every((id) => own.has(id))),
  );
  return {
    incidents: incidents.slice(0, limit).map((incident) => incidentJson(incident, scope)),
    deliveries: deliveries.slice(0, limit).map((each) => ({
      id: each.id,
      channel: each.channel,
      kind: each.kind,
      state: each.state,
      subject: each.message?.subject ?? null,
      createdAt: each.createdAt,
      sentAt: each.sentAt,
      attempts: each.attempts,
      problem: each.problem,
    })),
  };
}

const isWhole = ({ labs }: Incident, scope: Sight): boolean =>
  scope.whole || (Object.keys(labs).length > 0 && Object.keys(labs).every((lab) => scope.sees(lab)));

function incidentJson(incident: Incident, scope: Sight): IncidentJson {
  const { id, event, state, openedAt, seenAt, seen, overAt, labs, told } = incident;
  const cause = isWhole(incident, scope) ? incident.cause : { summary: "Other labs have it, too." };
  return {
    id,
    event,
    state,
    openedAt,
    seenAt,
    seen,
    overAt,
    summary: cause.summary,
    cause: { ...cause },
    labs: Object.entries(labs).flatMap(([lab, { since, run, over }]) =>
      scope.sees(lab) ? [{ lab, since, run, over }] : [],
    ),
    told: Object.entries(told).map(([channel, { at, times }]) => ({ channel, at, times })),
  };
}
