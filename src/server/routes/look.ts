import { cpus, freemem, hostname, loadavg, totalmem, uptime } from "node:os";
import * as z from "zod";
import { volumeOf } from "#registry/index.ts";
import { workspaceOf } from "../context.ts";
import { type Route, route } from "../route.ts";
import * as schemas from "../schemas.ts";
import { healthItems } from "../look/health.ts";
import { limit } from "./runs.ts";

export const lookRoutes: Route[] = [
  route({
    method: "GET",
    path: "/health",
    summary: "What needs attention; machine, workers, queue and leases",
    tag: "health",
    role: "viewer",
    response: schemas.health,
    handle: async ({ context }) => {
      const { jobs } = context.ledger;
      const workspace = workspaceOf(context);
      const volume = volumeOf(workspace.root);
      const [workers, open, items] = await Promise.all([
        jobs.workers(new Date()),
        jobs.jobs({ states: ["queued", "running"], limit: 1000 }),
        healthItems(workspace, context.ledger),
      ]);
      const running = open.filter(({ state }) => state === "running");
      return {
        items,
        machine: {
          host: hostname(),
          cores: cpus().length,
          load: loadavg()[0] ?? 0,
          memoryFree: freemem(),
          memoryTotal: totalmem(),
          diskFree: volume?.free ?? null,
          diskTotal: volume?.total ?? null,
          uptimeSeconds: uptime(),
        },
        workers: workers.map(({ stoppedAt: _stoppedAt, ...worker }) => worker),
        queue: { waiting: open.length - running.length, running: running.length },
        leases: running.map(({ id, lab, worker, leaseUntil, attempt }) => ({
          job: id,
          lab,
          worker,
          until: leaseUntil,
          attempt,
        })),
      };
    },
  }),
  route({
    method: "GET",
    path: "/alerts",
    summary: "Incidents with their causes and who was told, newest first",
    tag: "alerts",
    role: "viewer",
    query: z.strictObject({ state: z.enum(["open", "over"]).optional(), limit: limit(200, 50) }),
    response: schemas.alerts,
    handle: async ({ context, query }) => {
      const { alerts } = context.ledger;
      const { state } = query;
      const incidents = await alerts.incidents({ limit: query.limit, ...(state !== undefined && { state }) });
      const deliveries = await alerts.deliveries(query.limit);
      return {
        incidents: incidents.map(({ cause, labs, told, id, event, state: is, openedAt, seenAt, seen, overAt }) => ({
          id,
          event,
          state: is,
          openedAt,
          seenAt,
          seen,
          overAt,
          summary: cause.summary,
          cause: { ...cause },
          labs: Object.entries(labs).map(([lab, { since, run, over }]) => ({ lab, since, run, over })),
          told: Object.entries(told).map(([channel, { at, times }]) => ({ channel, at, times })),
        })),
        deliveries: deliveries.map((each) => ({
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
    },
  }),
  route({
    method: "GET",
    path: "/audit",
    summary: "Who did what through the API, newest first",
    tag: "access",
    role: "admin",
    query: z.strictObject({ limit: limit(200, 50), cursor: z.string().max(32).optional() }),
    response: schemas.auditList,
    handle: async ({ context, query }) => {
      const entries = await context.ledger.access.audits(query.limit + 1, query.cursor);
      const page = entries.slice(0, query.limit);
      return { entries: page, next: entries.length > query.limit ? (page.at(-1)?.id ?? null) : null };
    },
  }),
];
