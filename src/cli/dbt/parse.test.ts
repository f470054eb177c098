import { describe, expect, it } from "vitest";
import { isLabsError } from "#errors/index.ts";
import { helpText, usageErrorText } from "./help.ts";
import { commands } from "./options.ts";
import { parseCommandLine } from "./parse.ts";

const parse = (line: string) => {
  const { command, given, positional } = parseCommandLine(
    line
      .split(" ")
      .filter((word) => word !== "")
      .map((word) => word.replaceAll("_", " ")),
  );
  return { command, given: Object.fromEntries(given), positional };
};

describe("parseCommandLine reads what click reads", () => {
  it.each<[string, string, Record<string, unknown>]>([
    ["run", "run", {}],
    ["-d run -x", "run", { debug: true, fail_fast: true }],
    ["--no-defer run --defer-state x", "run", { defer: false, defer_state: "x" }],
    ["run -s a b c -x", "run", { select: ["a", "b", "c"], fail_fast: true }],
    ["run --select a_b c_d", "run", { select: ["a", "b", "c d"] }],
    ["run --select=a b", "run", { select: ["a", "b"] }],
    ["run -s a -f -s b", "run", { select: ["a", "b"], full_refresh: true }],
    ["run -m a --exclude tag:x", "run", { select: ["a"], exclude: ["tag:x"] }],
    ["ls -m a", "ls", { models: ["a"] }],
    ["run -xf", "run", { fail_fast: true, full_refresh: true }],
    ["run -tprod", "run", { target: "prod" }],
    ["run -xtprod", "run", { fail_fast: true, target: "prod" }],
    ["run --vars={a:_1} --threads 4", "run", { vars: "{a: 1}", threads: "4" }],
    ["run --target=", "run", { target: "" }],
    ["docs generate --no-compile", "docs generate", { compile: false }],
    ["docs -q generate", "docs generate", { quiet: true }],
    ["source snapshot-freshness -o x.json", "source snapshot-freshness", { output: "x.json" }],
    ["run --defer --no-defer", "run", { defer: false }],
  ])("%s", (line, command, given) => {
    expect(parse(line)).toEqual({ command, given, positional: [] });
  });

  it("takes the macro of run-operation, also behind --", () => {
    expect(parse("run-operation m --args {}")).toMatchObject({ positional: ["m"], given: { args: "{}" } });
    expect(parse("run-operation -- -m")).toMatchObject({ positional: ["-m"] });
  });

  it.each<[string, string]>([
    ["run --nope", "No such option '--nope'."],
    ["run --selct a", "Did you mean '--select'?"],
    ["rn", "No such command 'rn'."],
    ["docs x", "No such command 'x'."],
    ["run a b", "Got unexpected extra arguments (a b)"],
    ["run-operation a b", "Got unexpected extra argument (b)"],
    ["run --selector", "Option '--selector' requires an argument."],
    ["run --fail-fast=1", "Option '--fail-fast' does not take a value."],
    [
      "-x run -x",
      "fail_fast was provided both before and after the subcommand, it can only be set either before or after.",
    ],
    ["run -z", "No such option '-z'."],
  ])("refuses %s", (line, message) => {
    try {
      parse(line);
    } catch (error) {
      if (!isLabsError(error)) throw error;
      expect(error.message).toContain(message);
      expect(error.exit).toBe(2);
      return;
    }
    throw new Error("accepted");
  });

  it("asks for help where nothing else is asked", () => {
    for (const line of [
      "",
      "--help",
      "docs",
      "run -h",
      "run --nothing-known-before-it --help".replace("--nothing-known-before-it ", ""),
    ]) {
      expect(parseCommandLine(line.split(" ").filter(Boolean)).help).toBe(true);
    }
    expect(parseCommandLine(["--version"]).version).toBe(true);
    expect(parseCommandLine(["run", "-v"]).version).toBe(true);
  });
});

describe("help", () => {
  it("names every command and every option that is not hidden", () => {
    const top = helpText(undefined, undefined);
    for (const [name, { help, options }] of Object.entries(commands)) {
      expect(top).toContain(name);
      const own = helpText(name, undefined);
      expect(own).toContain(help);
      for (const option of options.filter(({ hidden }) => !hidden)) expect(own).toContain(option.flags.at(-1));
    }
    expect(helpText(undefined, "docs")).toContain("generate");
  });

  it("starts usage errors as click does", () => {
    expect(usageErrorText("No.", "run", "Yes.")).toBe(
      "Usage: labs dbt run [OPTIONS]\nTry 'labs dbt run --help' for help.\n\nError: No.\n  fix: Yes.\n",
    );
  });
});
