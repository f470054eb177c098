import { describe, expect, test } from "vitest";
import { PyDict, PyObject, Undefined, type Value } from "#jinja/index.ts";
import { Relation } from "./relation.ts";
import { RelationClass } from "./relation-class.ts";

const x = Relation.create({ database: "db", schema: "main", identifier: "x", type: "table" });

function call(target: PyObject, name: string, args: Value[] = [], kwargs: Record<string, Value> = {}): Value {
  const method = target.getAttr(name);
  if (!(method instanceof PyObject)) throw new Error(`no method ${name}`);
  return method.call(args, new Map(Object.entries(kwargs))) as Value;
}
const text = (value: Value): string => (value as PyObject).str();

// expected texts are those that dbt-duckdb 1.11.0 printed
describe("rendering", () => {
  test("quotes and includes parts by policy", () => {
    expect(x.str()).toBe('"db"."main"."x"');
    expect(x.repr()).toBe('<DuckDBRelation "db"."main"."x">');
    expect(x.quote({ identifier: false }).include({ database: false }).str()).toBe('"main".x');
    expect(x.withoutIdentifier().str()).toBe('"db"."main"');
    expect(Relation.create({ schema: "b", identifier: "c" }).str()).toBe('"b"."c"');
  });
  test("information schema", () => {
    expect(x.informationSchema("tables").repr()).toBe('<InformationSchema "db".INFORMATION_SCHEMA.tables>');
    expect(text(call(x, "information_schema_only"))).toBe('"db".INFORMATION_SCHEMA');
    expect(text(call(x, "information_schema", [new Undefined({ name: "v" })]))).toBe('"db".INFORMATION_SCHEMA');
  });
  test("limits of --empty and event time filters wrap each other", () => {
    expect(x.with({ limit: 0 }).str()).toBe('(select * from "db"."main"."x" where false limit 0)');
    expect(x.with({ limit: 10 }).str()).toBe('(select * from "db"."main"."x" limit 10)');
    const eventTimeFilter = { fieldName: "ts", start: "2024-01-01 00:00:00+00:00", end: "2024-01-02 00:00:00" };
    expect(x.with({ limit: 0, eventTimeFilter }).str()).toBe(
      `(select * from (select * from "db"."main"."x" where false limit 0) where ts >= '2024-01-01 00:00:00+00:00' and ts < '2024-01-02 00:00:00')`,
    );
    expect(x.with({ limit: 0 }).render()).toBe('"db"."main"."x"');
  });
  test("external locations and ephemeral models", () => {
    expect(x.with({ external: "'data/x.csv'" }).str()).toBe("'data/x.csv'");
    const cte = Relation.ephemeral("e");
    expect(cte.str()).toBe("__dbt__cte__e");
    expect(cte.getAttr("is_cte")).toBe(true);
  });
});

describe("as templates see it", () => {
  test("attributes and items", () => {
    expect(x.getAttr("table")).toBe("x");
    expect(x.getItem("schema")).toBe("main");
    expect(x.getItem("nope")).toBeUndefined();
    expect(x.getAttr("is_table")).toBe(true);
    expect(x.getAttr("is_view")).toBe(false);
    expect(x.getAttr("View")).toBe("view");
    expect(x.isMapping).toBe(true);
    expect((x.getAttr("path") as PyObject).repr()).toBe("Path(database='db', schema='main', identifier='x')");
    expect((x.getAttr("quote_policy") as PyObject).repr()).toBe("Policy(database=True, schema=True, identifier=True)");
    expect((call(x, "get", ["metadata"]) as PyObject).repr()).toBe("{'type': 'DuckDBRelation'}");
    expect(call(x, "get", ["nope", "d"])).toBe("d");
  });
  test("it cannot be used as a dict", () => {
    expect(() => x.length()).toThrow('The object (""db"."main"."x"") was used as a dictionary.');
    expect(() => x.iterate()).toThrow("was used as a dictionary");
  });
  test("changed copies", () => {
    const path = new PyDict([["identifier", "y"]]);
    const changed = call(x, "incorporate", [], { path, type: "view" }) as Relation;
    expect([changed.str(), changed.type]).toEqual(['"db"."main"."y"', "view"]);
    expect(text(call(x, "incorporate", [], { path: new PyDict([["identifier", null]]) }))).toBe('"db"."main"');
    expect(text(call(x, "replace_path", [], { identifier: "q" }))).toBe('"db"."main"."q"');
    expect(() => call(x, "replace_path", [], { schema: new Undefined({ name: "s" }) })).toThrow(
      "Got an invalid path schema: ",
    );
    expect(text(call(x, "quote", [], { identifier: null }))).toBe('"db"."main"."x"');
    expect(() => call(x, "include", [], { nope: true })).toThrow("unexpected keyword argument 'nope'");
  });
  test("equality goes by every field, hashing by the rendered name", () => {
    expect(x.equals(Relation.create({ database: "db", schema: "main", identifier: "x", type: "table" }))).toBe(true);
    const untyped = Relation.create({ database: "db", schema: "main", identifier: "x" });
    expect(x.equals(untyped)).toBe(false);
    expect(x.hash()).toBe(untyped.hash());
  });
  test("to_dict", () => {
    expect(x.toPlain()).toEqual({
      path: { database: "db", schema: "main", identifier: "x" },
      type: "table",
      quote_character: '"',
      include_policy: { database: true, schema: true, identifier: true },
      quote_policy: { database: true, schema: true, identifier: true },
      dbt_created: false,
      require_alias: false,
      renameable_relations: [],
      replaceable_relations: [],
    });
    expect((call(x, "to_dict") as PyDict).get("external")).toBe(null);
  });
});

describe("matches", () => {
  test("compares exactly", () => {
    expect(x.matches({ database: "db", identifier: "x" })).toBe(true);
    expect(x.matches({ identifier: "y" })).toBe(false);
  });
  test("a difference in case only is an error, as is an empty search", () => {
    expect(() => x.matches({ database: "DB", schema: "main", identifier: "x" })).toThrow(
      'Searched for: "DB"."main"."x"\nFound: "db"."main"."x"',
    );
    expect(() => x.matches({})).toThrow("no search path was passed");
  });
  test("names that dbt made unquoted match in any case", () => {
    const made = x.with({ dbtCreated: true, quotePolicy: { identifier: false } });
    expect(made.matches({ identifier: "X" })).toBe(true);
  });
});

describe("api.Relation", () => {
  const api = new RelationClass({ identifier: false });
  test("create takes the project's quoting, positions and names", () => {
    expect(text(call(api, "create", ["a", "b", "c", "view"]))).toBe('"a"."b".c');
    const quote_policy = new PyDict([["database", false]]);
    expect(text(call(api, "create", [], { database: "a", schema: "b", identifier: "c", quote_policy }))).toBe(
      'a."b".c',
    );
    expect(
      text(call(api, "create", [], { database: new Undefined({ name: "d" }), schema: "a", identifier: "b" })),
    ).toBe('""."a".b');
    expect(() => call(api, "create", [], { identifier: "x", type: "foo" })).toThrow("invalid value 'foo'");
  });
  test("constants and helpers", () => {
    expect(api.getAttr("External")).toBe("external");
    expect((call(api, "get_default_quote_policy") as PyObject).repr()).toBe(
      "Policy(database=True, schema=True, identifier=True)",
    );
    expect(call(api, "scd_args", ["a", "b"])).toEqual(["a", "b"]);
    expect(api.getAttr("nope")).toBeUndefined();
  });
});
