/**
 * The part of JSON Schema (draft 2020-12) that our files need, as data: editors get it as it stands,
 * and {@link validate} checks a file against it, so the two cannot differ.
 */
export interface Schema {
  type?: "object" | "array" | "string" | "integer" | "number" | "boolean" | "null";
  description?: string;
  default?: unknown;
  enum?: readonly (string | number | boolean)[];
  /** One of these; told apart by type. */
  anyOf?: readonly Schema[];
  pattern?: string;
  /** What `pattern` means, for messages: "a name of small letters". Not part of JSON Schema, ignored by editors. */
  patternHint?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: readonly string[];
  /** Schema of the values under free keys; without it other keys are refused. */
  additionalProperties?: Schema;
  propertyNames?: { pattern: string; patternHint?: string };
}

/** Object schema whose keys are exactly those of the type `T`; the compiler complains when they part. */
export function objectOf<T>(
  properties: { [K in keyof Required<T>]: Schema },
  required: (keyof T & string)[] = [],
  description?: string,
): Schema {
  return {
    type: "object",
    ...(description && { description }),
    properties: properties as Record<string, Schema>,
    ...(required.length > 0 && { required }),
  };
}

/** Object with free keys. */
export const mapOf = (value: Schema, description?: string, propertyNames?: Schema["propertyNames"]): Schema => ({
  type: "object",
  ...(description && { description }),
  additionalProperties: value,
  ...(propertyNames && { propertyNames }),
});

/** A schema as the JSON document that editors read; keys that start with `x-` are free in every closed object. */
export function toJsonSchema(schema: Schema, head: { title: string; description: string }): Record<string, unknown> {
  const convert = (s: Schema): Record<string, unknown> => {
    const { patternHint: _hint, properties, items, anyOf, additionalProperties, propertyNames, ...rest } = s;
    return {
      ...rest,
      ...(properties && {
        properties: Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, convert(value)])),
      }),
      ...(items && { items: convert(items) }),
      ...(anyOf && { anyOf: anyOf.map(convert) }),
      ...(propertyNames && { propertyNames: { pattern: propertyNames.pattern } }),
      ...(additionalProperties && { additionalProperties: convert(additionalProperties) }),
      ...(s.type === "object" &&
        !additionalProperties && { patternProperties: { "^x-": {} }, additionalProperties: false }),
    };
  };
  return { $schema: "https://json-schema.org/draft/2020-12/schema", ...head, ...convert(schema) };
}

/** JSON in the layout of the repository's formatter: lists of plain values on one line where they fit. */
export function formatJson(value: unknown, indent = "", column = 0): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    const flat = `[${value.map((item) => JSON.stringify(item)).join(", ")}]`;
    const plain = value.every((item) => item === null || typeof item !== "object");
    if (plain && column + flat.length <= 120) return flat;
    return `[\n${value.map((item) => inner + formatJson(item, inner, inner.length + 1)).join(",\n")}\n${indent}]`;
  }
  const entries = Object.entries(value);
  if (entries.length === 0) return "{}";
  const lines = entries.map(([key, item], i) => {
    const start = `${inner}${JSON.stringify(key)}: `;
    // A comma follows all but the last.
    return start + formatJson(item, inner, start.length + (i === entries.length - 1 ? 0 : 1));
  });
  return `{\n${lines.join(",\n")}\n${indent}}`;
}
