import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { initWorkspace } from "./init.ts";
import { schemaFiles } from "./schemas/index.ts";
import { temporaryFolder } from "./testing/temporary.ts";

const example = join(import.meta.dirname, "../../examples/cpg/shared/config/labs_config.yaml");

describe("initWorkspace", () => {
  it("makes a workspace that opens, with the schemas its files name", () => {
    const root = join(temporaryFolder(), "new/deep");
    const { workspace, created, kept } = initWorkspace(root);
    expect(workspace.labs).toEqual([]);
    expect(created.map((file) => relative(root, file))).toEqual([
      "shared/config/labs_config.yaml",
      "shared/config/labs_config.schema.json",
      "shared/config/lab.schema.json",
      "shared/config/quality.schema.json",
      "shared/config/alerts.schema.json",
      ".gitignore",
      "README.md",
    ]);
    expect(kept).toEqual([]);
    const registry = readFileSync(workspace.file, "utf8");
    const schema = /\$schema=(\S+)/.exec(registry)?.[1] ?? "";
    expect(readFileSync(join(root, "shared/config", schema), "utf8")).toBe(schemaFiles()[basename(schema)]);
  });

  it("never overwrites, and names what it left", () => {
    const root = temporaryFolder({ "README.md": "mine\n", "shared/config/labs_config.yaml": "labs: {a: }\n" });
    const { workspace, created, kept } = initWorkspace(root);
    expect(readFileSync(join(root, "README.md"), "utf8")).toBe("mine\n");
    expect(workspace.labs.map((lab) => lab.name)).toEqual(["a"]);
    expect(kept.map((file) => relative(root, file))).toEqual(["shared/config/labs_config.yaml", "README.md"]);
    expect(created).toHaveLength(5);
    expect(initWorkspace(root).created).toEqual([]);
  });

  it("says when the folder cannot be made", () => {
    const root = temporaryFolder({ file: "x" });
    expect(() => initWorkspace(join(root, "file/ws"))).toThrow(expect.objectContaining({ code: "REG-010" }));
  });

  it.runIf(existsSync(example))("adds the example labs beside what is there", () => {
    const root = temporaryFolder({ "shared/config/labs_config.yaml": "# mine\nlabs:\n  a:\n" });
    mkdirSync(join(root, "lab2_forecast_model"));
    writeFileSync(join(root, "lab2_forecast_model/mine.txt"), "mine");
    const { workspace, examples } = initWorkspace(root, { example: true });
    expect(examples).toEqual(["lab1_sales_performance", "lab2_forecast_model", "lab3_customer_segmentation"]);
    expect(workspace.labs.map((lab) => lab.name)).toEqual(["a", ...examples]);
    expect(workspace.lab("lab1_sales_performance").hasProject).toBe(true);
    expect(readFileSync(workspace.file, "utf8")).toMatch(/^# mine\n/);
    expect(existsSync(join(root, "lab2_forecast_model/dbt"))).toBe(false);
    expect(existsSync(join(root, "lab1_sales_performance/.gitignore"))).toBe(true);
    expect(initWorkspace(root, { example: true }).created).toEqual([]);
  });
});
