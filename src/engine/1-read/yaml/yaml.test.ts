import { describe, expect, it } from "vitest";
import { isLabsError } from "#errors/index.ts";
import { PyDate, PyDateTime, PyFloat } from "#jinja/index.ts";
import { parseYaml, yamlText } from "./index.ts";

const load = (text: string): unknown => parseYaml(text, "x.yml").data;
const f = (value: number): PyFloat => new PyFloat(value);

function failure(text: string): { message: string; line?: number; column?: number; hint?: string } {
  try {
    load(text);
  } catch (error) {
    if (!isLabsError(error)) throw error;
    return { message: error.message, line: error.place?.line, column: error.place?.column, hint: error.hint };
  }
  throw new Error(`${JSON.stringify(text)} was accepted`);
}

describe("scalars are those of YAML 1.1 as PyYAML reads it", () => {
  it.each<[string, unknown]>([
    ["yes", true],
    ["Off", false],
    ["NO", false],
    ["y", "y"],
    ["nO", "nO"],
    ["~", null],
    ["Null", null],
    ["", null],
    ["0o17", "0o17"],
    ["017", 15],
    ["0x1F", 31],
    ["0b101", 5],
    ["1_000", 1000],
    ["1:30", 90],
    ["-1:30", -90],
    ["08", "08"],
    ["+1", 1],
    ["-0", 0],
    ["123456789012345678901234567890", 123456789012345678901234567890n],
    ["1.0", f(1)],
    ["1.", f(1)],
    [".5", f(0.5)],
    ["1e5", "1e5"],
    ["1.5e3", "1.5e3"],
    ["1.5e+3", f(1500)],
    ["190:20:30.15", f(685230.15)],
    ["-.INF", f(Number.NEGATIVE_INFINITY)],
    ["1.2.3", "1.2.3"],
    ["2020-13-1", "2020-13-1"],
    ["!!str 1", "1"],
    ["!!int '7'", 7],
    ["!!float 1", f(1)],
    ["'1'", "1"],
    ["http://x.y/z#f", "http://x.y/z#f"],
    ["-x", "-x"],
  ])("%s", (text, value) => {
    expect(load(`a: ${text}`)).toEqual({ a: value });
  });

  it("reads dates and times as Python's", () => {
    const { a, b, c } = load("a: 2024-02-29\nb: 2020-01-01t10:00:00.123+02:00\nc: 2020-1-1 1:02:03Z") as Record<
      string,
      PyDate
    >;
    expect(a).toBeInstanceOf(PyDate);
    expect(a?.str()).toBe("2024-02-29");
    expect(b).toBeInstanceOf(PyDateTime);
    expect(b?.str()).toBe("2020-01-01 10:00:00.123000+02:00");
    expect(c?.str()).toBe("2020-01-01 01:02:03+00:00");
    expect(failure("a: 2023-02-29").line).toBe(1);
  });
});

describe("structure", () => {
  it.each<[string, unknown]>([
    ["a:\n- b\n- c\nd: e", { a: ["b", "c"], d: "e" }],
    ["- a: 1\n  b: 2\n-\n  - x\n  - - y\n    - z", [{ a: 1, b: 2 }, ["x", ["y", "z"]]]],
    ["a: b\n\n\n  c\n d", { a: "b\n\nc d" }],
    ["a: 'it''s\n  b'", { a: "it's b" }],
    ['a: "\\x41\\u00e9\\n\\\n   b"', { a: "Aé\nb" }],
    ["a: |+\n x\n\n\nb: 1", { a: "x\n\n\n", b: 1 }],
    ["a: |-\n x\n\nb: 1", { a: "x", b: 1 }],
    ["a: >\n x\n  y\n z\n\n w\n", { a: "x\n y\nz\nw\n" }],
    ["a: |2\n   x\n  y", { a: " x\ny" }],
    ["a: {x: [1, 'b', ], y}", { a: { x: [1, "b"], y: null } }],
    ["[a: b, ? c : d, e]", [{ a: "b" }, { c: "d" }, "e"]],
    ['{"a":1}', { a: 1 }],
    ["? a\n: b", { a: "b" }],
    ["- &a k: v\n- *a", [{ k: "v" }, "k"]],
    [
      "a: &x {p: 1}\nb: &y {p: 2, q: 3}\nc:\n  z: 0\n  <<: [*x, *y]",
      { a: { p: 1 }, b: { p: 2, q: 3 }, c: { p: 1, q: 3, z: 0 } },
    ],
    ["a: b#c #d", { a: "b#c" }],
    ["a: x\t\nb: 1", { a: "x", b: 1 }],
    ["a:\r\n  b: 1\r\n", { a: { b: 1 } }],
    ["%YAML 1.1\n---\na: 1\n...\n", { a: 1 }],
    ["", null],
    ["# only a comment", null],
    ["yes: 1\n2: 3\n~: 4", { true: 1, 2: 3, null: 4 }],
  ])("%j", (text, value) => {
    expect(load(text)).toEqual(value);
  });

  it("keeps the key __proto__ harmless", () => {
    const data = load("__proto__: {x: 1}") as object;
    expect(Object.getPrototypeOf(data)).toBe(Object.prototype);
    expect(Object.keys(data)).toEqual(["__proto__"]);
  });

  it("lets the last of two equal keys win and tells where it stands", () => {
    const document = parseYaml("models:\n  +schema: a\n  +schema: b\n", "x.yml");
    expect(document.data).toEqual({ models: { "+schema": "b" } });
    expect(document.duplicates).toEqual([{ key: "+schema", line: 3, column: 3 }]);
  });

  it("knows where a key path stands, or its nearest parent", () => {
    const document = parseYaml("models:\n  - name: a\n    columns:\n      - name: id\n", "x.yml");
    expect(document.position(["models", 0, "columns", 0, "name"])).toEqual({ line: 4, column: 9 });
    expect(document.position(["models", 0, "columns", 7])).toEqual({ line: 3, column: 5 });
    expect(document.position([])).toEqual({ line: 1, column: 1 });
  });
});

describe("faults", () => {
  it.each<[string, string, number, number]>([
    ["key: value\n  other: x", "mapping values are not allowed in this context", 2, 8],
    ["a: b: c", "mapping values are not allowed in this context", 1, 5],
    ["a: 1\nb\nc: 2", "could not find expected ':'", 2, 2],
    ["a:\n  - x\n b: 1", "did not find expected key", 3, 2],
    ["a:\n- x\n - y: 1\n- z\n   w", "mapping values are not allowed", 3, 5],
    ["- a: 1\n   b: 2", "mapping values are not allowed", 2, 5],
    ["a:\n  - name: x\n   y: 1", "did not find expected '-' indicator", 3, 4],
    ['a: "x" y', "did not find expected key", 1, 8],
    ["a: [1", "did not find expected ',' or ']'", 1, 6],
    ["a: 'x", "found unexpected end of stream", 1, 6],
    ["a: *x", "found undefined alias 'x'", 1, 4],
    ["a: @x", "found character that cannot start any token", 1, 4],
    ["\ta: 1", "found character that cannot start any token", 1, 1],
    ["a: {{ x }}", "found unhashable key", 1, 5],
    ["a: 1\n---\nb: 2", "but found another document", 2, 1],
    ["a: !foo b", "could not determine a constructor for the tag '!foo'", 1, 10],
    ["a: &x\n  b: *x", "an alias stands inside the value that it names", 2, 6],
    [
      `a0: &a0 [x, x]\n${Array.from({ length: 40 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`).join("\n")}`,
      "the aliases make more than 5,000,000 values",
      2,
      10,
    ],
    [`a:\n  ${"[".repeat(100_000)}`, "nested too deep to be read", 2, expect.any(Number)],
    ["a: \u0001", "control characters are not allowed", 1, 4],
  ])("%j", (text, message, line, column) => {
    const found = failure(text);
    expect(found.message).toContain(message);
    expect([found.line, found.column]).toEqual([line, column]);
    expect(found.hint).toBeTruthy();
  });

  it("shows the lines around the fault as dbt does", () => {
    expect(failure("name: p\nprofile: p\n  x: 1\n").message).toBe(
      [
        "Syntax error near line 3",
        "------------------------------",
        "1  | name: p",
        "2  | profile: p",
        "3  |   x: 1",
        "4  | ",
        "",
        "Raw Error:",
        "------------------------------",
        "mapping values are not allowed in this context",
        '  in "<unicode string>", line 3, column 4',
      ].join("\n"),
    );
    expect(failure("a: {{ x }}").hint).toContain("quotes");
  });
});

describe("yamlText", () => {
  it("writes block style with PyYAML's quoting", () => {
    const data = {
      name: "x",
      list: ["1", "a b", "", "yes", 1, f(1), null, true],
      deep: { "a: b": [] },
      text: "l1\nl2",
    };
    expect(yamlText(data)).toBe(
      [
        "name: x",
        "list:",
        "- '1'",
        "- a b",
        "- ''",
        "- 'yes'",
        "- 1",
        "- 1.0",
        "- null",
        "- true",
        "deep:",
        "  'a: b': []",
        "text: 'l1",
        "",
        "  l2'",
        "",
      ].join("\n"),
    );
    expect(parseYaml(yamlText(data), "x").data).toEqual(data);
  });
});
