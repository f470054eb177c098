import { describe, expect, test } from "vitest";
import { isLabsError } from "#errors/index.ts";
import {
  bindMacro,
  extractBlocks,
  findMacroCalls,
  lazyMacro,
  type MacroHooks,
  makeReturn,
  parseMacros,
  parseTemplate,
  PyFunction,
  type Scope,
  staticCalls,
  type Value,
} from "./index.ts";

const all = new Set(["macro", "materialization", "test", "docs", "snapshot"]);

/** A project of one macro file: its macros see each other and the extra names. */
function project(source: string, extra: Record<string, Value> = {}, hooks?: MacroHooks): Scope {
  const names = new Map<string, Value>([["return", makeReturn()], ...Object.entries(extra)]);
  const scope: Scope = { get: (name) => names.get(name) };
  for (const block of extractBlocks(source, { file: "macros/m.sql", allowed: all })) {
    for (const macro of parseMacros(block.fullSource, {
      file: "macros/m.sql",
      offset: block.offset,
      fileSource: source,
    })) {
      names.set(macro.name, bindMacro(macro, scope, hooks));
    }
  }
  return scope;
}
const render = (template: string, scope: Scope) => parseTemplate(template, { file: "models/m.sql" }).render(scope);

describe("return", () => {
  test("ends the macro that was called, and gives its object", () => {
    const scope = project("{% macro m() %}x{% for i in [1, 2] %}{{ return([i]) }}{% endfor %}{% endmacro %}");
    expect(render("{{ m()[0] + 1 }}", scope)).toBe("2");
  });
  test("in a call block ends the macro that got the block", () => {
    const scope = project(
      "{% macro inner() %}a{{ caller() }}b{% endmacro %}{% macro outer() %}<{% call inner() %}{{ return('r') }}{% endcall %}>{% endmacro %}",
    );
    expect(render("{{ outer() }}", scope)).toBe("<r>");
  });
  test("works behind promises", async () => {
    const later = new PyFunction("later", async () => 5);
    const scope = project("{% macro m() %}{% set x = later() %}{{ return(x) }}{% endmacro %}", { later });
    expect(await render("{{ m() + 1 }}", scope)).toBe("6");
  });
});

test("hooks are called in pairs, also when a macro fails", () => {
  const log: string[] = [];
  const hooks = {
    enter: (m: { name: string }) => log.push(`+${m.name}`),
    leave: (m: { name: string }) => log.push(`-${m.name}`),
  };
  const scope = project("{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ 1 / 0 }}{% endmacro %}", {}, hooks);
  expect(() => render("{{ a() }}", scope)).toThrow("division by zero");
  expect(log.join("")).toBe("+a+b-b-a");
});

test("an error carries its place and the way to it", () => {
  const scope = project(
    "\n{% macro a(x) %}\n  {{ x.missing.y }}{% endmacro %}\n{% macro b() %}{{ a({}) }}{% endmacro %}",
  );
  try {
    render("select\n {{ b() }}", scope);
    expect.unreachable();
  } catch (error) {
    if (!isLabsError(error)) throw error;
    expect(error.message).toBe("'dict object' has no attribute 'missing'");
    expect(error.place).toMatchObject({ file: "macros/m.sql", line: 3, column: 16 });
    expect(error.place?.stack).toEqual([
      { file: "macros/m.sql", line: 4, column: 19 },
      { file: "models/m.sql", line: 2, column: 5 },
    ]);
  }
});

test("definitions tell parameters, types, languages", () => {
  const [macro] = parseMacros("{% macro m(a: int, b: list[str]='x') %}{{ varargs }}{% endmacro %}", { file: "m.sql" });
  expect(macro?.params).toEqual([
    { name: "a", default: false, type: "int" },
    { name: "b", default: true, type: "list[str]" },
  ]);
  expect([macro?.usesVarargs, macro?.usesKwargs]).toEqual([true, false]);
  const [materialization] = parseMacros(
    "{% materialization t, adapter='duckdb', supported_languages=['sql', 'python'] %}{% endmaterialization %}",
    { file: "m.sql" },
  );
  expect([materialization?.name, materialization?.kind, materialization?.supportedLanguages]).toEqual([
    "materialization_t_duckdb",
    "materialization",
    ["sql", "python"],
  ]);
});

test("a lazy macro is parsed when it is called", () => {
  const macro = lazyMacro("{% macro m() %}{% oops %}{% endmacro %}", { file: "m.sql", name: "m" });
  const bound = bindMacro(macro, { get: () => undefined });
  expect(() => bound.call([], new Map())).toThrow("Encountered unknown tag 'oops'");
});

describe("blocks", () => {
  test.each([
    ["{% macro a() %}", "Reached EOF without finding a close tag for macro (searched from line 1)"],
    ["{% if x %}{% macro a() %}{% endmacro %}{% endif %}", "Got a block definition inside control flow at 1:10"],
    ["{% macro a() %}{% macro b() %}{% endmacro %}", "Got nested tags: macro (started at 0)"],
    ["{% endif %}", "but never saw a preceeding if (@ 1:0)"],
    ["{{ 'abc", "unexpected EOF, expected string"],
  ])("%s", (source, message) => {
    expect(() => extractBlocks(source, { file: "m.sql", allowed: all })).toThrow(message);
  });
  test("strings, comments and raw hide tags", () => {
    const source =
      "{# {% macro x() %} #}{% raw %}{% macro y() %}{% endraw %}{{ '{% macro z() %}' }}{% macro a(b='%}') %}c{% endmacro %}";
    const blocks = extractBlocks(source, { file: "m.sql", allowed: all });
    expect(blocks.map((b) => [b.name, b.contents, source.slice(b.offset, b.contentsOffset)])).toEqual([
      ["a", "c", "{% macro a(b='%}') %}"],
    ]);
  });
});

describe("static analysis", () => {
  test("macro calls", () => {
    const source =
      "{{ foo(pkg.bar()) }}{{ ref('x') }}{{ adapter.dispatch('d', 'ns')() }}{{ adapter.quote('x') }}{{ x.y.z() }}";
    expect(findMacroCalls(source)).toEqual(["foo", "pkg.bar", "d", "ns.d"]);
  });
  test("literal calls", () => {
    const [config, ref, dynamic] = staticCalls(
      "{{ config(a=[1, 'x'], b=env_var('Q')) }}{{ ref('p', 'm', v=2) }}{{ ref(x) }}",
      ["ref", "config"],
    );
    expect(config).toMatchObject({ name: "config", dynamic: true });
    expect(config?.unrendered.get("b")).toBe("env_var('Q')");
    expect(ref).toMatchObject({ name: "ref", args: ["p", "m"], dynamic: false });
    expect(dynamic?.dynamic).toBe(true);
  });
});
