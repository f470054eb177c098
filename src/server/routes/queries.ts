import { isQueryName, queryExists, removeQuery, savedQueries, saveQuery } from "#registry/index.ts";
import { requireWritable, workspaceOf } from "../context.ts";
import { serverErrors } from "../errors.ts";
import { catalogueOf } from "../look/catalogue.ts";
import { type Route, route } from "../route.ts";
import * as schemas from "../schemas.ts";
import type { Scope } from "../scope.ts";
import type { SavedQueries } from "../types.ts";

/** Errors: SRV-005. */
function requireName(name: string): string {
  if (isQueryName(name)) return name;
  throw serverErrors.badRequest({
    message: `${JSON.stringify(name)} cannot be the name of a query.`,
    hint: "1 to 80 letters, digits, spaces, _, - and ., beginning with a letter or digit.",
  });
}

const listed = (scope: Scope, root: string): SavedQueries => ({
  queries: savedQueries(root).filter(({ lab }) => lab === null || scope.sees(lab)),
});

/** A kept query that may be changed: whoever may not see its lab does not see it either. Errors: SRV-004, SRV-006. */
function requireOwn(scope: Scope, root: string, name: string): void {
  const found = savedQueries(root).find((query) => query.name === requireName(name));
  if (!found || (found.lab !== null && !scope.sees(found.lab)))
    throw serverErrors.notFound({
      message: `There is no saved query ${name}.`,
      hint: "Somebody may have removed it.",
    });
  if (found.lab !== null) scope.require(found.lab);
}

export const queryRoutes: Route[] = [
  route({
    id: "getCatalogue",
    method: "GET",
    path: "/labs/{lab}/catalogue",
    summary: "What a query of a lab may name: published tables with columns, functions, keywords",
    tag: "query",
    role: "viewer",
    response: schemas.catalogue,
    handle: ({ scope, context, params, signal }) =>
      catalogueOf(context.snapshots, scope.lab(params["lab"] ?? ""), signal),
  }),
  route({
    id: "listQueries",
    method: "GET",
    path: "/queries",
    summary: "Queries that are kept in the workspace, in shared/queries",
    tag: "query",
    role: "viewer",
    data: true,
    response: schemas.savedQueries,
    handle: async ({ scope, context }) => listed(scope, workspaceOf(context).root),
  }),
  route({
    id: "saveQuery",
    method: "POST",
    path: "/queries",
    summary: "Keep a query, or keep it under another name (`was`)",
    tag: "query",
    role: "operator",
    action: "save query",
    body: schemas.saveQueryRequest,
    data: true,
    response: schemas.savedQueries,
    handle: async ({ scope, context, body }) => {
      requireWritable(context);
      const { root } = workspaceOf(context);
      const name = requireName(body.name);
      scope.lab(body.lab);
      if (body.was !== undefined) requireOwn(scope, root, body.was);
      if (name !== body.was && queryExists(root, name)) {
        if (!body.replace)
          throw serverErrors.badRequest({
            message: `There is a saved query ${name} already.`,
            hint: "Take another name, or send `replace: true`.",
            data: { exists: true },
          });
        requireOwn(scope, root, name);
      }
      saveQuery(root, { name, lab: body.lab, sql: body.sql });
      // On a disk that takes Sales and sales for one name, the new file is the old one.
      if (body.was !== undefined && body.was.toLowerCase() !== name.toLowerCase()) removeQuery(root, body.was);
      return listed(scope, root);
    },
  }),
  route({
    id: "removeQuery",
    method: "DELETE",
    path: "/queries/{name}",
    summary: "Remove a kept query",
    tag: "query",
    role: "operator",
    action: "remove query",
    data: true,
    response: schemas.savedQueries,
    handle: async ({ scope, context, params }) => {
      requireWritable(context);
      const { root } = workspaceOf(context);
      const name = requireName(params["name"] ?? "");
      requireOwn(scope, root, name);
      removeQuery(root, name);
      return listed(scope, root);
    },
  }),
];
