import type { Model } from "./models.ts";

/** A properties file as a team writes one: a description for each model and column, and its tests. */
export function propertiesOf(models: Model[]): string {
  return `version: 2\n\nmodels:\n${models.map(modelEntry).join("\n")}`;
}

function modelEntry(model: Model): string {
  const { name, layer, area, index, key, parents } = model;
  const lines = [
    `  - name: ${name}`,
    "    description: >",
    `      One row per ${key.replaceAll("_", " ")} of ${area}, from ${parents[0] ?? "its source"}.`,
    "      Refreshed with each run; late rows arrive with the next one.",
    ...(layer === "marts" && index % 4 === 0 ? ["    config:", `      meta: {contact: "${area}@example.com"}`] : []),
    "    columns:",
    `      - name: ${key}`,
    `        description: "Key of the row: ${key}"`,
    ...tests(model),
    "      - name: amount",
    "        description: Amount in euros, after discounts",
    ...(layer === "marts" && index % 5 === 0
      ? ["        data_tests:", "          - not_negative:", "              arguments: {tolerance: 1}"]
      : []),
    "      - name: region",
    "        description: Sales region in capitals",
    ...(layer === "staging" && index % 3 === 0
      ? [
          "        data_tests:",
          "          - accepted_values:",
          "              arguments:",
          "                values: [NORTH, SOUTH, EAST, WEST]",
        ]
      : []),
    "      - name: updated_at",
    "        description: Time of the last change in the source system, UTC",
  ];
  return `${lines.join("\n")}\n`;
}

function tests({ layer, index, parents }: Model): string[] {
  if (layer === "intermediate") return index % 2 === 0 ? ["        data_tests: [not_null]"] : [];
  const lines = ["        data_tests:", "          - unique", "          - not_null"];
  const [parent] = parents;
  if (layer === "marts" && parent?.startsWith("int_") && index % 4 === 1) {
    lines.push(
      "          - relationships:",
      "              arguments:",
      `                to: ref('${parent}')`,
      "                field: customer_id",
      "              config: {severity: warn}",
    );
  }
  return lines;
}

/** The sources, ten tables a system. */
export function sourcesFile(sources: { system: string; table: string }[]): string {
  const systems = new Map<string, string[]>();
  for (const { system, table } of sources) systems.set(system, [...(systems.get(system) ?? []), table]);
  const entries = [...systems].map(
    ([system, tables]) =>
      `  - name: ${system}\n    schema: raw\n    description: Tables copied from ${system.replace("_", " ")} each night\n    tables:\n${tables
        .map(
          (table) =>
            `      - name: ${table}\n        description: "Rows of ${table} as delivered"\n        columns:\n          - name: id\n            description: Key\n`,
        )
        .join("")}`,
  );
  return `version: 2\n\nsources:\n${entries.join("\n")}`;
}
