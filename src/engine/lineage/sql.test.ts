import { describe, expect, it } from "vitest";
import { databaseOf, readSql, shown } from "./testing/read-sql.ts";

const tables = [
  "create table t(a int, b int, c int, s struct(f int, g int), l int[])",
  "create table u(a int, x int, y int)",
  "create table w(k int, v int)",
  "create macro ratio(p, q) as p / q",
  "create macro total(p) as sum(p)",
  "create macro top(n) as table select a, x from u where y < n",
  "create macro largest() as (select max(v) from w)",
];

const connection = await databaseOf(["set threads = 1", ...tables]);

/** A query, and its lineage: `~` derived, `+` aggregated, nothing for identity. */
const cases: Record<string, [sql: string, ...lineage: string[]][]> = {
  names: [
    ["select a, t.b, main.t.c, memory.main.t.a as z from t", "a <- t.a", "b <- t.b", "c <- t.c", "z <- t.a"],
    ["select A, T.B from T", "a <- t.a", "b <- t.b"],
    ["select q.a from t as q", "a <- t.a"],
    ["from t select b", "b <- t.b"],
    ["select a + b as n, a::varchar as m, 1 as one from t", "n <- ~t.a ~t.b", "m <- ~t.a", "one <-"],
    ["select a as n, n + 1 as m, m * b as o from t", "n <- t.a", "m <- ~t.a", "o <- ~t.a ~t.b"],
    ["select a as b, b as d from t", "b <- t.a", "d <- t.b"],
    ["select current_date as d, rowid as r, a from t", "d <-", "r <-", "a <- t.a"],
    ["select n.p, n.q from t as n(p, q)", "p <- t.a", "q <- t.b"],
    ["select t as r from t", "r <- ~t.a ~t.b ~t.c ~t.l ~t.s"],
    ["select #2, #1 + 1 as m from t", "b <- t.b", "m <- ~t.a"],
    ["select nothing from t", "nothing <- ?"],
  ],
  structs: [
    ["select s.f, t.s.g, s['f'] as h, (t.s).g as i from t", "f <- ~t.s", "g <- ~t.s", "h <- ~t.s", "i <- ~t.s"],
    ["select {'k': a, 'm': {'n': b}} as r from t", "r <- ~t.a ~t.b"],
    ["select r.k from (select {'k': a} as r from t)", "k <- ~t.a"],
  ],
  stars: [
    ["select * from u", "a <- u.a", "x <- u.x", "y <- u.y"],
    ["from u", "a <- u.a", "x <- u.x", "y <- u.y"],
    ["select * exclude (x) replace (a + y as y) from u", "a <- u.a", "y <- ~u.a ~u.y"],
    ["select * rename (a as id) from u", "id <- u.a", "x <- u.x", "y <- u.y"],
    ["select w.*, u.* exclude (a) from u, w", "k <- w.k", "v <- w.v", "x <- u.x", "y <- u.y"],
    ["select * exclude (u.a, w.k) from u, w", "x <- u.x", "y <- u.y", "v <- w.v"],
    ["select columns('x|y') from u", "x <- u.x", "y <- u.y"],
    ["select columns(c -> c <> 'a') + 1 from u", "x <- ~u.x", "y <- ~u.y"],
    ["select max(columns(* exclude (a))) as 'max_\\0' from u", "max_x <- +u.x", "max_y <- +u.y"],
    ["select columns('(x|y)') as 'n_\\1' from u", "n_x <- u.x", "n_y <- u.y"],
    ["select columns(['a', 'y']) from u", "a <- u.a", "y <- u.y"],
    ["select coalesce(*columns(['x', 'y'])) as n from u", "n <- ~u.x ~u.y"],
    ["select * like '%' from u", "a <- u.a", "x <- u.x", "y <- u.y"],
    ["select * not like 'a' from u", "x <- u.x", "y <- u.y"],
    ["select * from u, u as z", "a <- u.a", "x <- u.x", "y <- u.y", "a_1 <- u.a", "x_1 <- u.x", "y_1 <- u.y"],
  ],
  joins: [
    ["select b, x from t join u on t.a = u.a", "b <- t.b", "x <- u.x", "rows: t.a(join) u.a(join)"],
    ["select a, x from t join u using (a)", "a <- t.a", "x <- u.x", "rows: t.a(join) u.a(join)"],
    ["select a, x from t right join u using (a)", "a <- u.a", "x <- u.x", "rows: t.a(join) u.a(join)"],
    ["select a, x from t full join u using (a)", "a <- ~t.a ~u.a", "x <- u.x", "rows: t.a(join) u.a(join)"],
    ["select t.a, u.a as ua from t full join u using (a)", "a <- t.a", "ua <- u.a", "rows: t.a(join) u.a(join)"],
    [
      "select * from w natural join (select k, a as z from w, t)",
      "k <- w.k",
      "v <- w.v",
      "z <- t.a",
      "rows: w.k(join)",
    ],
    [
      "select * from w join (select a as k, b from t) using (k)",
      "k <- w.k",
      "v <- w.v",
      "b <- t.b",
      "rows: t.a(join) w.k(join)",
    ],
    ["select * from w semi join u on k = a", "k <- w.k", "v <- w.v", "rows: u.a(join) w.k(join)"],
    ["select * from w anti join u on k = x", "k <- w.k", "v <- w.v", "rows: u.x(join) w.k(join)"],
    [
      "select v, x from w asof join u on k = a and v >= y",
      "v <- w.v",
      "x <- u.x",
      "rows: u.a(join) u.y(join) w.k(join) w.v(join)",
    ],
    [
      "select w.v, z.n from w, lateral (select k + x as n from u where y = w.v) z",
      "v <- w.v",
      "n <- ~u.x ~w.k",
      "rows: u.y(filter) w.v(filter)",
    ],
    ["select v, x from w positional join u", "v <- w.v", "x <- u.x"],
  ],
  aggregates: [
    ["select a, sum(b) as n from t group by a", "a <- t.a", "n <- +t.b", "rows: t.a(group)"],
    ["select a + 1 as g, count(*) as n from t group by 1", "g <- ~t.a", "n <-", "rows: t.a(group)"],
    ["select a + 1 as g, max(c) as n from t group by g", "g <- ~t.a", "n <- +t.c", "rows: t.a(group)"],
    [
      "select a, b, sum(c) as n from t group by all",
      "a <- t.a",
      "b <- t.b",
      "n <- +t.c",
      "rows: t.a(group) t.b(group)",
    ],
    [
      "select a, sum(b) filter (where c > 1) as n from t group by a having max(c) > 2 order by n",
      "a <- t.a",
      "n <- +t.b +t.c",
      "rows: t.a(group) t.b(order) t.c(having,order)",
    ],
    ["select string_agg(b, ',' order by c) as n from t", "n <- +t.b +t.c"],
    ["select sum(b) / count(a) as n from t", "n <- +t.a +t.b"],
    ["select a from t group by grouping sets ((a), (b))", "a <- t.a", "rows: t.a(group) t.b(group)"],
    ["select ratio(a, b) as n from t", "n <- ~t.a ~t.b"],
    ["select ratio(total(c), b) as n from t group by b", "n <- ~t.b +t.c", "rows: t.b(group)"],
    ["select weighted_avg(a, b) as n from t", "n <- +t.a +t.b"],
  ],
  windows: [
    ["select sum(a) over (partition by b order by c) as n from t", "n <- +t.a ~t.b ~t.c"],
    ["select row_number() over (order by c) as n, lag(a) over (order by c) as m from t", "n <- ~t.c", "m <- ~t.a ~t.c"],
    [
      "select a from t qualify row_number() over (partition by b order by c) = 1",
      "a <- t.a",
      "rows: t.b(qualify) t.c(qualify)",
    ],
    ["select sum(a) over win as n from t window win as (partition by b)", "n <- +t.a ~t.b"],
    ["select sum(sum(a)) over (order by b) as n from t group by b", "n <- +t.a ~t.b", "rows: t.b(group)"],
  ],
  expressions: [
    ["select case when a > 1 then b else c end as n from t", "n <- ~t.a ~t.b ~t.c"],
    [
      "select list_transform(l, e -> e + a) as n, [e * 2 for e in l if e > b] as m from t",
      "n <- ~t.a ~t.l",
      "m <- ~t.b ~t.l",
    ],
    ["select list_filter(l, lambda a, i: a > i) as n from t", "n <- ~t.l"],
    ["select '{}'::json -> b::varchar as n from t", "n <- ~t.b"],
    ["select a.abs() as n, t.b.abs() as m from t", "n <- ~t.a", "m <- ~t.b"],
    ["select main.abs(a) as n, memory.main.ratio(a, b) as m from t", "n <- ~t.a", "m <- ~t.a ~t.b"],
    ["select x.abs() as n from missing", "n <- ?"],
    [
      "select b between a and c as n, a in (b, c) as m, a collate nocase as o from (select a::varchar a, b::varchar b, c::varchar c from t)",
      "n <- ~t.a ~t.b ~t.c",
      "m <- ~t.a ~t.b ~t.c",
      "o <- ~t.a",
    ],
    ["select unnest([a, b]) as n from t", "n <- ~t.a ~t.b", "rows: t.a(unnest) t.b(unnest)"],
    ["select unnest(l) as n, a from t", "n <- ~t.l", "a <- t.a", "rows: t.l(unnest)"],
    ["select unnest(s) from t", "f <- ~t.s", "g <- ~t.s", "rows: t.s(unnest)"],
    ["select s.* from t", "f <- ~t.s", "g <- ~t.s"],
  ],
  subqueries: [
    ["select (select max(v) from w where k = t.a) as n from t", "n <- ~t.a +w.v ~w.k"],
    ["select b from t where exists (select 1 from u where u.a = t.a)", "b <- t.b", "rows: t.a(filter) u.a(filter)"],
    ["select b from t where a in (select x from u)", "b <- t.b", "rows: t.a(filter) u.x(filter)"],
    ["select exists (select 1 from u where x = t.b) as n from t", "n <- ~t.b ~u.x"],
    ["select n from (select a + b as n, c from t where c > 1)", "n <- ~t.a ~t.b", "rows: t.c(filter)"],
    ["select largest() as n", "n <- +w.v"],
    ["select (select a) as n from t", "n <- ~t.a"],
    ["select * from (select x as a from u) where a in (select k from w)", "a <- u.x", "rows: u.x(filter) w.k(filter)"],
  ],
  ctes: [
    ["with c as (select a, b from t where c = 1) select a from c", "a <- t.a", "rows: t.c(filter)"],
    ["with c as (select a, b from t), d as (select a + b as n from c) select n from d", "n <- ~t.a ~t.b"],
    ["with t as (select a as z from t) select z from t", "z <- t.a"],
    ["with c(p, q) as (select a, b from t) select q, p from c", "q <- t.b", "p <- t.a"],
    ["with unused as (select * from w where v = 1) select a from t", "a <- t.a"],
    ["with c as materialized (select x from u) select c.x, d.x as e from c, c as d", "x <- u.x", "e <- u.x"],
    [
      "with recursive r(n, m) as (select a, b from t union all select n + 1, y from r join u on r.n = u.x) select n, m from r",
      "n <- ~t.a",
      "m <- t.b u.y",
      "rows: t.a(join) u.x(join)",
    ],
    [
      "with recursive r as (select k, v from w union select r.k, u.y from r, u where u.x = r.v) select k from r",
      "k <- w.k",
      "rows: u.x(filter) u.y(distinct,filter) w.k(distinct) w.v(distinct,filter)",
    ],
    [
      "with c as (select a from t) select (with c as (select x from u) select max(x) from c) as n, a from c",
      "n <- +u.x",
      "a <- t.a",
    ],
  ],
  sets: [
    ["select a, b from t union all select x, y from u", "a <- t.a u.x", "b <- t.b u.y"],
    ["select a from t union select x from u", "a <- t.a u.x", "rows: t.a(distinct) u.x(distinct)"],
    ["select a, b from t union all by name select x as b, y from u", "a <- t.a", "b <- t.b u.x", "y <- u.y"],
    ["select a from t except select x from u", "a <- t.a", "rows: t.a(set) u.x(set)"],
    ["select a from t intersect all select x from u", "a <- t.a", "rows: t.a(set) u.x(set)"],
    [
      "select a as n from t union all select x + 1 from u union all select v from w order by n",
      "n <- t.a ~u.x w.v",
      "rows: t.a(order) u.x(order) w.v(order)",
    ],
    ["(select a from t order by b limit 1) union all (select x from u)", "a <- t.a u.x", "rows: t.b(order)"],
  ],
  rows: [
    ["select distinct a from t", "a <- t.a", "rows: t.a(distinct)"],
    ["select distinct on (b) a from t order by c", "a <- t.a", "rows: t.b(distinct) t.c(order)"],
    ["select a as b from t order by b", "b <- t.a", "rows: t.a(order)"],
    ["select a as b from t order by b + 0", "b <- t.a", "rows: t.b(order)"],
    ["select distinct on (b) a as b from t", "b <- t.a", "rows: t.a(distinct)"],
    ["select a as b, row_number() over () as n from t qualify b = 1", "b <- t.a", "n <-", "rows: t.b(qualify)"],
    ["select a as n from t where n > 1", "n <- t.a", "rows: t.a(filter)"],
    ["select a as b, max(c) as m from t group by b, a", "b <- t.a", "m <- +t.c", "rows: t.a(group) t.b(group)"],
    ["select a, b from t order by all", "a <- t.a", "b <- t.b", "rows: t.a(order) t.b(order)"],
    ["select a from t where b > 1 limit (select max(v) from w)", "a <- t.a", "rows: t.b(filter) w.v(limit)"],
  ],
  "values and table functions": [
    ["select * from (values (1, 2)) v(p, q)", "p <-", "q <-"],
    ["values (1, 2)", "col0 <-", "col1 <-"],
    ["select i, a from range(3) r(i), t", "i <-", "a <- t.a"],
    ["select n, e from (select a as n, l from t) z, unnest(z.l) as e(e)", "n <- t.a", "e <- ~t.l", "rows: t.l(unnest)"],
    ["select e.key, e.value from t, json_each(t.b::varchar) e", "key <- ~t.b", "value <- ~t.b", "rows: t.b(unnest)"],
    ["select v.n from t, (values (t.a), (t.b)) v(n)", "n <- t.a t.b"],
    ["select * from top(3)", "a <- u.a", "x <- u.x", "rows: u.y(filter)"],
  ],
  pivots: [
    [
      "select * from (select a, b, c from t) pivot (sum(c) for b in (1, 2))",
      "a <- t.a",
      "1 <- +t.b +t.c",
      "2 <- +t.b +t.c",
      "rows: t.a(group)",
    ],
    [
      "select * from t pivot (sum(c) as s, max(a) for b in (1 as one) group by a)",
      "a <- t.a",
      "one_s <- +t.b +t.c",
      "one_max(a) <- +t.a +t.b",
      "rows: t.a(group)",
    ],
    [
      "unpivot (select a, b, c from t) on b, c into name n value v",
      "a <- t.a",
      "n <-",
      "v <- t.b t.c",
      "rows: t.b(pivot) t.c(pivot)",
    ],
    [
      "unpivot (select a, b, c from t) on columns(* exclude (a)) into name n value v",
      "a <- t.a",
      "n <-",
      "v <- t.b t.c",
      "rows: t.b(pivot) t.c(pivot)",
    ],
  ],
};

it("names what has no alias as DuckDB does", async () => {
  for (const expression of unnamed) {
    const sql = `select ${expression} from t`;
    const [lineage, { rows }] = [await readSql(connection, sql), await connection.query(`describe ${sql}`)];
    expect(lineage.columns.map(({ name }) => name)).toEqual(rows.map(([name]) => String(name)));
  }
});

/** Values of the tables, other ones for a changed column. */
async function fill(changed?: string): Promise<void> {
  const columns = await connection.query(
    "select table_name, column_name, data_type from duckdb_columns() where table_name in ('t', 'u', 'w') order by table_name, column_index",
  );
  const values = new Map<string, string[]>();
  for (const [table, column, type] of columns.rows.map((row) => row.map(String)) as [string, string, string][]) {
    const number = (i: number) =>
      `(hash(r, '${table}.${column}', ${i}${changed === `${table}.${column}` ? ", 1" : ""}) % 5)::integer`;
    const value = type.startsWith("STRUCT")
      ? `{'f': ${number(0)}, 'g': ${number(1)}}`
      : type.endsWith("[]")
        ? `[${number(0)}, ${number(1)}]`
        : number(0);
    values.set(table, [...(values.get(table) ?? []), `${value} as "${column}"`]);
  }
  for (const [table, list] of values)
    await connection.run(`create or replace table ${table} as select ${list.join(", ")} from range(6) g(r)`);
}

describe.each(Object.entries(cases))("the values of %s", (_, list) => {
  const valid = list.filter(([, ...expected]) => !expected.some((line) => line.endsWith("?")));
  it.each(valid)("do not change with what is not in its lineage: %s", async (sql) => {
    const lineage = await readSql(connection, sql);
    const keyOf = (node: string, column: string): string =>
      `${node.replaceAll('"', "").replace(/^memory\.main\./, "")}.${column}`;
    const rows = new Set(lineage.filters.map(({ node, column }) => keyOf(node, column)));
    const origins = lineage.columns.map(
      ({ upstream }) => new Set(upstream.map(({ node, column }) => keyOf(node, column))),
    );
    const read = async (): Promise<string[][]> => {
      const { rows: found } = await connection.query(sql);
      return lineage.columns.map((_column, i) => found.map((row) => String(row[i])).sort());
    };
    await fill();
    const before = await read();
    for (const key of ["t.a", "t.b", "t.c", "t.s", "t.l", "u.a", "u.x", "u.y", "w.k", "w.v"]) {
      if (rows.has(key) || origins.every((own) => own.has(key))) continue;
      await fill(key);
      const after = await read();
      for (const [i, own] of origins.entries())
        if (!own.has(key)) expect(after[i], `${key} changed ${lineage.columns[i]?.name}`).toEqual(before[i]);
    }
    await fill();
  });
});

describe.each(Object.entries(cases))("%s", (_, list) => {
  it.each(list)("%s", async (sql, ...expected) => {
    const lineage = await readSql(connection, sql);
    const plain = shown(lineage).map((line) => line.replaceAll("memory.main.", ""));
    expect(plain).toEqual(expected.map((line) => sortOrigins(line)));
    if (expected.some((line) => line.endsWith("?"))) return;
    expect(lineage.status, lineage.problems.join("; ")).toBe("resolved");
    // DuckDB itself says which columns a table of this query has.
    await connection.run(`create or replace table made as ${sql}`);
    const { rows } = await connection.query("describe made");
    expect(lineage.columns.map(({ name }) => name)).toEqual(rows.map(([name]) => String(name)));
  });
});

const unnamed = [
  "a + b, -a, not a, a is null, a in (1, 2), a between 1 and 2, a = any([1])",
  "count(*), sum(a), max(a) filter (where b > 1), string_agg(b, ',' order by c)",
  "s.f, t.s.g, s['f'], (t.s).g, l[1], l[1:2]",
  "a::varchar, try_cast(a as date), cast('1' as decimal(9, 2)), date '2020-01-01', interval 1 day",
  "case when a > 1 then b end, coalesce(a, b), extract(year from date '2020-01-01'), 'x' || a",
  "row_number() over (), max(a) over (partition by b order by c)",
  "12345678901234567890, 170141183460469231731687303715884105727, 9007199254740993, -9007199254740993, 1e3, 0.5, 'x''y', true, null",
  "{'k': a}, [a, b], (a, b), list_transform(l, lambda x: x + 1), [x for x in l if x > 1]",
  "(select 1), exists (select x from u), a in (select x from u), current_date, today()",
];

/** Origins are compared in any order. */
function sortOrigins(line: string): string {
  const [name, origins] = line.split(" <- ");
  return origins === undefined ? line : `${name} <- ${origins.split(" ").sort().join(" ")}`;
}
