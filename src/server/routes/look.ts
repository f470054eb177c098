import * as z from "zod";
import { workspaceOf } from "../context.ts";
import { type Route, route } from "../route.ts";
import * as schemas from "../schemas.ts";
import { healthOf } from "../look/health.ts";
import { incidentsFor } from "../look/incidents.ts";
import { limit } from "./runs.ts";

export const lookRoutes: Route[] = [
  route({
    id: "getHealth",
    method: "GET",
    path: "/health",
    summary: "What needs attention; machine, workers, queue and leases",
    tag: "health",
    role: "viewer",
    response: schemas.health,
    handle: async ({ scope, context }) => healthOf(workspaceOf(context), context.ledger, scope),
  }),
  route({
    id: "listAlerts",
    method: "GET",
    path: "/alerts",
    summary: "Incidents with their causes and who was told, newest first",
    tag: "alerts",
    role: "viewer",
    query: z.strictObject({ state: z.enum(["open", "over"]).optional(), limit: limit(200, 50) }),
    response: schemas.alerts,
    handle: async ({ scope, context, query }) => {
      const { incidents, deliveries } = await incidentsFor(context.ledger, scope, query.state, query.limit);
      return {
        incidents: incidents.map((incident) => ({
          ...incident,
          cause: { ...incident.cause, summary: incident.summary },
        })),
        deliveries,
      };
    },
  }),
  route({
    id: "listAudit",
    method: "GET",
    path: "/audit",
    summary: "Who did what through the API, newest first",
    tag: "access",
    role: "admin",
    whole: true,
    query: z.strictObject({ limit: limit(200, 50), cursor: z.string().max(32).optional() }),
    response: schemas.auditList,
    handle: async ({ context, query }) => {
      const entries = await context.ledger.access.audits(query.limit + 1, query.cursor);
      const page = entries.slice(0, query.limit);
      return { entries: page, next: entries.length > query.limit ? (page.at(-1)?.id ?? null) : null };
    },
  }),
];
