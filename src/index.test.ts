import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openProject } from "#engine/index.ts";
import { openWorkspace } from "./index.ts";

const repository = join(import.meta.dirname, "..");
const folder = realpathSync(mkdtempSync(join(tmpdir(), "labs-library-")));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The programs of the page in order, each with its heading and the output that the page shows below it. */
const page = readFileSync(join(repository, "docs/library.md"), "utf8");
const programs = page
  .split(/^## /m)
  .slice(1)
  .flatMap((section) => {
    const blocks = [...section.matchAll(/^```(ts|text)\n([^]*?)^```$/gm)].map(([, kind = "", text = ""]) => ({
      kind,
      text,
    }));
    return blocks.flatMap(({ kind, text }, i) => {
      const next = blocks[i + 1];
      return kind === "ts"
        ? [{ title: section.split("\n")[0] ?? "", code: text, prints: next?.kind === "text" ? next.text : undefined }]
        : [];
    });
  });

describe("docs/library.md", () => {
  beforeAll(() => {
    const left = /(^|[/\\])(data|\.labs|target|logs)$/;
    cpSync(join(repository, "examples/cpg"), join(folder, "cpg"), {
      recursive: true,
      filter: (path) => !left.test(path),
    });
    const made = spawnSync(
      process.execPath,
      [join(repository, "src/cli/main.ts"), "demo-data", "lab1_sales_performance", "--rows", "2000", "-q"],
      { cwd: join(folder, "cpg") },
    );
    expect(made.status).toBe(0);
  });

  it("has a program and its output in every section", () => {
    expect(programs.length).toBeGreaterThanOrEqual(6);
    expect(programs.filter(({ prints }) => prints === undefined)).toEqual([]);
  });

  it.each(programs)("$title: the program prints what the page says", ({ title, code, prints }) => {
    const source = (path: string) => JSON.stringify(pathToFileURL(join(repository, "src", path)).href);
    const file = join(folder, `${title.toLowerCase().replace(/\W+/g, "-")}.ts`);
    writeFileSync(
      file,
      code
        .replace(/"buildcpg-labs\/engine"/g, source("engine/index.ts"))
        .replace(/"buildcpg-labs"/g, source("index.ts")),
    );
    const { stdout, stderr } = spawnSync(process.execPath, [file], {
      cwd: folder,
      encoding: "utf8",
      env: { ...process.env, NO_COLOR: "1" },
    });
    expect({ stdout: stdout.trim(), stderr }).toEqual({ stdout: prints?.trim(), stderr: "" });
  });
});

describe("openWorkspace", () => {
  const workspace = join(folder, "two");
  beforeAll(() => {
    mkdirSync(join(workspace, "shared/config"), { recursive: true });
    writeFileSync(join(workspace, "shared/config/labs_config.yaml"), "labs:\n  one: {}\n  two: {}\n");
    for (const name of ["one", "two"]) {
      mkdirSync(join(workspace, name, "dbt/models"), { recursive: true });
      mkdirSync(join(workspace, name, "data/raw"), { recursive: true });
      writeFileSync(join(workspace, name, "dbt/dbt_project.yml"), `name: ${name}\nprofile: ${name}\n`);
      // A relative write goes to the project's folder, of whichever lab it is.
      writeFileSync(
        join(workspace, name, "dbt/models/told.sql"),
        `{{ config(materialized='table', post_hook="copy (select '${name}' as name) to 'told.csv' (header false)") }}\nselect '${name}' as name`,
      );
    }
  });

  it("lets several labs run at once in one process, each in its own folder", async () => {
    const before = process.cwd();
    const { labs } = openWorkspace(workspace);
    const results = await Promise.all(labs.map((lab) => lab.run()));
    expect(results.map(({ lab, status, message }) => ({ lab, status, message }))).toEqual(
      ["one", "two"].map((lab) => ({ lab, status: "ok", message: "1 model built, 0 tests passed." })),
    );
    for (const { name, paths } of labs)
      expect(readFileSync(join(paths.dbtProject, "told.csv"), "utf8").trim()).toBe(name);
    expect(process.cwd()).toBe(before);
  });

  it("gives what went wrong as a result, and wrong use as an error", async () => {
    writeFileSync(join(workspace, "two/dbt/models/broken.sql"), "select\n  nope");
    const { one, two } = Object.fromEntries(openWorkspace(workspace).labs.map((lab) => [lab.name, lab]));
    const result = await two?.run();
    expect(result).toMatchObject({ status: "failed", message: "model broken failed.", quality: { score: null } });
    expect(result?.nodes.find((node) => node.name === "broken")?.error).toMatchObject({
      code: "DBA-003",
      place: { file: join(workspace, "two/dbt/models/broken.sql"), line: 2, column: 3 },
    });
    expect(await one?.test()).toEqual({ success: true, nodes: [], tests: [] });
    expect(() => openWorkspace(workspace).lab("tow")).toThrow(
      expect.objectContaining({ code: "REG-002", hint: "Did you mean `two`?" }),
    );
    expect(() => openWorkspace(tmpdir())).toThrow(expect.objectContaining({ code: "REG-001" }));
    await expect(openProject(tmpdir()).run("build")).rejects.toMatchObject({ code: expect.stringMatching(/^READ-/) });
  });
});
