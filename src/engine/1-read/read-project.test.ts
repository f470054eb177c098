import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isLabsError, type LabsError } from "#errors/index.ts";
import { PyFloat } from "#jinja/index.ts";
import { defaultFlags } from "../default-flags.ts";
import type { Flags } from "../flags.ts";
import { folderWith } from "./folder.fixture.ts";
import { defaultQueryComment, readFiles, readProject, targetForDatabase, varsFor } from "./index.ts";

const profile =
  "p:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: data/x.y.duckdb, threads: 3, foo: bar}\n    prod: {type: duckdb, path: ':memory:', schema: gold}\n";
const project = "name: p\nprofile: p\n";

function read(files: Record<string, string>, given: Partial<Flags> = {}, env: NodeJS.ProcessEnv = {}) {
  const folder = folderWith({ "dbt_project.yml": project, "profiles.yml": profile, ...files });
  return { folder, ...readProject(defaultFlags("parse", folder, given), { env, cwd: folder }) };
}

function failure(files: Record<string, string>, given: Partial<Flags> = {}, env: NodeJS.ProcessEnv = {}): LabsError {
  try {
    read(files, given, env);
  } catch (error) {
    if (isLabsError(error)) return error;
    throw error;
  }
  throw new Error("the project was accepted");
}

const yml = (text: string) => ({ "dbt_project.yml": project + text });

describe("dbt_project.yml", () => {
  it("has dbt's defaults", () => {
    const { folder, ...found } = read({});
    expect(found.root.paths).toMatchObject({
      model: ["models"],
      seed: ["seeds"],
      target: "target",
      clean: ["target"],
      packagesInstall: "dbt_packages",
    });
    expect(found.root.paths.docs).toEqual(["models", "seeds", "snapshots", "analyses", "macros", "tests", "functions"]);
    expect(found.root).toMatchObject({
      name: "p",
      version: null,
      requireDbtVersion: [">=0.0.0"],
      onRunStart: [],
      restrictAccess: false,
    });
    expect(found.root.queryComment).toEqual({ comment: defaultQueryComment, append: false, jobLabel: false });
    expect(found.root.file).toBe(join(folder, "dbt_project.yml"));
    expect(found.packages).toEqual([]);
  });

  it("renders values natively, and leaves hooks, vars and the query comment for later", () => {
    const { root } = read(
      yml(`version: 1.0
models:
  +enabled: "{{ var('on') }}"
  +limit: "{{ var('two') }}"
  +schema: "{{ target.schema }}_{{ env_var('WHERE', 'here') }}"
  p:
    +pre-hook: "{{ this }}"
    post_hook: ["{{ that }}"]
seeds:
on-run-start: "{{ log('x') }}"
query-comment: "{{ node }}"
vars: {a: "{{ b }}", day: 2024-01-01}
`),
      { vars: { on: false, two: 2 } },
      { WHERE: "there" },
    );
    expect(root.trees.models).toEqual({
      "+enabled": false,
      "+limit": 2,
      "+schema": "main_there",
      p: { "+pre-hook": "{{ this }}", post_hook: ["{{ that }}"] },
    });
    expect(root.unrenderedTrees.models["+limit"]).toBe("{{ var('two') }}");
    expect(root.trees.seeds).toEqual({});
    expect(root.onRunStart).toEqual(["{{ log('x') }}"]);
    expect(root.queryComment.comment).toBe("{{ node }}");
    expect(root.vars.a).toBe("{{ b }}");
    expect(root.version).toBe("1.0");
  });

  it.each<[string, string, string]>([
    ["foo: 1\n", "at path []: Additional properties are not allowed ('foo' was unexpected)", "Remove it"],
    ["model_paths: [x]\n", "('model_paths' was unexpected)", "Did you mean 'model-paths'?"],
    [
      "model-paths: models\n",
      "at path ['model-paths']: 'models' is not valid under any of the given schemas",
      "list of texts",
    ],
    ["models: [1]\n", "at path ['models']: [1] is not of type 'object'", "mapping"],
    ["quoting: {schema: 3}\n", "at path ['quoting']: {'schema': 3} is not valid", "true or false"],
    [
      "tests: {+severity: warn}\ndata_tests: {+severity: warn}\n",
      "cannot have both 'tests' and 'data_tests'",
      "data_tests",
    ],
    ["dispatch:\n - macro_namespace: x\n", "Invalid project dispatch config: {'macro_namespace': 'x'}", "search_order"],
    ["source-paths: [a]\nmodel-paths: [b]\n", "source-paths and model-paths cannot both be defined", "source-paths"],
    ["require-dbt-version: '>=2.0.0'\n", "Required version of dbt for 'p': ['>=2.0.0']", "--no-version-check"],
    [
      "require-dbt-version: ['>=2.0.0', '<1.0.0']\n",
      "can never be satisfied for the 'p\npackage",
      "require-dbt-version",
    ],
    ["require-dbt-version: abc\n", '"abc" is not a valid semantic version.', "three numbers"],
    ["version: abc\n", "at path ['version']: 'abc'", "1.0.0"],
    [
      "models: {+schema: \"{{ var('x') }}\"}\n",
      "Required var 'x' not found in config:\nVars supplied to <Configuration> = {}",
      "--vars",
    ],
    ["models: {+schema: \"{{ env_var('NOPE_1') }}\"}\n", "Env var required but not provided: 'NOPE_1'", "default"],
    [
      "models: {+schema: \"{{ env_var('DBT_ENV_SECRET_X') }}\"}\n",
      "Secret env vars are allowed only in profiles.yml or packages.yml",
      "profiles.yml",
    ],
    ['models: {+schema: "{{ foo() }}"}\n', "Could not render {{ foo() }}: 'foo' is undefined", "spelling"],
  ])("refuses %j in dbt's words, with place and fix", (text, message, hint) => {
    const error = failure(yml(text));
    expect(error.message).toContain(message);
    expect(error.hint).toContain(hint);
    expect(error.place?.file).toMatch(/dbt_project\.yml$/);
    expect(error.place?.line).toBeGreaterThan(0);
    expect(error.exit).toBe(2);
  });

  it.each<[string, string]>([
    ["name: 1p\nprofile: p\n", "at path ['name']: '1p' does not match"],
    ["name: ref\nprofile: p\n", "Invalid project name: ref is a reserved word"],
    ["profile: p\n", 'Required "name" field not present in project'],
    ["- a\n", "does not parse to a dictionary"],
  ])("refuses the project %j", (text, message) => {
    expect(failure({ "dbt_project.yml": text }).message).toContain(message);
  });

  it("accepts another version when it is told to", () => {
    expect(read(yml("require-dbt-version: '>=2.0.0'\n"), { versionCheck: false }).root).toBeTruthy();
  });

  it("warns about duplicate keys and old names", () => {
    const { warnings } = read(yml("models:\n  +schema: a\n  +schema: b\nsource-paths: [m]\ntarget-path: out\n"));
    expect(warnings.map(({ name }) => name)).toEqual([
      "DuplicateYAMLKeysDeprecation",
      "ConfigSourcePathDeprecation",
      "ConfigTargetPathDeprecation",
    ]);
    expect(warnings[0]?.place).toMatchObject({ line: 5, column: 3 });
  });

  it("takes variables from vars.yml, but not from both places", () => {
    const files = { "vars.yml": "vars:\n  a: 1\n  p: {a: 2}\n", ...yml("models: {+x: \"{{ var('a') }}\"}\n") };
    const { root } = read(files);
    expect(root.trees.models).toEqual({ "+x": 1 });
    expect(varsFor(root.vars, "p").a).toBe(2);
    expect(varsFor(root.vars, "other").a).toBe(1);
    expect(failure({ ...files, ...yml("vars: {b: 1}\n") }).message).toContain(
      "cannot be defined in both vars.yml and dbt_project.yml",
    );
  });
});

describe("profiles.yml", () => {
  it("gives the target of the profile", () => {
    const { folder, target } = read({});
    expect(target).toMatchObject({
      profileName: "p",
      targetName: "dev",
      threads: 3,
      path: join(folder, "data/x.y.duckdb"),
      database: "x.y",
      schema: "main",
      externalRoot: ".",
      disableTransactions: false,
    });
    expect(target.raw.foo).toBe("bar");
    expect(read({}, { target: "prod", threads: 8 }).target).toMatchObject({
      path: ":memory:",
      database: "memory",
      schema: "gold",
      threads: 8,
    });
  });

  it("renders the chosen target only, with secrets, and keeps them out of messages", () => {
    const text = `p:
  target: "{{ env_var('T') }}"
  outputs:
    dev: {type: duckdb, path: "{{ env_var('DBT_ENV_SECRET_DIR') }}/x.duckdb", settings: {threads: "{{ '2' | as_number }}"}}
    other: {type: duckdb, path: "{{ env_var('NOT_SET') }}"}
`;
    const { target } = read({ "profiles.yml": text }, {}, { T: "dev", DBT_ENV_SECRET_DIR: "/hidden" });
    expect(target).toMatchObject({ path: "/hidden/x.duckdb", database: "x", settings: { threads: 2 } });
    const error = failure(
      { ...yml("models: {+x: \"{{ var('y') }}\"}\n"), "profiles.yml": text },
      { vars: { z: "/hidden" } },
      { T: "dev", DBT_ENV_SECRET_DIR: "/hidden" },
    );
    expect(error.message).toContain("*****");
    expect(error.message).not.toContain("/hidden");
  });

  it.each<[string, string]>([
    ["", "profiles.yml is empty"],
    ["p:\n", "Profile p in profiles.yml is empty"],
    ["p: {target: dev}\n", "outputs not specified in profile 'p'"],
    ["q: {outputs: {}}\n", "Could not find profile named 'p'"],
    [
      "p: {target: dv, outputs: {dev: {type: duckdb}}}\n",
      "does not have a target named 'dv'. The valid target names for this profile are:\n - dev",
    ],
    ["p: {target: dev, outputs: {dev: x}}\n", "output 'dev' of profile 'p' is misconfigured"],
    ["p: {target: dev, outputs: {dev: {path: x}}}\n", 'required field "type" not found in profile p and target dev'],
    ["p: {target: dev, outputs: {dev: {type: postgres}}}\n", "Could not find adapter type postgres!"],
    [
      "p: {target: dev, outputs: {dev: {type: duckdb, path: x.duckdb, database: y}}}\n",
      "the 'database' property must be set to 'x' to match the 'path'",
    ],
    [
      "p: {target: dev, outputs: {dev: {type: duckdb, threads: a}}}\n",
      "at path ['threads']: 'a' is not of type 'integer'",
    ],
    ["p: {target: dev, outputs: {dev: {type: duckdb, schema: [1]}}}\n", "[1] is not of type 'string'"],
    ["p: [\n", "Syntax error near line 2"],
  ])("refuses %j", (text, message) => {
    const error = failure({ "profiles.yml": text });
    expect(error.message).toContain(message);
    expect(error.place?.file).toMatch(/profiles\.yml$/);
    expect(error.hint).toBeTruthy();
  });

  it("lets an attached database be the one that is written to", () => {
    const text =
      "p: {target: dev, outputs: {dev: {type: duckdb, path: x.duckdb, database: lake, attach: [{path: l.duckdb, alias: lake}]}}}\n";
    expect(read({ "profiles.yml": text }).target).toMatchObject({
      database: "lake",
      attach: [{ path: "l.duckdb", alias: "lake" }],
    });
  });
});

describe("targetForDatabase", () => {
  const files = {
    "dbt_project.yml": project,
    "profiles.yml":
      "p:\n  target: prod\n  outputs:\n    prod: {type: duckdb, path: \"{{ env_var('NOT_SET') }}\", database: old, schema: gold, threads: 2, settings: {memory_limit: 1GB}}\n",
  };

  it("uses the known database and everything else of the profile", () => {
    const root = folderWith(files);
    const target = targetForDatabase({
      database: "/labs/a/data/a.duckdb",
      projectDir: root,
      profilesDirs: [root],
      fallbackName: "a",
      env: {},
    });
    expect(target).toMatchObject({
      path: "/labs/a/data/a.duckdb",
      database: "a",
      schema: "gold",
      threads: 2,
      targetName: "prod",
      settings: { memory_limit: "1GB" },
    });
    expect(target.raw.path).toBe("/labs/a/data/a.duckdb");
  });

  it("needs no profile", () => {
    const root = folderWith({ "dbt_project.yml": "name: x\n" });
    const target = targetForDatabase({
      database: "d/a.duckdb",
      projectDir: root,
      profilesDirs: [],
      fallbackName: "lab1",
      target: "ci",
      env: {},
    });
    expect(target).toMatchObject({
      path: join(root, "d/a.duckdb"),
      database: "a",
      schema: "main",
      profileName: "lab1",
      targetName: "ci",
    });
  });
});

describe("packages", () => {
  const local = (count: number) => `packages:\n${"  - local: ../x\n".repeat(count)}`;
  const pkg = (name: string) => `name: ${name}\n`;

  it("reads every installed folder in order, links included", () => {
    const root = folderWith({
      "dbt_project.yml": project,
      "profiles.yml": profile,
      "packages.yml": local(2),
      "dbt_packages/b/dbt_project.yml": pkg("b"),
      "dbt_packages/__tmp/x": "",
      "elsewhere/dbt_project.yml": pkg("a"),
    });
    symlinkSync(join(root, "elsewhere"), join(root, "dbt_packages/a"));
    const { packages } = readProject(defaultFlags("parse", root), { env: {}, cwd: root });
    expect(packages.map(({ name }) => name)).toEqual(["a", "b"]);
  });

  it.each<[Record<string, string>, string]>([
    [
      { "packages.yml": local(1) },
      'dbt expects 1 package(s) based on packages specified in packages.yml, but found only 0 package(s) installed in dbt_packages. Run "dbt deps" to install package dependencies.',
    ],
    [
      { "dbt_packages/a/dbt_project.yml": pkg("a") },
      "dbt expects 0 package(s) based on packages specified in packages.yml, but found only 1 package(s)",
    ],
    [
      {
        "package-lock.yml": "packages:\n - {local: ../x, name: x}\n - {local: ../y, name: y}\n",
        "dbt_packages/x/dbt_project.yml": pkg("x"),
      },
      "Following packages were not found: y.",
    ],
    [
      {
        "packages.yml": local(2),
        "dbt_packages/a/dbt_project.yml": pkg("a"),
        "dbt_packages/b/dbt_project.yml": pkg("a"),
      },
      'dbt found more than one package with the name "a"',
    ],
    [
      { "packages.yml": local(1), "dbt_packages/a/dbt_project.yml": pkg("p") },
      'dbt found more than one package with the name "p"',
    ],
    [
      { "packages.yml": local(1), "dbt_packages/a/x.txt": "" },
      "Failed to read package: Runtime Error\n  No dbt_project.yml found at expected path",
    ],
    [
      { "packages.yml": local(1), "dbt_packages/a/dbt_project.yml": "name: a\nrequire-dbt-version: '>3.0.0'\n" },
      "Required version of dbt for 'a': ['>3.0.0']",
    ],
    [{ "packages.yml": "packages:\n - locl: ../x\n" }, "{'locl': '../x'} is not valid under any of the given schemas"],
    [{ "packages.yml": "packages:\n - package: a/b\n" }, "a/b is missing the version"],
    [
      { "packages.yml": local(1), "dependencies.yml": local(1) },
      "cannot be specified in both packages.yml and dependencies.yml",
    ],
  ])("refuses %j", (files, message) => {
    expect(failure(files).message).toContain(message);
  });
});

describe("readFiles", () => {
  it("finds files by kind, sorted, without what is hidden or ignored", () => {
    const { root } = read({
      ".dbtignore": "models/skip/\n*.bak.sql\n",
      "models/b.sql": "\n\n  select 2  \n",
      "models/a/z.SQL": "select 1",
      "models/a/m.py": "def model(dbt, s): pass",
      "models/a/schema.yml": "version: 2",
      "models/skip/x.sql": "select 0",
      "models/x.bak.sql": "select 0",
      "models/.hidden.sql": "select 0",
      "models/#lock.sql": "select 0",
      "models/readme.md": "{% docs x %}{% enddocs %}",
      "macros/m.sql": "{% macro m() %}{% endmacro %}",
      "seeds/s.csv": "id\n1\n",
      "tests/t.sql": "select 1",
      "tests/generic/g.sql": "{% test g(model) %}{% endtest %}",
      "tests/fixtures/f.csv": "a\n1\n",
      "snapshots/s.sql": "select 1",
      "analyses/q.sql": "select 1",
    });
    const found = readFiles(root);
    const names = (kind: Exclude<keyof typeof found, "project">) => found[kind].map(({ path }) => path);
    expect(names("models")).toEqual(["models/a/m.py", "models/a/z.SQL", "models/b.sql"]);
    expect(names("properties")).toEqual(["models/a/schema.yml"]);
    expect(names("docs")).toEqual(["models/readme.md"]);
    expect(names("singularTests")).toEqual(["tests/t.sql"]);
    expect(names("genericTests")).toEqual(["tests/generic/g.sql"]);
    expect(names("fixtures")).toEqual(["tests/fixtures/f.csv"]);
    expect(names("macros")).toEqual(["macros/m.sql"]);
    expect(found.seeds).toEqual([{ path: "seeds/s.csv", searchPath: "seeds", relativePath: "s.csv", contents: "" }]);
    expect(found.models[2]).toEqual({
      path: "models/b.sql",
      searchPath: "models",
      relativePath: "b.sql",
      contents: "select 2",
      leadingLines: 2,
    });
  });

  it("refuses text that is not UTF-8", () => {
    const { root } = read({});
    mkdirSync(join(root.root, "models"), { recursive: true });
    writeFileSync(join(root.root, "models/x.sql"), Buffer.from([0x73, 0xff, 0xfe]));
    expect(() => readFiles(root)).toThrow("is not UTF-8 text");
  });
});

it("keeps floats apart from integers", () => {
  const { root } = read(yml("vars: {a: 1.0, b: 1}\n"));
  expect(root.vars).toEqual({ a: new PyFloat(1), b: 1 });
});
