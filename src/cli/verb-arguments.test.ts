import { describe, expect, it } from "vitest";
import { globalFlags, noGlobals, takeGlobals } from "./global-options.ts";
import type { Verb } from "./io.ts";
import { parseVerb } from "./verb-arguments.ts";

const verb: Verb = {
  arguments: [
    { name: "<lab>", description: "", required: true },
    { name: "[more...]", description: "", variadic: true },
  ],
  options: [
    { flags: "-s, --select <expr...>", description: "" },
    { flags: "--dry-run", description: "" },
    { flags: "--no-wait", description: "" },
    { flags: "--rows <n>", description: "", default: 100 },
    { flags: "-f, --format <name>", description: "", choices: ["text", "html"] },
    { flags: "--open [app]", description: "" },
    { flags: "-x", description: "" },
  ].map((option) => (option.flags === "-x" ? { ...option, flags: "-x, --extra" } : option)),
  examples: [],
  run: async () => 0,
};
const parse = (...words: string[]) => parseVerb("v", verb, words);

describe("parseVerb", () => {
  it("fills in defaults", () => {
    expect(parse("a")).toEqual({ args: ["a"], options: { wait: true, rows: 100 } });
  });

  it.each([
    [["a", "b", "c"], ["a", "b", "c"], {}],
    [["a", "--dry-run", "--no-wait"], ["a"], { dryRun: true, wait: false }],
    [["a", "--select", "x", "+y", "--dry-run"], ["a"], { select: ["x", "+y"], dryRun: true }],
    [["-s", "x", "-s", "y", "z", "--", "a"], ["a"], { select: ["x", "y", "z"] }],
    [["--select=x", "a"], ["a"], { select: ["x"] }],
    [["-sx", "a"], ["a"], { select: ["x"] }],
    [["a", "-xfhtml"], ["a"], { extra: true, format: "html" }],
    [["a", "--rows", "5"], ["a"], { rows: "5" }],
    [["a", "--rows=-5"], ["a"], { rows: "-5" }],
    [["a", "--open"], ["a"], { open: true }],
    [["--open", "firefox", "a"], ["a"], { open: "firefox" }],
    [["--", "--dry-run"], ["--dry-run"], {}],
    [["a", "-"], ["a", "-"], {}],
    [["a", "-5"], ["a", "-5"], {}],
  ])("%j", (words, args, options) => {
    expect(parse(...words)).toEqual({ args, options: { wait: true, rows: 100, ...options } });
  });

  it.each([
    [[], /argument lab is missing/, /Usage: labs v <lab> \[more\.\.\.\]/],
    [["a", "--dryrun"], /no option --dryrun/, /`--dry-run`/],
    [["a", "-z"], /no option -z/, /Usage/],
    [["a", "--rows"], /--rows needs a value/, /Usage/],
    [["a", "--rows", "--dry-run"], /--rows needs a value/, /Usage/],
    [["a", "--dry-run=1"], /takes no value/, /Usage/],
    [["a", "-f", "htm"], /`htm` is no value of --format/, /`html`/],
  ])("refuses %j", (words, message, hint) => {
    expect(() => parse(...words)).toThrow(message);
    try {
      parse(...words);
    } catch (error) {
      expect(error).toMatchObject({ code: "CLI-002", exit: 2, hint: expect.stringMatching(hint) });
    }
  });
});

describe("takeGlobals", () => {
  const take = (words: string[], mode: Parameters<typeof takeGlobals>[2] = {}) => {
    const options = noGlobals();
    return { rest: takeGlobals(words, options, mode), options };
  };

  it("takes them from any position up to --", () => {
    const { rest, options } = take(["a", "-o", "json", "b", "--workspace=/x", "-q", "--", "--trace"]);
    expect(rest).toEqual(["a", "b", "--", "--trace"]);
    expect(options).toMatchObject({ output: "json", workspace: "/x", quiet: true, trace: false });
  });

  it("leaves the value of a verb's own option alone", () => {
    expect(take(["--rows", "-q"], { verb }).rest).toEqual(["--rows", "-q"]);
  });

  it("takes only what dbt does not have after a verb that passes everything through", () => {
    const { rest, options } = take(["run", "-q", "--workspace", "/x", "-o", "f", "--trace", "--help"], {
      verb: { ...verb, passThrough: true },
    });
    expect(rest).toEqual(["run", "-q", "-o", "f", "--help"]);
    expect(options).toMatchObject({ workspace: "/x", trace: true, quiet: false, help: false });
  });

  it("takes no word for an option that JavaScript's objects have by birth", () => {
    const words = ["new", "constructor", "__proto__", "toString", "valueOf"];
    expect(take(words).rest).toEqual(words);
  });

  it("knows flags that no verb may take for itself", () => {
    expect(globalFlags).toEqual(expect.arrayContaining(["-o", "--output", "--workspace", "-q", "-h"]));
  });
});
