import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { validate } from "../validate.ts";
import { workspaceSchema } from "./workspace.ts";
import { schemaFiles } from "./index.ts";

const docs = join(import.meta.dirname, "../../../docs/schemas");

describe("the JSON Schemas for editors", () => {
  // After a change: vitest run src/registry/schemas -u
  it.each(Object.entries(schemaFiles()))("docs/schemas/%s is what the code checks", async (name, text) => {
    await expect(text).toMatchFileSnapshot(join(docs, name));
    expect(JSON.parse(text)).toMatchObject({ $schema: "https://json-schema.org/draft/2020-12/schema" });
  });

  it("describe every key", () => {
    const undescribed: string[] = [];
    const walk = (schema: Record<string, unknown>, path: string) => {
      for (const [key, value] of Object.entries((schema["properties"] ?? {}) as Record<string, object>)) {
        if (!("description" in value)) undescribed.push(`${path}.${key}`);
      }
      for (const value of Object.values(schema)) {
        for (const inner of Array.isArray(value) ? value : [value]) {
          if (inner && typeof inner === "object") walk(inner as Record<string, unknown>, path);
        }
      }
    };
    for (const [name, text] of Object.entries(schemaFiles())) walk(JSON.parse(text), name);
    expect(undescribed).toEqual([]);
  });

  it("allow keys of one's own in every closed object, as the check does", () => {
    const [registry] = Object.values(schemaFiles()).map((text) => JSON.parse(text));
    expect(registry).toMatchObject({ additionalProperties: false, patternProperties: { "^x-": {} } });
    expect(validate(parse("x-a: 1\nlabs: {a: {x-b: 2}}"), workspaceSchema)).toEqual([]);
    expect(validate(parse("y-a: 1\nlabs: {}"), workspaceSchema)).toHaveLength(1);
  });
});
