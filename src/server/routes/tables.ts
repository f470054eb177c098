import * as z from "zod";
import { requireWritable, workspaceOf } from "../context.ts";
import { serverErrors } from "../errors.ts";
import { quarantineCsv, quarantineOf, replay } from "../look/live.ts";
import { rowsOf, tableDetail, tablesOf } from "../look/tables.ts";
import { Download, type Route, route } from "../route.ts";
import * as schemas from "../schemas.ts";
import { limit, whole } from "./runs.ts";

const flag = z.enum(["true", "false"]).default("false");

export const tableRoutes: Route[] = [
  route({
    id: "listTables",
    method: "GET",
    path: "/labs/{lab}/tables",
    summary: "Tables that are published or were scored",
    tag: "tables",
    role: "viewer",
    response: schemas.tableList,
    handle: ({ scope, context, params }) => tablesOf(context.ledger, context.snapshots, scope.lab(params["lab"] ?? "")),
  }),
  route({
    id: "getTable",
    method: "GET",
    path: "/labs/{lab}/tables/{table}",
    summary: "One table: profile of what is published, score with every lost point, tests",
    tag: "tables",
    role: "viewer",
    data: true,
    response: schemas.tableDetail,
    handle: ({ scope, context, params, signal }) => {
      const lab = scope.lab(params["lab"] ?? "");
      return tableDetail(context.ledger, context.snapshots, lab, params["table"] ?? "", signal);
    },
  }),
  route({
    id: "listRows",
    method: "GET",
    path: "/labs/{lab}/tables/{table}/rows",
    summary: "Rows of a published table, sorted and filtered there; `filter` is `column~text`, as often as wanted",
    tag: "tables",
    role: "viewer",
    query: z.strictObject({
      offset: whole(0, 1_000_000_000).default(0),
      limit: limit(1000, 100),
      sort: z.string().optional(),
      descending: flag,
      filter: z.union([z.string(), z.array(z.string())]).optional(),
      version: z.string().optional(),
    }),
    data: true,
    response: schemas.grid,
    handle: async ({ scope, context, params, query, signal }) => {
      const lab = scope.lab(params["lab"] ?? "");
      const filters = [query.filter ?? []].flat().map((text) => {
        const at = text.indexOf("~");
        if (at < 1) throw serverErrors.badRequest({ message: `A filter is column~text, not ${text}.` });
        return { column: text.slice(0, at), text: text.slice(at + 1) };
      });
      const { offset, sort, version } = query;
      const request = { offset, limit: query.limit, sort, version, filters, descending: query.descending === "true" };
      return rowsOf(context.snapshots, lab, params["table"] ?? "", request, signal);
    },
  }),
  route({
    id: "getQuarantine",
    method: "GET",
    path: "/labs/{lab}/quarantine",
    summary: "Rows in quarantine by reason, and the rows; not while the lab runs",
    tag: "quarantine",
    role: "viewer",
    query: z.strictObject({ table: z.string().optional(), limit: limit(1000, 100) }),
    data: true,
    response: schemas.quarantine,
    handle: ({ scope, params, query }) =>
      quarantineOf(
        scope.lab(params["lab"] ?? ""),
        query.table === undefined ? {} : { tables: [query.table] },
        query.limit,
      ),
  }),
  route({
    id: "exportQuarantine",
    method: "GET",
    path: "/labs/{lab}/quarantine/csv",
    summary: "Every row in quarantine as a CSV file, as `labs quarantine export` writes it; not while the lab runs",
    tag: "quarantine",
    role: "viewer",
    query: z.strictObject({ table: z.string().optional() }),
    data: true,
    response: z.string(),
    produces: "text/csv",
    handle: async ({ scope, params, query }) => {
      const lab = scope.lab(params["lab"] ?? "");
      const filter = query.table === undefined ? {} : { tables: [query.table] };
      return new Download(`${lab.name}-quarantine.csv`, await quarantineCsv(lab, filter));
    },
  }),
  route({
    id: "replayQuarantine",
    method: "POST",
    path: "/labs/{lab}/quarantine/replay",
    summary: "Load corrected rows; those that still do not fit stay in quarantine",
    tag: "quarantine",
    role: "operator",
    action: "replay",
    body: schemas.replayRequest,
    response: schemas.replayed,
    handle: ({ scope, context, params, body }) => {
      requireWritable(context);
      return replay(workspaceOf(context), scope.lab(params["lab"] ?? ""), body.rows);
    },
  }),
  route({
    id: "query",
    method: "POST",
    path: "/query",
    summary: "Ask what a lab has published: one SELECT, sandboxed, with a row and a time limit",
    tag: "query",
    role: "viewer",
    body: schemas.queryRequest,
    data: true,
    response: schemas.grid,
    handle: ({ scope, context, body, signal, principal }) =>
      context.snapshots.ask(scope.lab(body.lab), body.sql, body.limit, {
        signal,
        ...(body.version !== undefined && { version: body.version }),
        ...(body.id !== undefined && { id: `${principal.name}:${body.id}` }),
      }),
  }),
  route({
    id: "cancelQuery",
    method: "POST",
    path: "/query/{id}/cancel",
    summary: "Stop a query that was asked with this id",
    tag: "query",
    role: "viewer",
    response: schemas.done,
    handle: async ({ context, params, principal }) => ({
      done: context.snapshots.cancel(`${principal.name}:${params["id"] ?? ""}`),
    }),
  }),
];
