import * as z from "zod";
import { connectToServer } from "#orchestrate/index.ts";
import { requireWritable, wake, workspaceOf } from "../context.ts";
import { serverErrors } from "../errors.ts";
import { jobJson } from "../look/jobs.ts";
import { Ready, type Route, route } from "../route.ts";
import * as schemas from "../schemas.ts";
import { limit, ofLabs } from "./runs.ts";

export const jobRoutes: Route[] = [
  route({
    id: "listJobs",
    method: "GET",
    path: "/jobs",
    summary: "What waits, runs and ran on the server, newest first",
    tag: "jobs",
    role: "viewer",
    query: z.strictObject({ lab: z.string().optional(), state: schemas.jobState.optional(), limit: limit(200, 50) }),
    response: schemas.jobList,
    handle: async ({ scope, context, query }) => {
      if (query.lab !== undefined) scope.lab(query.lab);
      const list = async () => {
        const jobs = await context.ledger.jobs.jobs({
          ...ofLabs(query.lab ?? scope.names),
          ...(query.state !== undefined && { states: [query.state] }),
          limit: query.limit,
        });
        return { jobs: jobs.map(jobJson) };
      };
      return new Ready(await context.answers.of(JSON.stringify(["jobs", scope.key, query]), list));
    },
  }),
  route({
    id: "runLab",
    method: "POST",
    path: "/labs/{lab}/runs",
    summary: "Run a lab; what is unchanged since its last run is not built again",
    tag: "jobs",
    role: "operator",
    action: "run",
    status: 202,
    body: schemas.runRequest,
    response: schemas.job,
    handle: async ({ scope, context, params, body, principal }) => {
      requireWritable(context);
      const lab = scope.lab(params["lab"] ?? "");
      lab.requireRunnable();
      const words = [
        "labs run",
        lab.name,
        ...(body.select ? ["--select", ...body.select] : []),
        ...(body.exclude ? ["--exclude", ...body.exclude] : []),
        ...(body.fullRefresh ? ["--full-refresh"] : []),
      ];
      const [job] = await context.ledger.jobs.enqueue([
        { lab: lab.name, trigger: "api", command: words.join(" "), user: principal.name, options: body, priority: 100 },
      ]);
      if (!job) throw new Error("a request without a dedupe text is always new");
      await wake(context);
      return jobJson(job);
    },
  }),
  route({
    id: "cancelJob",
    method: "POST",
    path: "/jobs/{job}/cancel",
    summary: "Cancel a job: what waits is dropped, what runs stops at the next model",
    tag: "jobs",
    role: "operator",
    action: "cancel",
    response: schemas.job,
    handle: async ({ scope, context, params, principal }) => {
      requireWritable(context);
      const id = params["job"] ?? "";
      const known = await context.ledger.jobs.job(id);
      if (known && scope.sees(known.lab)) scope.require(known.lab);
      else throw serverErrors.notFound({ message: `There is no job ${id}.` });
      await context.ledger.jobs.cancel(id, principal.name, new Date());
      const client = await connectToServer(workspaceOf(context).state);
      // It has the process of what runs; what has ended meanwhile needs nobody.
      await client?.cancel(id).catch(() => {});
      client?.close();
      await context.hub.look();
      return jobJson((await context.ledger.jobs.job(id)) ?? known);
    },
  }),
  route({
    id: "pauseLab",
    method: "POST",
    path: "/labs/{lab}/pause",
    summary: "Keep schedules from running a lab",
    tag: "jobs",
    role: "operator",
    action: "pause",
    body: schemas.pauseRequest,
    response: schemas.labRow,
    handle: async ({ scope, context, params, body, principal }) => {
      requireWritable(context);
      const lab = scope.lab(params["lab"] ?? "");
      await context.ledger.jobs.pause(lab.name, principal.name, body.why ?? null, new Date());
      await wake(context);
      return rowOf(context, lab.name);
    },
  }),
  route({
    id: "resumeLab",
    method: "POST",
    path: "/labs/{lab}/resume",
    summary: "Let schedules run a lab again",
    tag: "jobs",
    role: "operator",
    action: "resume",
    response: schemas.labRow,
    handle: async ({ scope, context, params }) => {
      requireWritable(context);
      const lab = scope.lab(params["lab"] ?? "");
      await context.ledger.jobs.resume(lab.name);
      await wake(context);
      return rowOf(context, lab.name);
    },
  }),
];

async function rowOf(context: Parameters<typeof wake>[0], name: string) {
  const row = await context.rows.one(name);
  if (!row) throw serverErrors.notFound({ message: `There is no lab named ${name}.` });
  return row;
}
