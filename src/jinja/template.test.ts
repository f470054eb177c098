import { describe, expect, test } from "vitest";
import { isLabsError } from "#errors/index.ts";
import {
  fromPlain,
  hasJinja,
  jsonDumps,
  jsonLoads,
  parseTemplate,
  PyDecimal,
  PyDict,
  PyFloat,
  PyFunction,
  repr,
  type Scope,
  str,
  toPlain,
  type Value,
} from "./index.ts";

const scopeOf = (values: Record<string, unknown>): Scope => {
  const names = new Map<string, Value>(Object.entries(values).map(([k, v]) => [k, fromPlain(v)]));
  return { get: (name) => names.get(name) };
};
const render = (template: string, values: Record<string, unknown> = {}) =>
  parseTemplate(template, { file: "t.sql" }).render(scopeOf(values));
const native = (template: string, values: Record<string, unknown> = {}) =>
  parseTemplate(template, { file: "t.yml" }).renderNative(scopeOf(values)) as Value;

const caught = (run: () => unknown) => {
  try {
    run();
  } catch (error) {
    if (isLabsError(error)) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
};

describe("waiting", () => {
  const slow = new PyFunction("slow", async (args) => {
    await new Promise((done) => setTimeout(done, 1));
    return args[0] as Value;
  });
  test("a template without waiting answers at once", () => {
    expect(render("{{ f(1) }}", { f: new PyFunction("f", (a) => a[0] as Value) })).toBe("1");
  });
  test.each([
    ["{{ slow(1) + slow(2) * 3 }}", "7"],
    ["{% for i in slow([1, 2]) if slow(i) > 1 %}{{ slow(i) }}{{ loop.last }}{% else %}no{% endfor %}", "2True"],
    ["{% for i in [1, 2, 3] %}{% if slow(i) == 2 %}{% break %}{% endif %}{{ slow(i) }}{% endfor %}", "1"],
    ["{% set x = slow(4) %}{% set y %}{{ slow(x) }}{% endset %}{{ y ~ slow('b') }}", "4b"],
    [
      "{% macro m(a, b=slow(2)) %}{{ slow(a) }}{{ b }}{{ caller() }}{% endmacro %}{% call m(1) %}{{ slow('c') }}{% endcall %}",
      "12c",
    ],
    [
      "{{ {'a': slow(1)}['a'] }}{{ [slow(1)][0] }}{{ slow([3, 1]) | sort }}{{ 1 if slow(0) else slow(9) }}",
      "11[1, 3]9",
    ],
    ["{{ slow(1) < slow(2) < slow(3) }}{{ slow('a').upper() }}{{ not slow(0) and slow(5) }}", "TrueA5"],
    ["{% filter upper %}{{ slow('a') }}{% endfilter %}{% with q = slow(1) %}{{ q }}{% endwith %}", "A1"],
    ["{% for i in [1, [2]] recursive %}{{ loop(i) if i is iterable else slow(i) }}{% endfor %}", "12"],
  ])("%s", async (template, expected) => {
    const result = render(template, { slow });
    expect(result).toBeInstanceOf(Promise);
    expect(await result).toBe(expected);
  });
  test("errors of promises get their place", async () => {
    const failing = new PyFunction("failing", () => Promise.reject(caught(() => render("{{ x() }}"))));
    delete (caught(() => render("{{ x() }}")) as { place?: unknown }).place;
    await expect(render("a\n {{ failing() }}", { failing })).rejects.toMatchObject({ message: "'x' is undefined" });
  });
});

describe("scopes", () => {
  test.each([
    ["{% for i in [1] %}{{ x }}{% endfor %}{% set x = 2 %}", ""],
    ["{{ x }}{% set x = 2 %}{{ x }}", "12"],
    ["{% set x = 5 %}{% for i in [1, 2] %}{{ x }}{% set x = i %}{% endfor %}{{ x }}", "555"],
    ["{% if true %}{% set y = 1 %}{% endif %}{{ y }}", "1"],
    ["{% if false %}{% set x = 9 %}{% endif %}{{ x }}", "1"],
    ["{% macro m() %}{{ v }}{% endmacro %}{% set v = 3 %}{{ m() }}", "3"],
    ["{% set y %}{% set z = 1 %}{{ z }}{% endset %}{{ y }}{{ z }}", "1"],
    ["{% block b %}{{ x }}{% endblock %}{{ self.b() }}", "11"],
    ["{% set w = 4 %}{% block b %}{{ w }}{% endblock %}", "4"],
  ])("%s", (template, expected) => {
    expect(render(template, { x: 1 })).toBe(expected);
  });
});

describe("places", () => {
  test("an error says where it is in the file", () => {
    const file = "header\n{% x %}\n  {{ a.b.c }}";
    const template = parseTemplate("{{ a.b.c }}", { file: "m.sql", offset: 17, fileSource: file });
    const error = caught(() => template.render(scopeOf({ a: {} })));
    expect(error.message).toBe("'dict object' has no attribute 'b'");
    expect(error.place).toMatchObject({ file: "m.sql", line: 3, column: 10, source: file });
  });
  test("syntax errors too", () => {
    const error = caught(() => parseTemplate("a\nb {% if %}", { file: "m.sql" }));
    expect([error.code, error.place?.line, error.place?.column]).toEqual(["JIN-001", 2, 9]);
  });
  test("undefined names keep Jinja's words", () => {
    expect(caught(() => render("{{ missing() }}")).message).toBe("'missing' is undefined");
    expect(parseTemplate("{{ a.b.c() }}|", { file: "x" }).render(scopeOf({}), { undefined: "chaining" })).toBe("|");
  });
});

describe("native rendering", () => {
  test.each<[string, unknown]>([
    ["{{ v }}", 3],
    ["{{ l }}", [1, 2]],
    ["{{ 1 }}", "1"],
    ["{{ v }}{{ v }}", "33"],
    ["{{ '1' | as_number }}", 1],
    ["{{ 'True' | as_bool }}", true],
    ["{{ '[1, 2]' | as_native }}", [1, 2]],
    ["{{ s | as_text }}", "007"],
    ["{{ s }}", "007"],
    ["", ""],
    ["plain", "plain"],
    ["{{ none if v else 1 }}", null],
  ])("%s", (template, expected) => {
    expect(toPlain(native(template, { v: 3, l: [1, 2], s: "007" }))).toEqual(expected);
  });
  test("as_bool of something else is an error", () => {
    expect(caught(() => native("{{ 'x' | as_bool }}")).message).toBe("Could not convert value 'x' into type 'bool'");
  });
});

describe("values", () => {
  test("dict keys are Python's", () => {
    const dict = new PyDict([
      [1, "a"],
      ["1", "b"],
      [new PyFloat(1), "c"],
      [true, "d"],
    ]);
    expect(str(dict)).toBe("{1: 'd', '1': 'b'}");
  });
  test("lazy values are made once, when they are read", () => {
    let made = 0;
    const dict = new PyDict().setLazy("x", () => ++made);
    expect(dict.size).toBe(1);
    expect(made).toBe(0);
    expect([dict.get("x"), dict.get("x"), made]).toEqual([1, 1, 1]);
  });
  test("floats stay floats in JSON", () => {
    expect(JSON.stringify({ a: new PyFloat(1), b: new PyFloat(1.5) })).toBe('{"a":1.0,"b":1.5}');
    expect(jsonDumps(jsonLoads('{"b": 1.0, "a": [1, 12345678901234567890, null, "é"]}'), { sortKeys: true })).toBe(
      '{"a": [1, 12345678901234567890, null, "\\u00e9"], "b": 1.0}',
    );
  });
  test("decimals have 28 digits", () => {
    const third = PyDecimal.ofInt(1).binary("/", 3, false) as Value;
    expect(repr(third)).toBe("Decimal('0.3333333333333333333333333333')");
  });
  test("null is None, never missing", () => {
    expect(render("{{ a }}{{ d.a }}{{ d['a'] }}{{ d.get('a', 1) }}", { a: null, d: { a: null } })).toBe(
      "NoneNoneNoneNone",
    );
  });
  test("a list may repeat more items than a call takes arguments", () => {
    const items = Array.from({ length: 200_000 }, () => 1);
    expect(render("{{ (items * 2) | length }}", { items })).toBe("400000");
  });
  test("references in markup that mean no character", () => {
    const items = ["&constructor;", "&#9999999999;", "&#xd800;", "&lt;"];
    expect(render("{% for i in items %}{{ i | striptags }}|{% endfor %}", { items })).toBe(
      "&constructor;|\ufffd|\ufffd|<|",
    );
  });
  test("what is nested too deep is a syntax error with its place", () => {
    for (const text of [
      `{{ ${"(".repeat(50_000)}1${")".repeat(50_000)} }}`,
      `{{ ${"-".repeat(50_000)}1 }}`,
      "{% if a %}".repeat(20_000) + "{% endif %}".repeat(20_000),
    ])
      expect(() => render(text, {})).toThrow(
        expect.objectContaining({ message: "the template is nested too deep to be read", place: expect.anything() }),
      );
  });
  test("hasJinja", () => {
    expect([hasJinja("select 1"), hasJinja("{{ x }}"), hasJinja("{# c #}"), hasJinja("{ {")]).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });
  test("plain values survive the way there and back", () => {
    const plain = { a: [1, "x", null, true], b: { c: 1.5 } };
    expect(toPlain(fromPlain(plain))).toEqual(plain);
  });
});
