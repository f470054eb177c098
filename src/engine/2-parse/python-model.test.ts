import { describe, expect, test } from "vitest";
import { parse, parseError } from "../testing/project.ts";

const other = { "models/m.sql": "select 1 as id", "models/n.sql": "select 1 as id" };
const sources = "sources: [{name: raw, tables: [{name: t}]}]";

const modelOf = (code: string) =>
  parse({ ...other, "models/s.yml": sources, "models/p.py": code }).node("model.shop.p");
const errorOf = (code: string) => parseError({ ...other, "models/p.py": code });

const body = (text: string): string => `def model(dbt, session):\n    ${text}\n    return dbt.ref("m")\n`;

describe("a Python model", () => {
  test("depends on what it names in code, not in comments and texts", () => {
    const node = modelOf(`
"""Reads dbt.ref("nothing")."""
x = 'dbt.ref("neither")'  # dbt.ref("nor this")
def helper(dbt): return other.dbt.ref("no")
def model(dbt, session):
    text = f"select {dbt.ref('n')}"
    first = dbt.ref(
        "shop",  # of this project
        'm',
    )
    return first.union(dbt.source("raw", r"t"))
`);
    expect(node.refs).toEqual([
      { name: "n", package: null, version: null },
      { name: "m", package: "shop", version: null },
    ]);
    expect(node.sources).toEqual([["raw", "t"]]);
    expect(node.depends_on.nodes.toSorted()).toEqual(["model.shop.m", "model.shop.n", "source.shop.raw.t"]);
  });

  test("takes literals of all kinds in its config", () => {
    const node = modelOf(
      body(`dbt.config(materialized="incremental", tags=('a', "b"), meta={
        "nested": {"list": [1, -2, None, True], "empty": {}, "brace": "}} %}"}, 'joined': 'it''s' "\\x41\\n", "n": 1_000 + 0 if False else 1,
      }, alias="odd 'name'")`).replace("1_000 + 0 if False else 1", "1_000"),
    );
    expect(node.config).toMatchObject({
      materialized: "incremental",
      tags: ["a", "b"],
      alias: "odd 'name'",
      meta: {
        nested: { list: [1, -2, null, true], empty: {}, brace: "}} %}" },
        joined: "itsA\n",
        n: 1000,
      },
    });
  });

  test("notes which settings it reads, with what it takes instead", () => {
    const node = modelOf(body("dbt.config.get('a'); dbt.config.get('b', [1]); dbt.config.meta_get('c', 'd')"));
    expect(node.config).toMatchObject({
      config_keys_used: ["a", "b"],
      config_keys_defaults: [null, [1]],
      meta_keys_used: ["c"],
      meta_keys_defaults: ["d"],
    });
  });

  test.each([
    ["x = 1\n", "dbt allows exactly one model defined per python file, found 0", 1],
    [body("pass") + body("pass"), "dbt allows exactly one model defined per python file, found 2", 1],
    ["def model(dbt):\n    return 1\n", "model function should have two args, `dbt` and a session", 1],
    ["def model(dbt, session, /):\n    return 1\n", "model function should have two args", 1],
    ["\n\ndef model(data, session):\n    return 1\n", "'dbt' not provided for model as the first argument", 3],
    ["def model(dbt, s):\n    return 1, 2\n", "In current version, model function should return only one", 1],
    ["def model(dbt, s):\n    if s:\n        return 1\n", "In current version, model function should return only", 1],
    [body("dbt.ref(name)"), "Error when trying to literal_eval an arg", 2],
    [body("dbt.config.get()"), "dbt.config.get() requires at least one argument", 2],
    [body("dbt.config.meta_get(1, 2, 3)"), "dbt.config.meta_get() takes at most 2 arguments (3 given)", 2],
    [body("x = '{{ this }}'"), "No jinja in python model code is allowed", 2],
  ])("%j is refused", (code, message, line) => {
    const error = errorOf(code);
    expect(error.message).toContain(message);
    expect(error.place).toMatchObject({ file: "models/p.py", line });
    expect(error.data).toMatchObject({ dbtType: "Parsing Error" });
  });

  test.each([
    "def model(dbt, session): return 1",
    "def model(dbt, session):\n\treturn (1)\n",
    "def model(dbt, session, *, more=1):\n  x = 1\n  return f(1, 2)[0, 1]\n# end\n",
    "class A:\n  def method(self):\n    def model(x): pass\ndef model(dbt, session):\n  '''\nreturn\n'''\n  return (1, 2)[0]",
    "# only a comment",
  ])("%j is taken", (code) => {
    expect(modelOf(code).language).toBe("python");
  });
});
