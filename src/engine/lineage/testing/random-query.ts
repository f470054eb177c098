/** Random queries that know where their columns come from, worked out while the text is made and not from the text. */

export type Kind = "identity" | "derived" | "aggregated";
type Origins = Map<string, Kind>;

export interface RandomColumn {
  name: string;
  origins: Origins;
}

export interface RandomQuery {
  sql: string;
  columns: RandomColumn[];
  /** `table.column` of everything that decides about rows. */
  rows: Set<string>;
}

/** Tables of the random queries: every column is an INTEGER. */
export const randomTables: Record<string, string[]> = {
  r: ["a", "b", "c", "d"],
  s: ["a", "e", "f"],
  t: ["k", "v", "W x"],
};

const strength: Record<Kind, number> = { identity: 0, derived: 1, aggregated: 2 };

function mixed(kind: Kind, ...all: Origins[]): Origins {
  const result: Origins = new Map();
  for (const origins of all)
    for (const [key, own] of origins) {
      const candidates: Kind[] = [own, kind, result.get(key) ?? "identity"];
      result.set(
        key,
        candidates.reduce((a, b) => (strength[a] >= strength[b] ? a : b)),
      );
    }
  return result;
}

const keys = (...all: Origins[]): string[] => all.flatMap((origins) => [...origins.keys()]);
const quoted = (name: string): string => (/^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name}"`);

/** Makes a query by choices that a test hands it: `choose(n)` gives a number from 0 to n - 1. */
export function randomQuery(choose: (n: number) => number): RandomQuery {
  return new Maker(choose).query(4);
}

class Maker {
  readonly #choose: (n: number) => number;
  #names = 0;

  constructor(choose: (n: number) => number) {
    this.#choose = choose;
  }

  query(depth: number): RandomQuery {
    if (depth <= 0) return this.#table();
    const makers = [
      this.#table,
      this.#select,
      this.#select,
      this.#aggregate,
      this.#join,
      this.#using,
      this.#union,
      this.#byName,
      this.#star,
      this.#window,
      this.#except,
      this.#recursive,
      this.#unpivot,
      this.#lateral,
      this.#exists,
      this.#chain,
      this.#pivot,
      this.#distinctOn,
    ];
    return (makers[this.#choose(makers.length)] as (depth: number) => RandomQuery).call(this, depth);
  }

  #pick<T>(all: readonly T[]): T {
    return all[this.#choose(all.length)] as T;
  }

  #fresh(prefix: string): string {
    return `${prefix}${this.#names++}`;
  }

  /** A name as somebody may write it. */
  #spelled(name: string): string {
    return quoted(this.#choose(3) === 2 ? name.toUpperCase() : name);
  }

  #table(): RandomQuery {
    const table = this.#pick(Object.keys(randomTables));
    const columns = (randomTables[table] ?? []).map((name) => ({
      name,
      origins: new Map([[`${table}.${name}`, "identity" as const]]),
    }));
    const list = this.#choose(2) === 0 ? "*" : columns.map(({ name }) => quoted(name)).join(", ");
    return { sql: `select ${list} from ${table}`, columns, rows: new Set() };
  }

  /** A query as something to select from: a subquery or a CTE, with or without new names for its columns. */
  #from(query: RandomQuery): { from: string; before: string; alias: string; columns: RandomColumn[] } {
    const alias = this.#fresh("q");
    const renames = this.#choose(4) === 3;
    const columns = renames ? query.columns.map(({ origins }) => ({ name: this.#fresh("n"), origins })) : query.columns;
    const names = renames ? `(${columns.map(({ name }) => name).join(", ")})` : "";
    if (this.#choose(2) === 0) return { from: `(${query.sql}) as ${alias}${names}`, before: "", alias, columns };
    const materialized = this.#pick(["", "materialized ", "not materialized "]);
    return { from: alias, before: `with ${alias}${names} as ${materialized}(${query.sql}) `, alias, columns };
  }

  #reference(alias: string, column: RandomColumn): string {
    return `${this.#choose(2) === 0 ? "" : `${alias}.`}${this.#spelled(column.name)}`;
  }

  /** An expression over columns, with what it is made of. */
  #expression(alias: string, columns: readonly RandomColumn[]): { sql: string; origins: Origins } {
    const [a, b, c] = [this.#pick(columns), this.#pick(columns), this.#pick(columns)];
    const [x, y, z] = [a, b, c].map((column) => this.#reference(alias, column)) as [string, string, string];
    const one = mixed("derived", a.origins);
    const two = mixed("derived", a.origins, b.origins);
    const three = mixed("derived", a.origins, b.origins, c.origins);
    switch (this.#choose(9)) {
      case 0:
        return { sql: x, origins: a.origins };
      case 1:
        return { sql: `${x} + ${y}`, origins: two };
      case 2:
        return { sql: `case when ${x} > 1 then ${y} else ${z} end`, origins: three };
      case 3:
        return { sql: `coalesce(${x}, ${y})`, origins: two };
      case 4:
        return { sql: `list_sum(list_transform([${x}, 1], lambda elem: elem + ${y}))::integer`, origins: two };
      case 5:
        return { sql: `struct_pack(p := ${x}, o := ${y}).p`, origins: two };
      case 6:
        return { sql: `(${x} between ${y} and ${z})::integer`, origins: three };
      case 7:
        return { sql: `${7 + this.#choose(3)}`, origins: new Map() };
      default:
        return { sql: `abs(${x})`, origins: one };
    }
  }

  #select(depth: number): RandomQuery {
    const inner = this.query(depth - 1);
    const { from, before, alias, columns } = this.#from(inner);
    const items = Array.from({ length: 1 + this.#choose(3) }, () => ({
      name: this.#fresh("c"),
      ...this.#expression(alias, columns),
    }));
    const list = items.map(({ sql, name }) => `${sql} as ${name}`);
    const rows = new Set(inner.rows);
    const [first] = items;
    if (first && this.#choose(3) === 0) {
      // A later item may use an earlier one by its alias.
      const name = this.#fresh("c");
      list.push(`${first.name} * 2 as ${name}`);
      items.push({ name, sql: "", origins: mixed("derived", first.origins) });
    }
    let rest = "";
    if (this.#choose(2) === 0) {
      const condition = this.#expression(alias, columns);
      rest += ` where ${condition.sql} > 1`;
      for (const key of keys(condition.origins)) rows.add(key);
    }
    const distinct = this.#choose(4) === 0;
    if (distinct) for (const key of items.flatMap(({ origins }) => keys(origins))) rows.add(key);
    return {
      sql: `${before}select ${distinct ? "distinct " : ""}${list.join(", ")} from ${from}${rest}`,
      columns: items,
      rows,
    };
  }

  #aggregate(depth: number): RandomQuery {
    const inner = this.query(depth - 1);
    const { from, before, alias, columns } = this.#from(inner);
    const rows = new Set(inner.rows);
    const groups = Array.from({ length: this.#choose(3) }, () => ({
      name: this.#fresh("g"),
      ...this.#expression(alias, columns),
    })).filter(({ origins }) => origins.size > 0);
    for (const { origins } of groups) for (const key of keys(origins)) rows.add(key);
    const value = this.#expression(alias, columns);
    const filter = this.#expression(alias, columns);
    const filtered = this.#choose(3) === 0;
    const aggregate = this.#pick(["sum", "max", "min", "count", "count(distinct"]);
    const call = `${aggregate.includes("(") ? `${aggregate} ${value.sql})` : `${aggregate}(${value.sql})`}${filtered ? ` filter (where ${filter.sql} > 0)` : ""}::integer`;
    const name = this.#fresh("m");
    const origins = mixed("aggregated", value.origins, ...(filtered ? [filter.origins] : []));
    const by = [
      groups.map((_, i) => `${i + 1}`).join(", "),
      groups.map((group) => group.name).join(", "),
      groups.map((group) => group.sql).join(", "),
      "all",
    ];
    let rest = groups.length > 0 ? ` group by ${this.#pick(by)}` : "";
    if (groups.length > 0 && this.#choose(3) === 0) {
      const having = this.#pick(columns);
      rest += ` having max(${this.#reference(alias, having)}) > 0`;
      for (const key of keys(having.origins)) rows.add(key);
    }
    const list = [
      ...groups.map((group) => `${group.sql} as ${group.name}`),
      `${call} as ${name}`,
      "count(*)::integer as n",
    ];
    return {
      sql: `${before}select ${list.join(", ")} from ${from}${rest}`,
      columns: [...groups, { name, origins }, { name: "n", origins: new Map() }],
      rows,
    };
  }

  #window(depth: number): RandomQuery {
    const inner = this.query(depth - 1);
    const { from, before, alias, columns } = this.#from(inner);
    const [value, part] = [this.#pick(columns), this.#pick(columns)];
    const over = `(partition by ${this.#reference(alias, part)})`;
    const name = this.#fresh("w");
    const rows = new Set(inner.rows);
    const kept = this.#pick(columns);
    const qualify = this.#choose(3) === 0;
    if (qualify) for (const key of keys(part.origins)) rows.add(key);
    return {
      sql: `${before}select ${this.#reference(alias, kept)} as ${name}k, sum(${this.#reference(alias, value)}) over ${over}::integer as ${name} from ${from}${qualify ? ` qualify count(*) over ${over} > 1` : ""}`,
      columns: [
        { name: `${name}k`, origins: kept.origins },
        { name, origins: mixed("derived", mixed("aggregated", value.origins), part.origins) },
      ],
      rows,
    };
  }

  #join(depth: number): RandomQuery {
    const [one, two] = [this.query(depth - 1), this.query(depth - 2)];
    const [l, r] = [this.#fresh("l"), this.#fresh("r")];
    const [a, b] = [this.#pick(one.columns), this.#pick(two.columns)];
    const kind = this.#pick(["join", "left join", "full join", "semi join", "anti join"]);
    const half = kind.startsWith("semi") || kind.startsWith("anti");
    const [x, y] = [this.#pick(one.columns), this.#pick(half ? one.columns : two.columns)];
    const names = [this.#fresh("j"), this.#fresh("j")];
    return {
      sql: `select ${l}.${this.#spelled(x.name)} as ${names[0]}, ${half ? l : r}.${this.#spelled(y.name)} as ${names[1]} from (${one.sql}) as ${l} ${kind} (${two.sql}) as ${r} on ${l}.${this.#spelled(a.name)} = ${r}.${this.#spelled(b.name)}`,
      columns: [
        { name: names[0] as string, origins: x.origins },
        { name: names[1] as string, origins: y.origins },
      ],
      rows: new Set([...one.rows, ...two.rows, ...keys(a.origins, b.origins)]),
    };
  }

  /** USING and NATURAL: the shared column once, first, then what is left of both. */
  #using(depth: number): RandomQuery {
    const side = (): { query: RandomQuery; key: RandomColumn; value: RandomColumn; name: string } => {
      const query = this.query(depth - 2);
      return { query, key: this.#pick(query.columns), value: this.#pick(query.columns), name: this.#fresh("u") };
    };
    const [one, two] = [side(), side()];
    const shared = this.#fresh("h");
    const sql = ({ query, key, value, name }: typeof one): string =>
      `(select ${quoted(key.name)} as ${shared}, ${quoted(value.name)} as ${name} from (${query.sql}))`;
    const kind = this.#pick(["", "left ", "right ", "full "]);
    const natural = this.#choose(2) === 0;
    const key =
      kind === "right "
        ? two.key.origins
        : kind === "full "
          ? mixed("derived", one.key.origins, two.key.origins)
          : one.key.origins;
    return {
      sql: `select * from ${sql(one)} ${natural ? `natural ${kind}join ${sql(two)}` : `${kind}join ${sql(two)} using (${this.#spelled(shared)})`}`,
      columns: [
        { name: shared, origins: key },
        { name: one.name, origins: one.value.origins },
        { name: two.name, origins: two.value.origins },
      ],
      rows: new Set([...one.query.rows, ...two.query.rows, ...keys(one.key.origins, two.key.origins)]),
    };
  }

  #union(depth: number): RandomQuery {
    const [one, two] = [this.query(depth - 1), this.query(depth - 1)];
    const width = Math.min(one.columns.length, two.columns.length);
    const cut = (query: RandomQuery): string =>
      `(select ${query.columns
        .slice(0, width)
        .map(({ name }) => quoted(name))
        .join(", ")} from (${query.sql}))`;
    const all = this.#choose(2) === 0;
    const columns = one.columns.slice(0, width).map(({ name, origins }, i) => ({
      name,
      origins: mixed("identity", origins, two.columns[i]?.origins ?? new Map()),
    }));
    const rows = new Set([...one.rows, ...two.rows, ...(all ? [] : columns.flatMap(({ origins }) => keys(origins)))]);
    return { sql: `${cut(one)} union ${all ? "all " : ""}${cut(two)}`, columns, rows };
  }

  #byName(depth: number): RandomQuery {
    const [one, two] = [this.query(depth - 1), this.query(depth - 1)];
    const find = (query: RandomQuery, name: string): Origins =>
      query.columns.find((column) => column.name === name)?.origins ?? new Map();
    const names = [...new Set([...one.columns, ...two.columns].map(({ name }) => name))];
    const columns = names.map((name) => ({ name, origins: mixed("identity", find(one, name), find(two, name)) }));
    return {
      sql: `(${one.sql}) union all by name (${two.sql})`,
      columns,
      rows: new Set([...one.rows, ...two.rows]),
    };
  }

  #except(depth: number): RandomQuery {
    const [one, two] = [this.query(depth - 1), this.query(depth - 2)];
    const [a, b] = [this.#pick(one.columns), this.#pick(two.columns)];
    const word = this.#pick(["except", "intersect"]);
    return {
      sql: `select ${quoted(a.name)} as ea from (${one.sql}) ${word} select ${quoted(b.name)} from (${two.sql})`,
      columns: [{ name: "ea", origins: a.origins }],
      rows: new Set([...one.rows, ...two.rows, ...keys(a.origins, b.origins)]),
    };
  }

  #star(depth: number): RandomQuery {
    const inner = this.query(depth - 1);
    const { from, before, alias, columns } = this.#from(inner);
    const star = this.#choose(2) === 0 ? "*" : `${alias}.*`;
    const rows = inner.rows;
    const one = this.#pick(columns);
    const others = columns.filter((column) => column !== one);
    switch (this.#choose(4)) {
      case 0:
        if (others.length > 0)
          return {
            sql: `${before}select ${star} exclude (${this.#spelled(one.name)}) from ${from}`,
            columns: others,
            rows,
          };
        break;
      case 1: {
        const value = this.#expression(alias, columns);
        const replaced = columns.map((column) =>
          column === one ? { name: column.name, origins: value.origins } : column,
        );
        return {
          sql: `${before}select ${star} replace (${value.sql} as ${quoted(one.name)}) from ${from}`,
          columns: replaced,
          rows,
        };
      }
      case 2: {
        const name = this.#fresh("z");
        const renamed = columns.map((column) => (column === one ? { name, origins: column.origins } : column));
        return {
          sql: `${before}select ${star} rename (${quoted(one.name)} as ${name}) from ${from}`,
          columns: renamed,
          rows,
        };
      }
      default:
    }
    const doubled = columns.map(({ name, origins }) => ({ name, origins: mixed("derived", origins) }));
    return { sql: `${before}select columns(*) + 1 from ${from}`, columns: doubled, rows };
  }

  /** A recursive CTE that takes at most a few steps. */
  #recursive(depth: number): RandomQuery {
    const [one, two] = [this.query(depth - 1), this.query(depth - 2)];
    const [a, b] = [this.#pick(one.columns), this.#pick(two.columns)];
    const [name, i, x] = [this.#fresh("rec"), this.#fresh("i"), this.#fresh("x")];
    return {
      sql: `with recursive ${name}(${i}, ${x}) as (select 0, ${quoted(a.name)} from (${one.sql}) union all select ${i} + 1, ${quoted(b.name)} from ${name}, (${two.sql}) where ${i} < 1 and ${x} > 2) select ${i}, ${x} from ${name}`,
      columns: [
        { name: i, origins: new Map() },
        { name: x, origins: mixed("identity", a.origins, b.origins) },
      ],
      rows: new Set([...one.rows, ...two.rows, ...keys(a.origins, b.origins)]),
    };
  }

  #unpivot(depth: number): RandomQuery {
    const inner = this.query(depth - 1);
    const [one, two] = [this.#pick(inner.columns), this.#pick(inner.columns)];
    const names = [...new Set([one.name, two.name])];
    const value = mixed("identity", one.origins, two.origins);
    const kept = inner.columns.filter(({ name }) => !names.includes(name));
    const [un, uv] = [this.#fresh("un"), this.#fresh("uv")];
    return {
      sql: `select * replace (length(${un}) as ${un}) from (unpivot (${inner.sql}) on ${names.map(quoted).join(", ")} into name ${un} value ${uv})`,
      columns: [...kept, { name: un, origins: new Map() }, { name: uv, origins: value }],
      rows: new Set([...inner.rows, ...keys(value)]),
    };
  }

  #lateral(depth: number): RandomQuery {
    const inner = this.query(depth - 1);
    const [l, r] = [this.#fresh("l"), this.#fresh("r")];
    const [x, y] = [this.#pick(inner.columns), this.#pick(inner.columns)];
    const value = { name: this.#fresh("v"), origins: mixed("derived", x.origins) };
    return {
      sql: `select ${l}.${this.#spelled(y.name)} as ${value.name}y, ${r}.${value.name} from (${inner.sql}) as ${l}, lateral (select ${l}.${this.#spelled(x.name)} + 1 as ${value.name}) as ${r}`,
      columns: [{ name: `${value.name}y`, origins: y.origins }, value],
      rows: inner.rows,
    };
  }

  /** Three tables by one shared column: each of USING's columns is there once, from the first that always has it. */
  #chain(depth: number): RandomQuery {
    const sides = [0, 1, 2].map(() => {
      const query = this.query(depth - 3);
      return { query, key: this.#pick(query.columns), value: this.#pick(query.columns), alias: this.#fresh("s") };
    });
    const shared = this.#fresh("h");
    const names = sides.map(() => this.#fresh("u"));
    const sql = sides.map(
      ({ query, key, value, alias }, i) =>
        `(select ${quoted(key.name)} as ${shared}, ${quoted(value.name)} as ${names[i]} from (${query.sql})) as ${alias}`,
    );
    const kind = this.#pick(["join", "left join", "full join"]);
    const all = sides.map(({ key }) => key.origins);
    const last = sides[2] as (typeof sides)[number];
    const own = this.#fresh("o");
    return {
      sql: `select *, ${last.alias}.${shared} as ${own} from ${sql[0]} ${kind} ${sql[1]} using (${shared}) ${kind} ${sql[2]} using (${shared})`,
      columns: [
        { name: shared, origins: kind === "full join" ? mixed("derived", ...all) : (all[0] as Origins) },
        ...sides.map(({ value }, i) => ({ name: names[i] as string, origins: value.origins })),
        { name: own, origins: last.key.origins },
      ],
      rows: new Set([...sides.flatMap(({ query }) => [...query.rows]), ...keys(...all)]),
    };
  }

  #pivot(depth: number): RandomQuery {
    const inner = this.query(depth - 1);
    const [group, turned, value] = [this.#pick(inner.columns), this.#pick(inner.columns), this.#pick(inner.columns)];
    const [g, on, v, p] = [this.#fresh("g"), this.#fresh("t"), this.#fresh("v"), this.#fresh("p")];
    const cell = mixed("aggregated", value.origins, turned.origins);
    const from = `(select ${quoted(group.name)} as ${g}, ${quoted(turned.name)} as ${on}, ${quoted(value.name)} as ${v} from (${inner.sql}))`;
    return {
      sql: `select * from ${from} pivot (max(${v}) for ${on} in (1 as ${p}x, 2 as ${p}y)${this.#choose(2) === 0 ? ` group by ${g}` : ""})`,
      columns: [
        { name: g, origins: group.origins },
        { name: `${p}x`, origins: cell },
        { name: `${p}y`, origins: cell },
      ],
      rows: new Set([...inner.rows, ...keys(group.origins)]),
    };
  }

  /** The first row of each group in an order that leaves no choice but between equal rows. */
  #distinctOn(depth: number): RandomQuery {
    const inner = this.query(depth - 1);
    const { from, before, alias, columns } = this.#from(inner);
    const [on, kept] = [this.#pick(columns), this.#pick(columns)];
    const name = this.#fresh("d");
    return {
      sql: `${before}select distinct on (${this.#reference(alias, on)}) ${this.#reference(alias, kept)} as ${name} from ${from} order by ${this.#reference(alias, on)}, ${name} nulls last`,
      columns: [{ name, origins: kept.origins }],
      rows: new Set([...inner.rows, ...keys(on.origins, kept.origins)]),
    };
  }

  /** A correlated EXISTS, and a scalar subquery whose rows decide about its value. */
  #exists(depth: number): RandomQuery {
    const [one, two] = [this.query(depth - 1), this.query(depth - 2)];
    const [l, r] = [this.#fresh("l"), this.#fresh("r")];
    const [a, b, c] = [this.#pick(one.columns), this.#pick(two.columns), this.#pick(two.columns)];
    const correlated = `from (${two.sql}) as ${r} where ${r}.${this.#spelled(b.name)} = ${l}.${this.#spelled(a.name)}`;
    const outer = this.#pick(one.columns);
    const name = this.#fresh("e");
    const exists = this.#choose(2) === 0;
    if (exists)
      return {
        sql: `select ${quoted(outer.name)} as ${name} from (${one.sql}) as ${l} where exists (select 1 ${correlated})`,
        columns: [{ name, origins: outer.origins }],
        rows: new Set([...one.rows, ...two.rows, ...keys(a.origins, b.origins)]),
      };
    const decides: Origins = new Map([...two.rows].map((key) => [key, "derived" as const]));
    // Which kind a condition's columns have: they are read by it as values, whatever made those.
    const condition: Origins = new Map(keys(a.origins, b.origins).map((key) => [key, "derived" as const]));
    return {
      sql: `select ${quoted(outer.name)} as ${name}, (select max(${r}.${this.#spelled(c.name)}) ${correlated}) as ${name}m from (${one.sql}) as ${l}`,
      columns: [
        { name, origins: outer.origins },
        { name: `${name}m`, origins: mixed("derived", mixed("aggregated", c.origins), condition, decides) },
      ],
      rows: one.rows,
    };
  }
}
