import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { createLab, registerLab } from "./create-lab.ts";
import { temporaryFolder, temporaryWorkspace } from "./testing/temporary.ts";
import { templates } from "./templates/index.ts";
import { openRegistry } from "./workspace.ts";

const seed = "# ours\nlabs:\n  first:\n    path: first   # the first\n";
const workspaceOf = (files: Record<string, string> = {}) => openRegistry(temporaryWorkspace(seed, files));
const registryText = (root: string) => readFileSync(join(root, "shared/config/labs_config.yaml"), "utf8");

describe("createLab", () => {
  it.each(Object.keys(templates))("makes a lab from the template %s", (template) => {
    const workspace = workspaceOf();
    const { lab, files } = createLab(workspace, { name: "store_traffic", template, maintainer: "ann" });
    expect(registryText(workspace.root).startsWith(seed)).toBe(true);
    expect(lab).toMatchObject({ name: "store_traffic", maintainer: "ann", status: "active" });
    expect(lab.hasProject).toBe(true);
    expect(() => lab.config).not.toThrow();
    for (const file of files) expect(statSync(file).isFile(), file).toBe(true);
    const yaml = files.filter((file) => /\.ya?ml$/.test(file));
    expect(parse(readFileSync(join(lab.paths.dbtProject, "dbt_project.yml"), "utf8"))).toMatchObject({
      name: "store_traffic",
      models: { store_traffic: { gold: { "+schema": "gold" } } },
    });
    for (const file of yaml) expect(() => parse(readFileSync(file, "utf8")), file).not.toThrow();
    // No placeholder is left, and dbt's Jinja is.
    const all = files.map((file) => readFileSync(file, "utf8")).join("\n");
    expect(all).not.toMatch(/\{\{[a-z_]+\}\}/);
    expect(all).toContain("{{ (custom_schema_name or target.schema) | trim }}");
    expect(readdirSync(workspace.root).filter((name) => name.startsWith(".new-lab"))).toEqual([]);
  });

  it.each([
    ["My Lab", "REG-006", "my_lab"],
    ["../up", "REG-006", "up"],
    ["Größe", "REG-006", "grosse"],
    ["gold", "REG-006", "gold_lab"],
    ["dbt", "REG-006", "dbt_lab"],
    ["nul", "REG-006", "nul_lab"],
    ["shared", "REG-006", "shared_lab"],
    ["main", "REG-006", "main_lab"],
    ["1st", "REG-006", "st"],
    ["x", "REG-006", "x_lab"],
    ["", "REG-006", undefined],
    ["first", "REG-007", "first_lab"],
    ["a".repeat(64), "REG-006", "a".repeat(55)],
  ])("refuses the name %j", (name, code, suggestion) => {
    const workspace = workspaceOf();
    expect(() => createLab(workspace, { name })).toThrow(
      expect.objectContaining({
        code,
        exit: 2,
        data: { name, ...(suggestion && { suggestion }) },
      }),
    );
    expect(registryText(workspace.root)).toBe(seed);
    expect(readdirSync(workspace.root).sort()).toEqual([".labs", "shared"]);
  });

  it("refuses a folder that exists, and takes an empty one", () => {
    const workspace = workspaceOf({ "taken/x": "" });
    expect(() => createLab(workspace, { name: "taken" })).toThrow(expect.objectContaining({ code: "REG-008" }));
    mkdirSync(join(workspace.root, "empty_one"));
    expect(createLab(workspace, { name: "empty_one" }).lab.hasProject).toBe(true);
  });

  it("copies a team's own template and fills in its placeholders", () => {
    const folder = temporaryFolder({
      "dbt_project.yml": "name: {{lab}}\nprofile: {{lab}}\n",
      "models/{{lab}}_orders.sql": "select '{{title}}' from {{ ref('x') }} -- {{lab}}",
      "run.sh": "#!/bin/sh\n",
      "target/old.json": "{}",
      ".git/HEAD": "x",
      "old.duckdb": "x",
    });
    writeFileSync(join(folder, "logo.bin"), Buffer.from([0, 255, ...Buffer.from("{{lab}}")]));
    const workspace = workspaceOf();
    const { lab } = createLab(workspace, { name: "promo_lift", template: folder });
    const text = (path: string) => readFileSync(join(lab.paths.root, path), "utf8");
    expect(text("models/promo_lift_orders.sql")).toBe("select 'Promo lift' from {{ ref('x') }} -- promo_lift");
    expect(readFileSync(join(lab.paths.root, "logo.bin")).subarray(2).toString()).toBe("{{lab}}");
    expect(lab.paths.dbtProject).toBe(lab.paths.root);
    for (const path of ["target", ".git", "old.duckdb"]) expect(existsSync(join(lab.paths.root, path))).toBe(false);
  });

  it("finds a team's template by name under shared/templates, and says what there is", () => {
    const workspace = workspaceOf({ "shared/templates/retail/dbt/dbt_project.yml": "name: {{lab}}\n" });
    expect(createLab(workspace, { name: "a1", template: "retail" }).lab.hasProject).toBe(true);
    expect(() => createLab(workspace, { name: "a2", template: "retial" })).toThrow(
      expect.objectContaining({ code: "REG-016", hint: "Did you mean `retail`?" }),
    );
  });

  it("leaves no half lab when the registry cannot be written", () => {
    const workspace = workspaceOf();
    // The temporary file of the registry is blocked by a folder of its name.
    mkdirSync(join(workspace.root, "shared/config", `.labs_config.yaml.${process.pid}.tmp`, "x"), { recursive: true });
    expect(() => createLab(workspace, { name: "new_one" })).toThrow(expect.objectContaining({ code: "REG-010" }));
    expect(existsSync(join(workspace.root, "new_one"))).toBe(false);
    expect(registryText(workspace.root)).toBe(seed);
  });
});

describe("registerLab", () => {
  it("registers a folder as it is, with the project and database it has", () => {
    const workspace = workspaceOf({ "old_lab/dbt_project.yml": "name: x\n", "old_lab/data/legacy.duckdb": "" });
    const root = join(workspace.root, "old_lab");
    const { lab } = registerLab(workspace, { folder: root });
    expect(lab.paths).toMatchObject({ root, dbtProject: root, database: join(root, "data/legacy.duckdb") });
    expect(registryText(workspace.root)).toContain("    db_path: old_lab/data/legacy.duckdb\n");
    expect(readdirSync(root).sort()).toEqual(["data", "dbt_project.yml"]);
    expect(() => registerLab(workspace, { folder: root, name: "again" })).toThrow(/registered already, as old_lab/);
  });

  it("writes absolute paths for a folder elsewhere", () => {
    const workspace = workspaceOf();
    const folder = temporaryFolder({ "dbt/dbt_project.yml": "name: x\n" });
    const { lab } = registerLab(workspace, { folder, name: "elsewhere" });
    expect(lab.paths).toMatchObject({ root: folder, dbtProject: join(folder, "dbt") });
  });

  it("refuses a folder that is missing and a name that is not valid", () => {
    const workspace = workspaceOf({ "My-Lab/x": "" });
    expect(() => registerLab(workspace, { folder: join(workspace.root, "nope") })).toThrow(
      expect.objectContaining({ code: "REG-009" }),
    );
    expect(() => registerLab(workspace, { folder: join(workspace.root, "My-Lab") })).toThrow(
      expect.objectContaining({ code: "REG-006", data: { name: "My-Lab", suggestion: "my_lab" } }),
    );
  });
});
