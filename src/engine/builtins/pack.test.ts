import { expect, test } from "vitest";
import { lazyMacro } from "#jinja/index.ts";
import { addPackedMacros } from "../2-parse/macros.ts";
import { linkMacroDependencies } from "../3-link/macro-dependencies.ts";
import { MacroTable } from "../context/macro-table.ts";
import type { MacroNode } from "../manifest/types.ts";
import { packBuiltins } from "./pack.ts";

const packed = packBuiltins();

/** `depends_on.macros` of every macro of a project that defines `own`; `known` says whether the index is trusted. */
function dependencies(own: Record<string, string>, known: boolean): Record<string, string[]> {
  const manifest: { macros: Record<string, MacroNode> } = { macros: {} };
  const macros = new MacroTable("shop");
  for (const [name, body] of Object.entries(own)) {
    const source = `{% macro ${name}() %}${body}{% endmacro %}`;
    const node = { name, package_name: "shop", unique_id: `macro.shop.${name}`, macro_sql: source, depends_on: {} };
    manifest.macros[node.unique_id] = Object.assign(node, { depends_on: { macros: [] } }) as unknown as MacroNode;
    macros.add(manifest.macros[node.unique_id] as MacroNode, lazyMacro(source, { name, file: "macros/own.sql" }));
  }
  for (const builtin of packed) {
    const files = builtin.files.map((f) => ({ ...f, searchPath: "macros", relativePath: f.path }));
    addPackedMacros({ macros, manifest }, builtin.name, files, builtin.macros ?? []);
  }
  if (!known) for (const entry of macros.all()) delete entry.known;
  linkMacroDependencies({ macros, read: { root: { dispatch: [] } } });
  return Object.fromEntries(Object.values(manifest.macros).map((m) => [m.unique_id, m.depends_on.macros]));
}

test("the index knows what built-in macros depend on", () => {
  const found = dependencies({}, true);
  expect(found["macro.dbt_duckdb.materialization_table_duckdb"]?.length).toBeGreaterThan(3);
  expect(found).toEqual(dependencies({}, false));
});

test("a project's own macros change what built-in ones depend on", () => {
  const own = {
    generate_schema_name: "x",
    duckdb__create_schema: "{{ statement() }}",
    default__test_unique: "x",
    get_where_subquery: "x",
    mine: "{{ create_schema() }}",
  };
  const found = dependencies(own, true);
  expect(found["macro.dbt.create_schema"]).toEqual(["macro.shop.duckdb__create_schema"]);
  expect(found["macro.shop.mine"]).toEqual(["macro.dbt.create_schema"]);
  expect(found).toEqual(dependencies(own, false));
});
