import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openProject } from "../open-project.ts";
import { writeProject, type Files } from "../testing/project.ts";
import { findPython } from "./find-python.ts";
import { runProcess } from "./process.ts";

const folder = (): string => {
  const made = mkdtempSync(join(tmpdir(), "labs-test-"));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
};

/** A program that behaves like a Python which ends the search for duckdb with this exit code. */
function program(code: number, name = "python3"): string {
  const made = folder();
  writeFileSync(join(made, name), `#!/bin/sh\nexit ${code}\n`);
  chmodSync(join(made, name), 0o755);
  return made;
}

test("takes the first Python that has duckdb", async () => {
  const without = program(3);
  const venv = folder();
  const path = program(0);
  expect(await findPython({ VIRTUAL_ENV: venv, PATH: path })).toBe(join(path, "python3"));
  await expect(findPython({ VIRTUAL_ENV: venv, PATH: without })).rejects.toMatchObject({
    code: "DBA-015",
    message: expect.stringMatching(
      /bin\/python \(VIRTUAL_ENV\) is not there; .*python3 \(PATH\) has no package duckdb/,
    ),
  });
  await expect(findPython({ LABS_PYTHON: join(without, "python3"), PATH: path })).rejects.toMatchObject({
    message: expect.stringContaining("(LABS_PYTHON) has no package duckdb"),
  });
  await expect(findPython({ PATH: "" })).rejects.toMatchObject({
    message: expect.stringContaining("there is no python3 on the PATH"),
  });
});

test("a process goes with everything it started", async () => {
  const made = folder();
  const stop = new AbortController();
  // What it started holds the same output: the promise settles when both are gone.
  const started = runProcess("sh", ["-c", "sleep 600 & echo here; wait"], made, {
    cwd: made,
    env: process.env,
    signal: stop.signal,
    onLine: () => stop.abort(),
  });
  expect(await started).toEqual({ code: null, signal: "SIGKILL" });
});

/** A Python with duckdb: the judges' or the user's. */
const judges = join(import.meta.dirname, "../../../conformance/.judges/venv/bin/python");
const python = await findPython({ ...process.env, ...(existsSync(judges) && { LABS_PYTHON: judges }) }).catch(
  () => undefined,
);

const profile = "shop: {target: dev, outputs: {dev: {type: duckdb, path: shop.duckdb, threads: 2}}}";
const left = () => readdirSync(tmpdir()).filter((name) => name.startsWith("labs-python-"));

async function build(files: Files, options: { signal?: AbortSignal; onLine?: (text: string) => void } = {}) {
  const root = writeProject({ "profiles.yml": profile, ...files });
  const project = openProject(root, {
    profilesDir: root,
    env: { ...process.env, LABS_PYTHON: python },
    onEvent: (event) => {
      if (event.type === "message") options.onLine?.(event.text);
    },
  });
  const { results } = await project.run("build", {}, options.signal ? { signal: options.signal } : {});
  return { root, of: (name: string) => results.find((r) => r.unique_id === `model.shop.${name}`) };
}

test.skipIf(python === undefined)("runs models in parallel, with what they print in the log", async () => {
  const lines: string[] = [];
  const code = (n: number) =>
    `def model(dbt, session):\n    print("line ${n}")\n    return dbt.ref("m").filter("id > 1").project("id * ${n} as id")\n`;
  const { of } = await build(
    {
      "models/m.sql": "select unnest([1, 2, 3])::hugeint as id",
      "models/a.py": code(2),
      "models/b.py": code(3),
      "models/sum.sql":
        "-- {{ ref('a') }} {{ ref('b') }}\n{% if execute %}{% set r = run_query('select sum(a.id) + sum(b.id) from ' ~ ref('a') ~ ' a, ' ~ ref('b') ~ ' b') %}{{ exceptions.raise_compiler_error('sum ' ~ r.rows[0][0]) }}{% endif %}",
    },
    { onLine: (text) => lines.push(text) },
  );
  expect(of("a")?.message).toBe("OK");
  expect(of("sum")?.message).toContain("sum 50");
  expect(lines).toEqual(expect.arrayContaining(["line 2", "line 3"]));
});

test.skipIf(python === undefined)("an exception is placed in the model's file", async () => {
  const before = left();
  const { of } = await build({
    "models/a.py": "\n\nimport os\n\ndef model(dbt, session):\n    x = 1 / 0\n    return x\n",
    "models/b.py": "import no_such_module\n\ndef model(dbt, session):\n    return 1\n",
    "models/c.py": "def model(dbt, session):\n    session.execute('create table t as select 1')\n    return 1\n",
    "models/d.py": "import os\n\ndef model(dbt, session):\n    os._exit(3)\n    return 1\n",
    "models/e.py": "def model(dbt, session):\n    return session.sql('select * from nowhere')\n",
  });
  expect(of("a")?.message).toMatch(
    /Python model failed:\n {2}Traceback[\s\S]*ZeroDivisionError[\s\S]*at models\/a.py:6:9/,
  );
  expect(of("b")?.message).toContain("fix: Install the module no_such_module");
  expect(of("c")?.message).toContain("read-only mode");
  expect(of("d")?.message).toContain("Its process ended with exit code 3 before the model was done.");
  expect(of("d")?.message).toContain("fix: Give the model less data");
  expect(of("e")?.message).toContain("fix: A Python model sees what it names with dbt.ref");
  expect(left()).toEqual(before);
});

test.skipIf(python === undefined)("a cancelled run ends the model and removes its files", async () => {
  const before = left();
  const stop = new AbortController();
  const { of } = await build(
    {
      "models/a.py": "import time\n\ndef model(dbt, session):\n    print('here')\n    time.sleep(600)\n    return 1\n",
    },
    { signal: stop.signal, onLine: (text) => text === "here" && stop.abort() },
  );
  expect(of("a")).toMatchObject({ status: "error", message: expect.stringContaining("The run was cancelled.") });
  expect(left()).toEqual(before);
});
