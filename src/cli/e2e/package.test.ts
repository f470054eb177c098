import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { repository, temporaryFolder } from "./testing/harness.ts";

const folder = temporaryFolder({ "use/package.json": '{ "name": "use", "private": true, "type": "module" }\n' });
const use = join(folder, "use");
const installed = join(use, "node_modules/buildcpg-labs");
// This process's own Node first, whatever the machine's is.
const env = {
  ...process.env,
  PATH: `${dirname(process.execPath)}${delimiter}${process.env["PATH"] ?? ""}`,
  NO_COLOR: "1",
  FORCE_COLOR: undefined,
};

function run(command: string, words: string[], cwd = use) {
  const { status, stdout, stderr, error } = spawnSync(command, words, {
    cwd,
    env,
    encoding: "utf8",
    shell: process.platform === "win32",
    maxBuffer: 1 << 26,
  });
  if (error) throw error;
  return { status, stdout, stderr };
}
const labs = (...words: string[]) => run("npx", ["--no-install", "labs", ...words]);

describe("the packed package in an empty folder", { timeout: 300_000 }, () => {
  beforeAll(() => {
    const packed = run("npm", ["pack", "--silent", "--pack-destination", folder], repository);
    expect(packed.stderr + packed.stdout).toMatch(/buildcpg-labs-.*\.tgz/);
    const tarball = readdirSync(folder).find((name) => name.endsWith(".tgz")) ?? "";
    const { status, stderr } = run("npm", [
      "install",
      "--prefer-offline",
      "--no-audit",
      "--no-fund",
      join(folder, tarball),
    ]);
    expect({ status, stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, stderr: "" });
  }, 300_000);

  it("holds what users need and nothing else", () => {
    const manifest = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
    expect(Object.keys(manifest.dependencies).sort()).toEqual(["@duckdb/node-api", "better-sqlite3"]);
    const files = readdirSync(installed, { recursive: true, encoding: "utf8" });
    for (const name of [
      "README.md",
      "LICENSE",
      "CHANGELOG.md",
      "dist/labs.js",
      "dist/index.js",
      "dist/engine.js",
      "dist/client.js",
      "dist/types/index.d.ts",
      "dist/builtins.json",
      "dist/examples/cpg/shared/config/labs_config.yaml",
    ])
      expect(files).toContain(join(name));
    // Sources that are not built, tests, and somebody's data.
    expect(
      files.filter((name) => /(?<!\.d)\.ts$|\.test\.|\.duckdb|\.csv$/.test(name) && !/[/\\]seeds[/\\]/.test(name)),
    ).toEqual([]);
    // It is read without decoding.
    const [script = ""] = files.filter((name) => /^dist[/\\]program-\w+\.cjs$/.test(name));
    expect(readFileSync(join(installed, script), "utf8")).toMatch(/^[\0-\x7f]*$/);
    // Paths of the machine that built it.
    const told = files.filter(
      (name) => /\.(c?js|json|ts|md)$/.test(name) && readFileSync(join(installed, name), "utf8").includes(repository),
    );
    expect(told).toEqual([]);
  });

  it("gives a command that makes, fills and runs the example labs", () => {
    const { version } = JSON.parse(readFileSync(join(repository, "package.json"), "utf8"));
    expect(labs("--version")).toMatchObject({ status: 0, stdout: `${version}\n` });
    const made = labs("init", "cpg", "--example");
    expect(made).toMatchObject({ status: 0 });
    expect(made.stdout).toContain("lab2_forecast_model");
    expect(labs("demo-data", "--rows", "3000", "--workspace", "cpg")).toMatchObject({ status: 0 });
    const { status, stdout, stderr } = labs("run", "--all", "--workspace", "cpg");
    expect({ status, stdout, stderr: status === 0 ? "" : stderr }).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(
        /lab1_sales_performance +ok +3,000 [^]*lab2_forecast_model +ok [^]*lab3_customer_segmentation +ok /,
      ),
    });
    // Node's own words about how the program is loaded.
    expect(stderr).not.toContain("Warning");
    expect(
      labs("inspect", "lab1_sales_performance", "gold.gold_product_line_kpis", "--workspace", "cpg").stdout,
    ).toContain("product_line");
    expect(labs("status", "--workspace", "cpg", "-o", "json").stdout).toContain('"status": "ok"');
    expect(labs("doctor", "--workspace", "cpg")).toMatchObject({ status: 0 });
    expect(labs("new", "own", "--template", "api", "--workspace", "cpg")).toMatchObject({ status: 0 });
    expect(labs("dbt", "--lab", "own", "parse", "--workspace", "cpg")).toMatchObject({ status: 0 });
  });

  // The oldest Node that is supported, where there is one: npm's `node@22.12.0`.
  it.runIf(process.env["OLD_NODE"])("runs a lab under the Node that OLD_NODE names, without a word about it", () => {
    const script = join(installed, "dist/labs.js");
    const node = (...words: string[]) => run(process.env["OLD_NODE"] ?? "", [script, ...words]);
    const old = (...words: string[]) => node(...words, "--workspace", "old");
    expect(node("init", "old", "--example")).toMatchObject({ status: 0 });
    expect(old("demo-data", "--rows", "1000")).toMatchObject({ status: 0 });
    const done = old("run", "--all", "--quiet");
    expect(done).toMatchObject({ status: 0, stderr: expect.not.stringContaining("Warning") });
    expect(old("history", "-o", "json").stdout).toContain('"ok"');
    expect(old("run", "nothing")).toMatchObject({ status: 2 });
  });

  it("can be imported, and its types hold", () => {
    const page = ["library", "api"].map((name) => readFileSync(join(repository, `docs/${name}.md`), "utf8")).join("\n");
    const programs = [...page.matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, code = ""]) => code);
    expect(programs.length).toBeGreaterThan(4);
    programs.forEach((code, i) => writeFileSync(join(use, `program-${i}.ts`), code));
    writeFileSync(
      join(use, "types.ts"),
      `import { openWorkspace, type LabEvent, type LabRunResult } from "buildcpg-labs";
       import { openProject, type CommandResult } from "buildcpg-labs/engine";
       import { createClient, type LabRow } from "buildcpg-labs/client";
       export const first = async (): Promise<LabRow | undefined> => (await createClient().listLabs()).labs[0];
       // @ts-expect-error a lab is needed
       export const noLab = () => createClient().getLab({});
       export const run = (): Promise<LabRunResult> => openWorkspace(".").lab("a").run({ steps: ["load"], onEvent: (event: LabEvent) => console.log(event.type) });
       export const build = (): Promise<CommandResult> => openProject(".").run("build", { fullRefresh: true });
       // @ts-expect-error steps are names
       export const wrongStep = () => openWorkspace(".").lab("a").run({ steps: [1] });
       // @ts-expect-error there is no such command
       export const wrongCommand = () => openProject(".").run("biuld");
       export const score: (result: LabRunResult) => number | null | undefined = (result) => result.quality?.score;
      `,
    );
    writeFileSync(
      join(use, "tsconfig.json"),
      JSON.stringify({
        compilerOptions: { target: "es2023", module: "nodenext", strict: true, noEmit: true, types: ["node"] },
        files: ["types.ts", ...programs.map((_, i) => `program-${i}.ts`)],
      }),
    );
    // Users bring the types of Node themselves.
    for (const name of ["@types", "undici-types"])
      if (!existsSync(join(use, "node_modules", name)))
        symlinkSync(join(repository, "node_modules", name), join(use, "node_modules", name), "junction");
    const checked = run(process.execPath, [join(repository, "node_modules/typescript/bin/tsc"), "-p", "."]);
    expect(checked).toMatchObject({ status: 0, stdout: "" });
    writeFileSync(
      join(use, "imported.mjs"),
      'import { openWorkspace } from "buildcpg-labs"; import { openProject } from "buildcpg-labs/engine"; import { createClient } from "buildcpg-labs/client"; const lab = openWorkspace("cpg").lab("lab1_sales_performance"); const { status } = await lab.run(); const tests = await lab.test(); const gone = await createClient({ url: "http://127.0.0.1:1", retries: 0 }).listLabs().catch((e) => e.code); console.log(status, tests.success, typeof openProject, gone);',
    );
    expect(run(process.execPath, ["imported.mjs"])).toMatchObject({
      status: 0,
      stdout: "ok true function NO-ANSWER\n",
      stderr: "",
    });
  });
});
