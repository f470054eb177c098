import * as z from "zod";
import { workspaceOf } from "../context.ts";
import { serverErrors } from "../errors.ts";
import { runDetail, runJson } from "../look/runs.ts";
import { Ready, type Route, route } from "../route.ts";
import * as schemas from "../schemas.ts";

/** Numbers and flags of an address are text. */
export const whole = (least: number, most: number) => z.coerce.number().int().min(least).max(most);
export const limit = (most: number, usual: number) => whole(1, most).default(usual);

/** The filter of the ledger for labs; none when all may be seen. */
export const ofLabs = (lab: string | readonly string[] | undefined) => (lab === undefined ? {} : { lab });

export const runRoutes: Route[] = [
  route({
    id: "listRuns",
    method: "GET",
    path: "/runs",
    summary: "Runs, newest first; `cursor` is the `next` of the page before",
    tag: "runs",
    role: "viewer",
    query: z.strictObject({
      lab: z.string().optional(),
      status: schemas.runStatus.optional(),
      limit: limit(200, 50),
      cursor: z.string().max(32).optional(),
    }),
    response: schemas.runList,
    handle: async ({ scope, context, query }) => {
      if (query.lab !== undefined) scope.lab(query.lab);
      const list = async () => {
        const runs = await context.ledger.runs({
          ...ofLabs(query.lab ?? scope.names),
          ...(query.status !== undefined && { status: query.status }),
          ...(query.cursor !== undefined && { before: query.cursor }),
          limit: query.limit + 1,
        });
        const page = runs.slice(0, query.limit);
        return { runs: page.map(runJson), next: runs.length > query.limit ? (page.at(-1)?.id ?? null) : null };
      };
      return new Ready(await context.answers.of(JSON.stringify(["runs", scope.key, query]), list));
    },
  }),
  route({
    id: "getRun",
    method: "GET",
    path: "/runs/{run}",
    summary: "One run: steps, nodes on the time line, scores; `run` may be the end of an id, or `last`",
    tag: "runs",
    role: "viewer",
    response: schemas.runDetail,
    handle: async ({ scope, context, params }) =>
      runDetail(context.ledger, workspaceOf(context), await scope.run(params["run"] ?? "")),
  }),
  route({
    id: "listRunEvents",
    method: "GET",
    path: "/runs/{run}/events",
    summary: "The log of a run; `after` is the `next` of the page before",
    tag: "runs",
    role: "viewer",
    query: z.strictObject({
      after: whole(-1, Number.MAX_SAFE_INTEGER).default(-1),
      level: z.enum(["debug", "info", "warn", "error"]).default("debug"),
      limit: limit(5000, 1000),
    }),
    response: schemas.runEvents,
    handle: async ({ scope, context, params, query }) => {
      const run = await scope.run(params["run"] ?? "");
      const events = await context.ledger.events(run.id, {
        after: query.after,
        level: query.level,
        limit: query.limit,
      });
      return {
        events: events.map(({ seq, time, level, step, type, text }) => ({ seq, time, level, step, type, text })),
        next: events.at(-1)?.seq ?? (query.after < 0 ? null : query.after),
        running: run.status === "running",
      };
    },
  }),
  route({
    id: "compareRuns",
    method: "GET",
    path: "/runs/{run}/compare/{other}",
    summary: "What two runs of a lab did differently: nodes by status and time",
    tag: "runs",
    role: "viewer",
    response: schemas.comparison,
    handle: async ({ scope, params }) => {
      const run = await scope.run(params["run"] ?? "");
      const other = await scope.run(params["other"] ?? "", run.lab);
      if (!scope.sees(other.lab)) throw serverErrors.notFound({ message: `There is no run ${params["other"]}.` });
      if (run.lab !== other.lab)
        throw serverErrors.badRequest({
          message: "Only runs of one lab can be compared.",
          hint: `Choose one of ${run.lab}.`,
        });
      const ids = new Map([...other.models, ...run.models].map((model) => [model.uniqueId, model.name]));
      return {
        run: runJson(run),
        other: runJson(other),
        nodes: [...ids].map(([uniqueId, name]) => {
          const [now, then] = [run, other].map(({ models }) => models.find((each) => each.uniqueId === uniqueId));
          return {
            uniqueId,
            name,
            status: now?.status ?? null,
            otherStatus: then?.status ?? null,
            seconds: now?.seconds ?? null,
            otherSeconds: then?.seconds ?? null,
          };
        }),
      };
    },
  }),
];
