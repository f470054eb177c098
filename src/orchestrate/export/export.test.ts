import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openRegistry } from "#registry/index.ts";
import { airflowFile, airflowPools } from "./airflow.ts";
import { exportedLabs } from "./plan.ts";
import { prefectFile } from "./prefect.ts";
import { pythonLiteral } from "./python.ts";

let root: string;
const write = (path: string, text: string) => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
};
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "labs-export-")));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const hostile = `"""'''\\" {{ 1/0 }} \n\r import os; os.abort() \u0000\u2028 \\N{DIGIT ONE} é .md`;

describe("a text in a Python file", () => {
  it("is one literal on one line, whatever it holds", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const literal = pythonLiteral(text);
        expect(literal).toMatch(/^"(?:[^"\\\n\r]|\\(?:["\\bfnrt]|u[0-9a-f]{4}))*"$/);
        expect(JSON.parse(literal)).toBe(text.toWellFormed());
      }),
    );
    expect(pythonLiteral("\ud800")).toBe('"\ufffd"');
    expect(pythonLiteral([true, false, null, 1.5, { a: [] }])).toBe('[True, False, None, 1.5, {"a": []}]');
  });
});

describe("labs for other schedulers", () => {
  const workspace = () => openRegistry(root);

  it("have their schedules and tasks; a stage runs with what it needs to know", () => {
    write(
      "shared/config/labs_config.yaml",
      `labs:\n  one: {description: ${JSON.stringify(hostile)}, maintainer: ann}\n  two: {status: paused}\n  gone: {status: archived}\n`,
    );
    write(
      "one/lab.yml",
      `schedule: {cron: "30 6 * * 1-5", timezone: Europe/Berlin, missed: catch_up, retries: 1, retry_after: 5 s, timeout: 1 hour, on_files: true}
steps:
  - {name: fetch, before: load, command: x}
  - {name: mend, after: publish, when: on_failure, command: x}
`,
    );
    write("two/lab.yml", "schedule: {every: 2 hours, after: one}\nreads: [gone]\n");
    const [one, two, ...more] = exportedLabs(workspace());
    expect(more).toEqual([]);
    expect(one).toMatchObject({
      name: "one",
      description: hostile,
      owner: "ann",
      paused: false,
      crons: ["30 6 * * 1-5"],
      timezone: "Europe/Berlin",
      catchup: true,
      retries: 1,
      retry_after: 5,
      timeout: 3600,
      on_files: true,
    });
    expect(one?.tasks.map(({ id, steps, when }) => [id, steps.join(" "), when])).toEqual([
      ["check", "check", "on_success"],
      ["fetch", "fetch", "on_success"],
      ["load", "load", "on_success"],
      ["transform", "transform", "on_success"],
      ["inspect", "transform inspect", "on_success"],
      ["publish", "transform inspect publish", "on_success"],
      ["mend", "mend", "on_failure"],
    ]);
    expect(two).toMatchObject({
      paused: true,
      crons: [],
      every: 7200,
      after: ["one"],
      behind: ["gone", "one"],
      catchup: false,
    });
  });

  it("keep every text of the workspace in the constants, so that the code is the same for all", () => {
    write("shared/config/labs_config.yaml", "labs: {}\n");
    const without = (text: string) =>
      text.replace(/^(WORKSPACE|START|PREFIX) = .*\n/gm, "").replace(/^LABS = [^]*?\n(?=[A-Z\n])/m, "");
    const options = { prefix: "labs", start: new Date("2026-01-02T03:04:05Z") };
    const plain = [airflowFile(workspace(), options), prefectFile(workspace(), options)];
    write("shared/config/labs_config.yaml", `labs:\n  one: {description: ${JSON.stringify(hostile)}}\n`);
    const full = [airflowFile(workspace(), options), prefectFile(workspace(), options)];
    expect(full.map(without)).toEqual(plain.map(without));
    expect(full[0]).toContain("START = datetime.fromtimestamp(1767323045, timezone.utc)  # 2026-01-02");
    for (const text of full) expect(text).toContain(pythonLiteral(hostile));
    expect(JSON.parse(airflowPools(workspace(), { prefix: "p" }))).toEqual({
      p_one: { slots: 1, description: "One task of the lab one at a time", include_deferred: true },
    });
  });
});
