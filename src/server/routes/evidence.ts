import * as z from "zod";
import { diffOneTable, twoVersions } from "#publish/index.ts";
import { labSettings } from "#registry/index.ts";
import { workspaceOf } from "../context.ts";
import { serverErrors } from "../errors.ts";
import { cellOf } from "../look/cells.ts";
import { failingRows, lostRows } from "../look/evidence.ts";
import { lineageOf } from "../look/lineage.ts";
import { type Route, route } from "../route.ts";
import * as schemas from "../schemas.ts";
import { limit, whole } from "./runs.ts";

/** Rows of each side that a comparison shows. */
const sampleRows = 100;

export const evidenceRoutes: Route[] = [
  route({
    id: "listFailingRows",
    method: "GET",
    path: "/labs/{lab}/tests/{test}/rows",
    summary:
      "Rows that a test or an expectation does not accept now, from the working database; not while the lab runs",
    tag: "tables",
    role: "viewer",
    query: z.strictObject({ limit: limit(1000, 100) }),
    data: true,
    response: schemas.evidence,
    handle: ({ scope, params, query, signal }) =>
      failingRows(scope.lab(params["lab"] ?? ""), params["test"] ?? "", query.limit, signal),
  }),
  route({
    id: "listLostRows",
    method: "GET",
    path: "/labs/{lab}/tables/{table}/lost/{cause}",
    summary: "Rows behind a lost point: `cause` counts the causes of the newest score from 0; not while the lab runs",
    tag: "tables",
    role: "viewer",
    query: z.strictObject({ limit: limit(1000, 100) }),
    data: true,
    response: schemas.evidence,
    handle: ({ scope, context, params, query, signal }) => {
      const cause = Number(params["cause"]);
      if (!Number.isInteger(cause) || cause < 0)
        throw serverErrors.badRequest({ message: "A cause is a whole number from 0 up." });
      const lab = scope.lab(params["lab"] ?? "");
      return lostRows(context.ledger, lab, params["table"] ?? "", cause, query.limit, signal);
    },
  }),
  route({
    id: "getColumnLineage",
    method: "GET",
    path: "/labs/{lab}/lineage/{node}",
    summary: "Where the columns of a node come from and what they become; not while the lab runs for the first time",
    tag: "labs",
    role: "viewer",
    query: z.strictObject({ column: z.string().optional(), depth: whole(1, 100).default(20) }),
    response: schemas.columnLineage,
    handle: ({ scope, params, query }) =>
      lineageOf(scope.lab(params["lab"] ?? ""), params["node"] ?? "", query.column, query.depth),
  }),
  route({
    id: "getTableChanges",
    method: "GET",
    path: "/labs/{lab}/tables/{table}/changes",
    summary: "What changed in a table between two published versions, with rows that differ",
    tag: "tables",
    role: "viewer",
    query: z.strictObject({ before: z.string().optional(), after: z.string().optional() }),
    data: true,
    response: schemas.tableChanges,
    handle: async ({ scope, params, query }) => {
      const lab = scope.lab(params["lab"] ?? "");
      const name = params["table"] ?? "";
      const { before, after } = twoVersions(lab.paths.database, query.before, query.after);
      const rules = Object.entries(lab.config.quality.tables ?? {}).find(
        ([table]) => table.toLowerCase() === name.toLowerCase(),
      );
      const key = rules?.[1].key ?? [];
      const changes = await diffOneTable(before.file, after.file, name, [key].flat(), sampleRows);
      if (!changes)
        throw serverErrors.notFound({
          message: `Neither version has a table ${name}.`,
          hint: "Choose other versions.",
        });
      const { sample, sampleColumns, ...table } = changes;
      return {
        before: before.version,
        after: after.version,
        table: { ...table },
        columns: sampleColumns,
        sample: sample.map(({ side, row }) => ({ side, row: row.map(cellOf) })),
      };
    },
  }),
  route({
    id: "getSettings",
    method: "GET",
    path: "/labs/{lab}/settings",
    summary:
      "Every setting of a lab with the file and line it comes from, and the defaults of the rest; secrets are left out",
    tag: "labs",
    role: "viewer",
    response: schemas.settings,
    handle: async ({ scope, context, params }) => {
      const workspace = workspaceOf(context);
      const settings = labSettings(workspace, scope.lab(params["lab"] ?? ""));
      const shown = (place: (typeof settings)[number]["place"]) =>
        place && { ...place, file: workspace.display(place.file) };
      return { settings: settings.map((each) => ({ ...each, place: shown(each.place) })) };
    },
  }),
];
