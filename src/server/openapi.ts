import * as z from "zod";
import type { Described } from "./route.ts";
import * as schemas from "./schemas.ts";

/** A JSON schema, as far as the shapes of the API need it. */
export interface JsonSchema {
  $ref?: string;
  type?: string | string[];
  description?: string;
  enum?: unknown[];
  const?: unknown;
  anyOf?: JsonSchema[];
  items?: JsonSchema;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
}

const place = "#/components/schemas/";
const capital = (name: string) => `${name[0]?.toUpperCase()}${name.slice(1)}`;

/** What an operation takes and gives, as JSON schemas that refer to {@link Shapes.named}. */
export interface OperationShapes {
  query: JsonSchema | undefined;
  body: JsonSchema | undefined;
  response: JsonSchema;
}

export interface Shapes {
  /** `LabRow`, `RunInfo`, …: what `schemas.ts` exports. */
  named: Record<string, JsonSchema>;
  of: (operation: Described) => OperationShapes;
}

/** The shapes of operations. Requests are told as they are sent (defaults left out), answers as they come. */
export function shapesOf(operations: readonly Described[]): Shapes {
  const registry = z.registry<{ id: string }>();
  const names = new Set<string>();
  for (const [name, type] of Object.entries(schemas)) {
    if (!(type instanceof z.ZodType) || name === "loginRequest" || name.endsWith("Request")) continue;
    names.add(capital(name));
    registry.add(type, { id: capital(name) });
  }
  const own = (type: z.ZodType | undefined, id: string) => {
    if (type !== undefined && !registry.has(type)) registry.add(type, { id });
  };
  for (const { id, query, body, response } of operations) {
    own(query, `${id} query`);
    own(body, `${id} body`);
    own(response, `${id} response`);
  }
  const schemasFor = (io: "input" | "output") =>
    z.toJSONSchema(registry, { uri: (id) => `${place}${id}`, io, unrepresentable: "any" }).schemas as Record<
      string,
      JsonSchema & { $schema?: string; $id?: string }
    >;
  const [input, output] = [schemasFor("input"), schemasFor("output")];
  const plain = (from: typeof input, type: z.ZodType): JsonSchema => {
    const id = registry.get(type)?.id ?? "";
    if (names.has(id)) return { $ref: `${place}${id}` };
    const { $schema: _schema, $id: _id, ...schema } = from[id] ?? {};
    return schema;
  };
  const named = Object.fromEntries(
    [...names].map((name) => {
      const { $schema: _schema, $id: _id, ...schema } = output[name] ?? {};
      return [name, schema];
    }),
  );
  return {
    named,
    of: ({ query, body, response }) => ({
      query: query && plain(input, query),
      body: body && plain(input, body),
      response: plain(output, response),
    }),
  };
}

/** The OpenAPI 3.1 document of operations; its shapes are those that requests are checked with. */
export function openApi(operations: readonly Described[], version: string): object {
  const shapes = shapesOf(operations);
  const paths: Record<string, Record<string, object>> = {};
  for (const each of operations)
    (paths[`/api/v1${each.path}`] ??= {})[each.method.toLowerCase()] = operation(each, shapes.of(each));
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
    security: [{ token: [] }, { session: [] }, {}],
    tags: [...new Set(operations.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: shapes.named,
      securitySchemes: {
        token: { type: "http", scheme: "bearer" },
        session: { type: "apiKey", in: "cookie", name: "labs_session" },
      },
    },
  };
}

function operation(route: Described, { query, body, response }: OperationShapes): object {
  const inPath = pathNames(route.path).map((name) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string", minLength: 1 },
  }));
  const required = new Set(query?.required);
  const inQuery = Object.entries(query?.properties ?? {}).map(([name, schema]) => ({
    name,
    in: "query",
    required: required.has(name),
    schema,
  }));
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
  return {
    operationId: route.id,
    summary: route.summary,
    tags: [route.tag],
    ...(route.role !== undefined && { "x-role": route.role }),
    parameters: [...inPath, ...inQuery, ...headers],
    // Where everything in it may be left out, so may the whole.
    ...(body && {
      requestBody: {
        required: route.body?.safeParse({}).success !== true,
        content: { "application/json": { schema: body } },
      },
    }),
    responses: {
      [String(route.status ?? 200)]: {
        description: route.summary,
        content: { [route.produces ?? "application/json"]: { schema: response } },
      },
      default: {
        description: "Why it was not done",
        content: { "application/problem+json": { schema: { $ref: `${place}Problem` } } },
      },
    },
  };
}

/** The names in `/labs/{lab}`. */
export const pathNames = (path: string): string[] => [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
