import { didYouMean } from "#errors/index.ts";
import type { Schema } from "./schema.ts";

export interface Problem {
  kind: "key" | "value";
  /** Keys and indexes from the file's top to what is wrong. */
  path: (string | number)[];
  message: string;
  hint?: string;
}

/** `sources[0].columns` */
export function pathText(path: (string | number)[]): string {
  return path.map((part, i) => (typeof part === "number" ? `[${part}]` : i === 0 ? part : `.${part}`)).join("");
}

const typeOf = (value: unknown): string =>
  value === null ? "null" : Array.isArray(value) ? "array" : typeof value === "object" ? "object" : typeof value;

const typeNames: Record<string, string> = {
  object: "a mapping",
  array: "a list",
  string: "text",
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
  null: "empty",
};

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function hasType(value: unknown, type: NonNullable<Schema["type"]>): boolean {
  if (type === "integer") return Number.isInteger(value);
  return typeOf(value) === type;
}

/** "text or a list", for messages. */
function expectation(schema: Schema): string {
  if (schema.anyOf) return schema.anyOf.map(expectation).join(" or ");
  if (schema.patternHint) return schema.patternHint;
  if (schema.enum) return schema.enum.join(", ");
  return schema.type ? (typeNames[schema.type] ?? schema.type) : "a value";
}

/** Everything in `value` that does not fit `schema`, in the order of the file. */
export function validate(value: unknown, schema: Schema, path: (string | number)[] = []): Problem[] {
  const name = path.length === 0 ? "The file" : pathText(path);
  if (path.length === 0 && value === null && schema.type === "object" && schema.required) {
    const keys = schema.required.map((key) => `\`${key}:\``).join(", ");
    return [{ kind: "value", path, message: "The file is empty.", hint: `It needs ${keys} at least.` }];
  }
  const wrong = (message: string, hint?: string): Problem[] => [
    { kind: "value", path, message, ...(hint !== undefined && { hint }) },
  ];
  if (schema.anyOf) {
    const branch = schema.anyOf.find((s) => !s.type || hasType(value, s.type));
    return branch
      ? validate(value, branch, path)
      : wrong(`${name} is ${show(value)}, but must be ${expectation(schema)}.`, `Write ${expectation(schema)}.`);
  }
  if (schema.type && !hasType(value, schema.type)) {
    const quoting =
      schema.type === "string" && typeof value !== "object" ? ` Put it in quotes: "${String(value)}".` : "";
    return wrong(
      `${name} is ${show(value)}, but must be ${expectation(schema)}.`,
      `Write ${expectation(schema)}.${quoting}`,
    );
  }
  if (schema.enum && !schema.enum.includes(value as string)) {
    const meant = didYouMean(String(value), schema.enum.map(String));
    return wrong(
      `${name} is ${show(value)}, but must be one of ${schema.enum.join(", ")}.`,
      meant ? `Did you mean \`${meant}\`?` : `Use one of ${schema.enum.join(", ")}.`,
    );
  }
  if (typeof value === "string") {
    const tooLong = schema.maxLength !== undefined && value.length > schema.maxLength;
    const tooShort = schema.minLength !== undefined && value.length < schema.minLength;
    if (tooLong || tooShort || (schema.pattern !== undefined && !new RegExp(schema.pattern, "u").test(value))) {
      const wanted = schema.patternHint ?? `text that matches ${schema.pattern ?? "the allowed length"}`;
      return wrong(`${name} is ${show(value)}, but must be ${wanted}.`, `Write ${wanted}.`);
    }
  }
  if (typeof value === "number") {
    const low = schema.minimum !== undefined && value < schema.minimum;
    const high = schema.maximum !== undefined && value > schema.maximum;
    const range = [
      schema.minimum === undefined ? "" : `at least ${schema.minimum}`,
      schema.maximum === undefined ? "" : `at most ${schema.maximum}`,
    ];
    const text = range.filter(Boolean).join(" and ");
    if (low || high) return wrong(`${name} is ${value}, but must be ${text}.`, `Write a number of ${text}.`);
  }
  if (Array.isArray(value)) {
    if (schema.minItems !== undefined && value.length < schema.minItems) {
      return wrong(`${name} is an empty list.`, "Add an entry, or remove the key.");
    }
    return schema.items ? value.flatMap((item, i) => validate(item, schema.items as Schema, [...path, i])) : [];
  }
  // A schema that says nothing allows everything, such as the parts of a request's body.
  if (!schema.type) return [];
  return typeOf(value) === "object" ? validateObject(value as Record<string, unknown>, schema, path) : [];
}

function validateObject(value: Record<string, unknown>, schema: Schema, path: (string | number)[]): Problem[] {
  const problems: Problem[] = [];
  const where = path.length === 0 ? "at the top of the file" : `under ${pathText(path)}`;
  for (const [key, item] of Object.entries(value)) {
    const known = schema.properties && Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined;
    if (known) {
      problems.push(...validate(item, known, [...path, key]));
    } else if (schema.additionalProperties) {
      const names = schema.propertyNames;
      if (names && !new RegExp(names.pattern, "u").test(key)) {
        const wanted = names.patternHint ?? `a name that matches ${names.pattern}`;
        problems.push({
          kind: "value",
          path: [...path, key],
          message: `The key ${show(key)} ${where} must be ${wanted}.`,
          hint: "Rename it.",
        });
      } else {
        problems.push(...validate(item, schema.additionalProperties, [...path, key]));
      }
    } else if (!key.startsWith("x-")) {
      const keys = Object.keys(schema.properties ?? {});
      const meant = didYouMean(key, keys);
      problems.push({
        kind: "key",
        path: [...path, key],
        message: `\`${key}\` is not a key ${where}.`,
        hint: meant
          ? `Did you mean \`${meant}\`? (A key of your own may start with \`x-\`.)`
          : `Use one of ${keys.join(", ")}; a key of your own may start with \`x-\`.`,
      });
    }
  }
  for (const key of schema.required ?? []) {
    if (value[key] === undefined) {
      const missing = path.length === 0 ? "The file" : pathText(path);
      problems.push({ kind: "value", path, message: `${missing} has no \`${key}\`.`, hint: `Add \`${key}:\`.` });
    }
  }
  return problems;
}
