import { cpus, freemem, hostname, loadavg, totalmem, uptime } from "node:os";
import * as z from "zod";
import { volumeOf } from "#registry/index.ts";
import { workspaceOf } from "../context.ts";
import { type Route, route } from "../route.ts";
import * as schemas from "../schemas.ts";
import { healthItems } from "../look/health.ts";
import { incidentsFor } from "../look/incidents.ts";
import { limit, ofLabs } from "./runs.ts";

export const lookRoutes: Route[] = [
  route({
    id: "getHealth",
    method: "GET",
    path: "/health",
    summary: "What needs attention; machine, workers, queue and leases",
    tag: "health",
    role: "viewer",
    response: schemas.health,
    handle: async ({ scope, context }) => {
      const { jobs } = context.ledger;
      const workspace = workspaceOf(context);
      const volume = volumeOf(workspace.root);
      const [workers, open, items] = await Promise.all([
        jobs.workers(new Date()),
        jobs.jobs({ states: ["queued", "running"], limit: 1000, ...ofLabs(scope.names) }),
        healthItems(workspace, context.ledger),
      ]);
      const running = open.filter(({ state }) => state === "running");
      return {
        items: items.filter(({ lab }) => scope.whole || (lab !== null && scope.sees(lab))),
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
        // What a worker tells of itself may name labs.
        workers: workers.map(({ stoppedAt: _stoppedAt, ...worker }) =>
          scope.whole ? worker : { ...worker, info: {} },
        ),
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
    id: "listAlerts",
    method: "GET",
    path: "/alerts",
    summary: "Incidents with their causes and who was told, newest first",
    tag: "alerts",
    role: "viewer",
    query: z.strictObject({ state: z.enum(["open", "over"]).optional(), limit: limit(200, 50) }),
    response: schemas.alerts,
    handle: async ({ scope, context, query }) => incidentsFor(context.ledger, scope, query.state, query.limit),
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
