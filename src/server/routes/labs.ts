import * as z from "zod";
import { errorToJson, isLabsError } from "#errors/index.ts";
import { soundSchedule } from "#orchestrate/index.ts";
import { publishedVersions, diffSnapshots, twoVersions } from "#publish/index.ts";
import { sourcesOf } from "#ingest/index.ts";
import { type Lab, stages, type Workspace } from "#registry/index.ts";
import { workspaceOf } from "../context.ts";
import { serverErrors } from "../errors.ts";
import { docsOf, graphOf, nodeDetail } from "../look/graphs.ts";
import { filesOf } from "../look/live.ts";
import { scheduleJson } from "../look/schedules.ts";
import { Ready, type Route, route } from "../route.ts";
import * as schemas from "../schemas.ts";
import type { Docs, LabDetail } from "../types.ts";

export const labRoutes: Route[] = [
  route({
    id: "listLabs",
    method: "GET",
    path: "/labs",
    summary: "Every lab with its state, last and next run, score and what to look at",
    tag: "labs",
    role: "viewer",
    response: schemas.labList,
    handle: async ({ context, scope }) =>
      new Ready(await context.rows.body(!context.readOnly, scope.whole ? undefined : (lab) => scope.sees(lab))),
  }),
  route({
    id: "getLab",
    method: "GET",
    path: "/labs/{lab}",
    summary: "One lab: sources, schedule, published versions, stages of its run",
    tag: "labs",
    role: "viewer",
    response: schemas.labDetail,
    handle: async ({ scope, context, params }) => {
      const lab = scope.lab(params["lab"] ?? "");
      const row = await context.rows.one(lab.name);
      if (!row) throw serverErrors.notFound({ message: `There is no lab named ${lab.name}.` });
      return { lab: row, ...aboutLab(workspaceOf(context), lab) };
    },
  }),
  route({
    id: "getGraph",
    method: "GET",
    path: "/labs/{lab}/graph",
    summary: "Sources, models and what lies between them, with the outcome of their last run",
    tag: "labs",
    role: "viewer",
    response: schemas.graph,
    handle: async ({ scope, context, params }) => graphOf(context.ledger, scope.lab(params["lab"] ?? "")),
  }),
  route({
    id: "getNode",
    method: "GET",
    path: "/labs/{lab}/nodes/{node}",
    summary: "One node of the graph: columns, tests, its SQL as written and as run",
    tag: "labs",
    role: "viewer",
    data: true,
    response: schemas.nodeDetail,
    handle: async ({ scope, params }) => nodeDetail(scope.lab(params["lab"] ?? ""), params["node"] ?? ""),
  }),
  route({
    id: "listFiles",
    method: "GET",
    path: "/labs/{lab}/files",
    summary: "Every file that was seen, from the lab's own ledger; not while the lab runs",
    tag: "labs",
    role: "viewer",
    response: schemas.fileList,
    handle: async ({ scope, params }) => filesOf(scope.lab(params["lab"] ?? "")),
  }),
  route({
    id: "diffVersions",
    method: "GET",
    path: "/labs/{lab}/diff",
    summary: "What changed between two published versions",
    tag: "labs",
    role: "viewer",
    query: z.strictObject({ before: z.string().optional(), after: z.string().optional() }),
    response: schemas.diff,
    handle: async ({ scope, params, query }) => {
      const lab = scope.lab(params["lab"] ?? "");
      const { before, after } = twoVersions(lab.paths.database, query.before, query.after);
      const keys = new Map(
        Object.entries(lab.config.quality.tables ?? {}).flatMap(([name, { key }]) =>
          key === undefined ? [] : [[name.toLowerCase(), typeof key === "string" ? [key] : key] as const],
        ),
      );
      const tables = await diffSnapshots(before.file, after.file, keys);
      return { before: before.version, after: after.version, tables: tables.map((table) => ({ ...table })) };
    },
  }),
  route({
    id: "getDocs",
    method: "GET",
    path: "/docs",
    summary: "What is written about models, sources and columns, of one lab or all",
    tag: "docs",
    role: "viewer",
    query: z.strictObject({ lab: z.string().optional() }),
    response: schemas.docs,
    handle: async ({ scope, query }) => {
      const labs = query.lab === undefined ? scope.labs() : [scope.lab(query.lab)];
      const entries: Docs["entries"] = [];
      for (const lab of labs) {
        try {
          entries.push(...docsOf(lab));
        } catch (error) {
          // A lab that never ran has no documentation, and hides no other.
          if (!isLabsError(error) || error.code !== "SRV-014" || query.lab !== undefined) throw error;
        }
      }
      return { entries };
    },
  }),
];

function aboutLab(workspace: Workspace, lab: Lab): Omit<LabDetail, "lab"> {
  const { root, config, database, dbtProject, raw } = lab.paths;
  const shown = { root, config, database, dbtProject, raw };
  const paths = Object.fromEntries(Object.entries(shown).map(([name, path]) => [name, workspace.display(path)]));
  const versions = publishedVersions(database).map(
    ({ version, publishedAt, runId, score, bytes, current, tables }) => ({
      version,
      publishedAt,
      runId,
      score,
      bytes,
      current,
      tables: tables.map(({ schema, name, rows }) => ({ schema, name, rows })),
    }),
  );
  const nothing = { paths, versions, sources: [], schedule: null, steps: [...stages] };
  try {
    return {
      ...nothing,
      ...configured(workspace, lab),
      steps: lab.config.steps.map(({ name }) => name),
      problem: null,
    };
  } catch (error) {
    if (!isLabsError(error)) throw error;
    return { ...nothing, problem: errorToJson(error) };
  }
}

function configured(workspace: Workspace, lab: Lab): Pick<LabDetail, "sources" | "schedule"> {
  return {
    sources: sourcesOf(lab).map(({ name, table, path, api, step, format, columns, key }) => ({
      name,
      table: `raw.${table}`,
      kind: api ? "api" : step ? "step" : format,
      // As written: values of the environment are not put in.
      from: api ? `${api.method} ${api.url}` : step ? step.file : path.join(", "),
      columns: columns?.size ?? 0,
      key,
    })),
    schedule: scheduleJson(soundSchedule(workspace, lab), 5),
  };
}
