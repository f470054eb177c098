import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { isLabsError } from "#errors/index.ts";
import { shareVariables } from "./environment.ts";
import { toFlags } from "./flags.ts";
import { parseCommandLine } from "./parse.ts";
import { resolveSettings } from "./settings.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "labs-settings-"));
  writeFileSync(
    join(folder, "dbt_project.yml"),
    "name: p\nprofile: p\nflags:\n  fail_fast: true\n  indirect_selection: cautious\n  validate_macro_args: false\n  printer_width: 100\n",
  );
  writeFileSync(join(folder, "profiles.yml"), "p: {}\n");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const settings = (words: string[], env: NodeJS.ProcessEnv = {}) =>
  resolveSettings(parseCommandLine(words), { cwd: folder, env });
const flags = (words: string[], env: NodeJS.ProcessEnv = {}) => toFlags(settings(words, env), words);

test("a variable's two names have one value, the newer name's first", () => {
  const env: NodeJS.ProcessEnv = {
    DBT_TARGET: "old",
    DBT_ENGINE_DEBUG: "1",
    DBT_DEBUG: "0",
    DBT_SHOW_RESOURCE_REPORT: "x",
  };
  shareVariables(env);
  expect(env).toMatchObject({
    DBT_ENGINE_TARGET: "old",
    DBT_DEBUG: "1",
    DBT_ENGINE_SHOW_RESOURCE_REPORT: "x",
  });
  expect(env).not.toHaveProperty("DBT_QUIET");
});

describe("settings", () => {
  it("prefer the command line to the environment, that to the project, that to dbt's defaults", () => {
    expect(flags(["run"])).toMatchObject({
      failFast: true,
      indirectSelection: "cautious",
      writeJson: true,
      limit: 5,
      storeFailures: undefined,
    });
    expect(flags(["run"], { DBT_FAIL_FAST: "0", DBT_INDIRECT_SELECTION: "empty" })).toMatchObject({
      failFast: false,
      indirectSelection: "empty",
    });
    expect(
      flags(["run", "--fail-fast"], { DBT_FAIL_FAST: "0", DBT_ENGINE_TARGET: "a", DBT_TARGET: "b" }),
    ).toMatchObject({ failFast: true, target: "a" });
    expect(settings(["run"]).get("printer_width")).toBe(100);
    expect(settings(["run", "--log-level", "warn"]).get("log_level_file")).toBe("warn");
    expect(settings(["run"]).get("log_level_file")).toBe("debug");
  });

  it("tell of renamed and reserved variables of the environment", () => {
    const { notices } = settings(["run"], { DBT_DEFER_TO_STATE: "0", DBT_ENGINE_MINE: "1", DBT_ENGINE_TARGET: "t" });
    expect(notices.map(({ name, code }) => [name, code])).toEqual([
      ["EnvironmentVariableRenamed", "D009"],
      ["EnvironmentVariableNamespaceDeprecation", "D036"],
    ]);
  });

  it("take the user's own flags where nothing else says otherwise", () => {
    mkdirSync(join(folder, "home", ".dbt"), { recursive: true });
    writeFileSync(
      join(folder, "home", ".dbt", "user_settings.yml"),
      "flags:\n  version_check: false\n  fail_fast: false\n  write_json: false\n",
    );
    const env = { HOME: join(folder, "home"), DBT_WRITE_JSON: "1" };
    expect(flags(["run"], env)).toMatchObject({ versionCheck: false, failFast: true, writeJson: true });
  });

  it("find project and profile from below the project", () => {
    const found = settings(["run"]);
    expect([found.projectDir, found.profilesDir]).toEqual([folder, folder]);
  });

  it.each<[string[], NodeJS.ProcessEnv, string]>([
    [["run", "--threads", "x"], {}, "Invalid value for '--threads': 'x' is not a valid integer."],
    [["run", "--indirect-selection", "x"], {}, "'x' is not one of 'eager', 'cautious', 'buildable', 'empty'."],
    [["ls", "--resource-type", "x"], {}, "'x' is not one of"],
    [["run", "--vars", "abc"], {}, "Invalid value for '--vars': String 'abc' is not valid YAML"],
    [["run", "--vars", "{a:"], {}, "String '{a:' is not valid YAML"],
    [["run", "--vars", "2020-01-01"], {}, "String '2020-01-01' is not valid YAML"],
    [["run", "--project-dir", "nope"], {}, "Invalid value for '--project-dir': Path 'nope' does not exist."],
    [["run", "--event-time-start", "x", "--event-time-end", "2020-01-01"], {}, "does not match the formats"],
    [["run", "--event-time-start", "2020-01-01"], {}, "`--event-time-end` must also be present"],
    [["run", "--event-time-start", "2020-01-02", "--event-time-end", "2020-01-01"], {}, "must be less than"],
    [
      ["run", "--warn-error", "--warn-error-options", "{error: all}"],
      {},
      "warn_error_options: not allowed with argument warn_error",
    ],
    [["show", "--inline", "select 1", "-s", "a"], {}, "inline: not allowed with argument select"],
    [["run"], { DBT_DEBUG: "maybe" }, "'maybe' is not a valid boolean."],
  ])("refuse %j %j", (words, env, message) => {
    try {
      settings(words, env);
    } catch (error) {
      if (!isLabsError(error)) throw error;
      expect(error.message).toContain(message);
      return;
    }
    throw new Error("accepted");
  });

  it("become the engine's flags and dbt's record of the invocation", () => {
    const words = [
      "-q",
      "run",
      "-s",
      "a",
      "--vars",
      "{x: 1}",
      "--full-refresh",
      "--event-time-start",
      "2020-01-01",
      "--event-time-end",
      "2020-01-02T03:04:05",
    ];
    const found = flags(words);
    expect(found).toMatchObject({
      command: "run",
      select: ["a"],
      vars: { x: 1 },
      fullRefresh: true,
      quiet: true,
      eventTimeStart: "2020-01-01T00:00:00",
      eventTimeEnd: "2020-01-02T03:04:05",
    });
    expect(found.invocationArgs).toMatchObject({
      which: "run",
      invocation_command: `dbt ${words.join(" ")}`,
      select: ["a"],
      exclude: [],
      vars: { x: 1 },
      full_refresh: true,
      fail_fast: true,
      quiet: true,
      validate_macro_args: false,
      require_generic_test_arguments_property: true,
      warn_error_options: { error: [], warn: [], silence: [] },
      strict_mode: false,
      project_dir: folder,
    });
    expect(found.invocationArgs).not.toHaveProperty("debug");
    expect(found.invocationArgs).not.toHaveProperty("changed");
    expect(flags(["docs", "generate"]).invocationArgs.which).toBe("generate");
    expect(flags(["ls", "-m", "a"])).toMatchObject({
      command: "list",
      select: ["a"],
      resourceTypes: ["model"],
      output: "selector",
    });
    expect(flags(["source", "freshness", "-o", "x.json"])).toMatchObject({
      command: "source freshness",
      output: "text",
      outputPath: "x.json",
    });
  });
});
