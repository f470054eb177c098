import * as z from "zod";
import type { Route } from "./route.ts";
import * as schemas from "./schemas.ts";

const jsonSchema = (type: z.ZodType, io: "input" | "output") => {
  const { $schema: _, ...schema } = z.toJSONSchema(type, { io, unrepresentable: "any" }) as Record<string, unknown>;
  return schema;
};

/** The OpenAPI 3.1 document of the routes; its shapes are those that requests are checked with. */
export function openApi(routes: readonly Route[], version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) (paths[`/api/v1${route.path}`] ??= {})[route.method.toLowerCase()] = operation(route);
  return {
    openapi: "3.1.0",
    info: {
      title: "BuildCPG Labs",
      version,
      description:
        "Everything that the pages of `labs serve` show and do. Errors are application/problem+json with the permanent codes of docs/errors.md.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    security: [{ token: [] }, {}],
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: { Problem: jsonSchema(schemas.problem, "output") },
      securitySchemes: { token: { type: "http", scheme: "bearer" } },
    },
  };
}

function operation(route: Route): object {
  const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
  const query = route.query ? jsonSchema(route.query, "input") : {};
  const required = new Set((query["required"] as string[] | undefined) ?? []);
  const inQuery = Object.entries((query["properties"] as Record<string, object> | undefined) ?? {}).map(
    ([name, schema]) => ({ name, in: "query", required: required.has(name), schema }),
  );
  const headers =
    route.action === undefined
      ? []
      : [
          {
            name: "Idempotency-Key",
            in: "header",
            required: false,
            description: "The same key and request again: the same answer, and nothing is done twice. Kept for a day.",
            schema: { type: "string", minLength: 1, maxLength: 200 },
          },
        ];
  const status = String(route.status ?? 200);
  return {
    operationId: operationId(route),
    summary: route.summary,
    tags: [route.tag],
    "x-role": route.role,
    parameters: [...inPath, ...inQuery, ...headers],
    ...(route.body && {
      requestBody: { required: true, content: { "application/json": { schema: jsonSchema(route.body, "input") } } },
    }),
    responses: {
      [status]: {
        description: route.summary,
        content: { "application/json": { schema: jsonSchema(route.response, "output") } },
      },
      default: {
        description: "Why it was not done",
        content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
      },
    },
  };
}

/** `GET /labs/{lab}/graph` → `get_labs_lab_graph` */
const operationId = ({ method, path }: Route): string =>
  `${method.toLowerCase()}${path.replace(/[{}]/g, "").replace(/\W+/g, "_")}`;
