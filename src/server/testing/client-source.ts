import { type JsonSchema, pathNames, shapesOf } from "../openapi.ts";
import type { Described } from "../route.ts";

/**
 * The client's knowledge of the API as TypeScript: types of everything that is sent and answered, and how each operation is
 * asked. It comes from the zod types that the server checks requests with, as the OpenAPI document does.
 */
export function clientSource(operations: readonly Described[]): string {
  const { named, of } = shapesOf(operations);
  const types = Object.entries(named).map(([name, schema]) =>
    isObject(schema) ? `export interface ${name} ${typeOf(schema)}` : `export type ${name} = ${typeOf(schema)};`,
  );
  const rows = operations.map((operation) => {
    const { query, body, response } = of(operation);
    const inPath = pathNames(operation.path);
    const parts = [
      ...(inPath.length > 0 ? [`{ ${inPath.map((name) => `${name}: string`).join("; ")} }`] : []),
      ...(query ? [typeOf(query)] : []),
      ...(body ? [typeOf(body)] : []),
    ];
    const parameters = parts.map((part) => (part.includes("|") ? `(${part})` : part)).join(" & ") || "{}";
    return {
      type: `/** ${operation.summary}. */\n${operation.id}: { parameters: ${parameters}; answer: ${typeOf(response)} };`,
      value: `${operation.id}: ${JSON.stringify({
        method: operation.method,
        path: operation.path,
        query: Object.keys(query?.properties ?? {}),
        body: body !== undefined,
        action: operation.action !== undefined,
        stream: operation.produces === "text/event-stream",
      })},`,
    };
  });
  return `/** Made from the server's types: \`vitest run src/server/client.test.ts -u\`. Not to be edited. */
${types.join("\n\n")}

/** What each operation takes and answers. */
export interface Operations {
${rows.map(({ type }) => type).join("\n")}
}

/** How an operation is asked: what is neither in the path nor in \`query\` is the body. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: readonly string[];
  readonly body: boolean;
  /** Changes something, and takes an Idempotency-Key. */
  readonly action: boolean;
  readonly stream: boolean;
}

export const operations: { readonly [K in keyof Operations]: Asked } = {
${rows.map(({ value }) => value).join("\n")}
};
`;
}

const isObject = ({ type, properties }: JsonSchema): boolean => type === "object" && properties !== undefined;
const quoted = (name: string) => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name));

function typeOf(schema: JsonSchema): string {
  const { $ref, anyOf, type, items, properties, additionalProperties } = schema;
  if ($ref !== undefined) return $ref.split("/").at(-1) ?? "unknown";
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (anyOf) return [...new Set(anyOf.map(typeOf))].join(" | ");
  if (Array.isArray(type)) return type.map((one) => typeOf({ ...schema, type: one })).join(" | ");
  if (type === "integer") return "number";
  if (type === "string" || type === "number" || type === "boolean" || type === "null") return type;
  if (type === "array") {
    const item = typeOf(items ?? {});
    return item.includes("|") ? `(${item})[]` : `${item}[]`;
  }
  if (type !== "object") return "unknown";
  const more = typeof additionalProperties === "object" ? typeOf(additionalProperties) : "unknown";
  if (!properties) return `Record<string, ${more === "" ? "unknown" : more}>`;
  const required = new Set(schema.required);
  const members = Object.entries(properties).map(([name, member]) => {
    const doc = member.description === undefined ? "" : `/** ${member.description.replaceAll("*/", "* /")} */\n`;
    return `${doc}${quoted(name)}${required.has(name) ? "" : "?"}: ${typeOf(member)};`;
  });
  const open = additionalProperties === false || additionalProperties === undefined ? [] : [`[name: string]: unknown;`];
  return `{\n${[...members, ...open].join("\n")}\n}`;
}
