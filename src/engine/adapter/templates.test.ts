import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Database, openDatabase } from "#duck/index.ts";
import { parseTemplate, type Value } from "#jinja/index.ts";
import { AdapterColumn } from "./column.ts";
import { Relation } from "./relation.ts";
import { AdapterSession } from "./session.ts";

let db: Database;
const names = new Map<string, Value>();
beforeAll(async () => {
  db = await openDatabase(":memory:");
  const session = new AdapterSession({ connect: () => db.connect() });
  const sql =
    "select * from (values (1, 'x', 1.50::decimal(5,2), timestamp '2024-01-01 10:00:00'), (2, null, 2.5, null)) t(a, b, c, d)";
  names.set("table", (await session.execute(sql, { fetch: true })).table);
  names.set("r", Relation.create({ database: "db", schema: "s", identifier: "t", type: "table" }));
  names.set("c", new AdapterColumn("a", "text"));
});
afterAll(() => db.close());

describe("what templates print of tables, relations and columns", () => {
  // rendered by Jinja2 with the objects of dbt-duckdb 1.11.0 and agate 1.9
  test.each([
    ["{{ table.rows[0].a }}", "1"],
    ["{{ table.rows[0]['b'] }}", "x"],
    ["{{ table.rows[0][2] }}", "1.50"],
    ["{{ table.rows|length }}", "2"],
    ["{{ table|length }}", "2"],
    ["{{ table.columns|map(attribute='name')|join(',') }}", "a,b,c,d"],
    ["{{ table.columns[0].values() }}", "(1, 2)"],
    [
      "{{ table.columns['b'].values()|list }}|{% for row in table %}{{ row.values() }};{% endfor %}",
      "['x', None]|(1, 'x', Decimal('1.50'), datetime.datetime(2024, 1, 1, 10, 0));(2, None, Decimal('2.50'), None);",
    ],
    ["{{ table.column_names }}", "('a', 'b', 'c', 'd')"],
    ["{{ table.columns.keys()|list }}", "['a', 'b', 'c', 'd']"],
    ["{{ r is mapping }}", "True"],
    ["{{ r.schema }}", "s"],
    ["{{ r['identifier'] }}", "t"],
    ["{{ r == r.incorporate(type='table') }}", "True"],
    ["{{ {r: 1}[r] }}", "1"],
    ["{{ r in [r] }}", "True"],
    ["{{ r.include(database=false) }}", '"s"."t"'],
    ["{{ r.path.schema }}", "s"],
    ["{{ table.rows[0].d.strftime('%Y') }}", "2024"],
    ["{{ table.rows[0].c + 1 }}", "2.50"],
    ["{{ table.columns[2].values()|sum }}", "4.00"],
    ["{{ table.rows[5] is defined }}", "False"],
    ["{{ table.rows[0].nope is defined }}", "False"],
    ["{{ table.rows | map(attribute='a') | list }}", "[1, 2]"],
    ["{{ table.rows|first }}", "<agate.Row: (1, 'x', Decimal('1.50'), datetime.datetime(2024, 1, 1, 10, 0))>"],
    ["{{ c.name ~ c.quoted ~ c.is_string() }}", 'a"a"True'],
    ["{{ [c]|map(attribute='data_type')|list }}", "['character varying(256)']"],
    ["{{ table.rows[0] | list }}", "[1, 'x', Decimal('1.50'), datetime.datetime(2024, 1, 1, 10, 0)]"],
    ["{{ table.rows[1].b is none }}", "True"],
    ["{{ table.rows[0:1] }}", "(<agate.Row: (1, 'x', Decimal('1.50'), datetime.datetime(2024, 1, 1, 10, 0))>,)"],
    ["{{ r ~ '' }}", '"db"."s"."t"'],
    ["{{ r | string }}", '"db"."s"."t"'],
    ["{{ table.rows[0].dict().a }}", "1"],
    ["{{ (table.rows|last).a }}", "2"],
    ["{{ table is sequence }}", "True"],
    ["{{ table.rows is iterable }}", "True"],
    ["{{ r.nope is defined }}", "False"],
    ["{{ 'x' if table else 'y' }}", "x"],
    ["{{ r.information_schema('tables') }}", '"db".INFORMATION_SCHEMA.tables'],
    ["{{ r.is_table }}", "True"],
    ["{{ table.columns | length }}", "4"],
    ["{{ table.columns[0][1] }}", "2"],
    ["{{ table.rows[-1]['c'] }}", "2.50"],
    ["{{ table.columns.a.values() | sum }}", "3"],
    ["{{ table.column_types | length }}", "4"],
    ["{{ r.quote(identifier=false) }}", '"db"."s".t'],
    ["{{ r.without_identifier() }}", '"db"."s"'],
    ["{{ r.type == 'table' }}", "True"],
    ["{{ r.get('schema') }}", "s"],
    ["{{ [r.database, r.schema] | join('.') }}", "db.s"],
    ["{{ r.render() | upper }}", '"DB"."S"."T"'],
    ["{{ c.data_type if c.is_string() else c.dtype }}", "character varying(256)"],
    ["{{ table.order_by('a', reverse=true).columns['a'].values() }}", "(2, 1)"],
    ["{{ table.rows[0].values()[1:3] }}", "('x', Decimal('1.50'))"],
    ["{{ table.rows | map(attribute=1) | list }}", "['x', None]"],
    ["{{ table.select(['a']).column_names }}", "('a',)"],
    ["{{ table.rows[0] == table.rows[0] }}", "True"],
    ["{{ table.columns['a'].values_distinct() | list | sort }}", "[1, 2]"],
    ["{{ table.columns['b'].values_without_nulls() }}", "('x',)"],
    ["{{ table.columns['b'].values_sorted() }}", "['x', None]"],
    ["{{ table.columns['d'].values_without_nulls_sorted() | length }}", "1"],
  ])("%s", async (template, expected) => {
    const scope = { get: (name: string) => names.get(name) };
    expect(await parseTemplate(template, { file: "x.sql" }).render(scope)).toBe(expected);
  });
});
