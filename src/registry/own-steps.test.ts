import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readLabConfig } from "./lab-config.ts";
import { temporaryFolder } from "./testing/temporary.ts";

const read = (text: string) => readLabConfig(join(temporaryFolder({ "lab.yml": text }), "lab.yml"));
const order = (text: string) => read(text).steps.map(({ name }) => name);

describe("steps", () => {
  it("stand around stages and each other, in the order of the file", () => {
    expect(order("")).toEqual(["check", "load", "transform", "inspect", "publish"]);
    expect(
      order(
        `
steps:
  - { name: mail, after: publish, command: [true] }
  - { name: fetch, before: check, command: [true] }
  - { name: unpack, after: fetch, command: [true] }
  - { name: fetch_more, before: check, command: [true] }
  - { name: login, before: fetch, command: [true] }
  - { name: a, after: load, command: [true] }
  - { name: b, after: load, command: [true] }
  - { name: c, before: transform, command: [true] }
`.replaceAll("[true]", '["true"]'),
      ),
    ).toEqual("login fetch unpack fetch_more check load a b c transform inspect publish mail".split(" "));
  });

  it("have defaults, and say what they run", () => {
    const own = (text: string) => read(`steps:\n  - {name: s, after: load, ${text}}\n`).steps.find((s) => s.own)?.own;
    expect(own("command: [python3, fetch.py]")).toMatchObject({
      action: { kind: "command", words: ["python3", "fetch.py"] },
      inputs: [],
      outputs: [],
      timeoutMs: 3_600_000,
      retries: 0,
      retryWaitMs: 10_000,
      env: [],
      when: "on_success",
      required: true,
      exclusive: false,
      place: { line: 2, column: 5 },
    });
    expect(own("command: a | b")?.action).toEqual({ kind: "shell", line: "a | b" });
    expect(own("script: s.ts, database: exclusive")).toMatchObject({ action: { kind: "script" }, exclusive: true });
    expect(own("sql: select 1 from t.sql")?.action.kind).toBe("sql");
    expect(own("sql: sql/clean.sql")?.action).toEqual({ kind: "sql-file", file: "sql/clean.sql" });
    expect(
      own("command: x, timeout: 2 minutes, retries: 3, retry_wait: 1s, inputs: a.csv, outputs: [b, c]"),
    ).toMatchObject({ timeoutMs: 120_000, retries: 3, retryWaitMs: 1000, inputs: ["a.csv"], outputs: ["b", "c"] });
  });

  const step = (text: string) => `steps:\n  - {name: s, ${text}}\n`;
  it.each([
    [step("command: x"), 2, 5, /no place in the run/, "check, load"],
    [step("before: load, after: load, command: x"), 2, 29, /both `before` and `after`/, "Keep one"],
    [step("before: lod, command: x"), 2, 15, /no stage or step named `lod`/, "`load`"],
    [step("after: s, command: x"), 2, 15, /is after itself/, "stage"],
    [step("after: load"), 2, 5, /has nothing to do/, "command:"],
    [step("after: load, command: x, sql: y"), 2, 40, /`command` and `sql`/, "Keep one"],
    [step("after: load, comand: x"), 2, 28, /`comand` is not a key/, "command"],
    [step("after: load, sql: select 1, env: [A]"), 2, 43, /means nothing for SQL/, "Take it out"],
    [step("after: load, command: x, timeout: soon"), 2, 40, /a time such as/, "30 seconds"],
    [step("after: load, command: x, retry_wait: 1s"), 2, 40, /no `retries`/, "retries"],
    [step("after: load, command: x, when: on_sucess"), 2, 40, /one of on_success/, "`on_success`"],
    ["steps: [{name: load, after: load, command: x}]\n", 1, 10, /is a stage/, "another name"],
    ["steps: [{name: Load it, after: load, command: x}]\n", 1, 10, /small letters/, "small letters"],
    [
      "steps:\n  - {name: a, after: load, command: x}\n  - {name: a, after: load, command: x}\n",
      3,
      6,
      /two steps named `a`/,
      "Rename",
    ],
    [
      "steps:\n  - {name: a, after: b, command: x}\n  - {name: b, before: a, command: x}\n",
      2,
      15,
      /a → b → a wait for each other/,
      "before or after a stage",
    ],
  ])("refuses %j", (text, line, column, message, hint) => {
    expect(() => read(text)).toThrow(message);
    try {
      read(text);
    } catch (error) {
      expect(error).toMatchObject({ exit: 2, place: { line, column }, hint: expect.stringContaining(hint) });
    }
  });
});
