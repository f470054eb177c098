import { type Connection, quoteLiteral } from "#duck/index.ts";
import { canonical, fold, queryOf, text, type Tree, parts } from "./tree.ts";

/** A macro that somebody created in the database: its parameters, and its definition as a query or an expression. */
export interface MacroFact {
  parameters: string[];
  definition: Tree;
}

type Known<T> = T | null;

/**
 * What only DuckDB can tell about SQL: how it names an expression, which columns a file has, what a function is.
 * Reading a tree needs no waiting: an unknown answer is noted as a question, and the tree is read again once
 * {@link learn} has asked all of them.
 */
export class Facts {
  readonly #connection: Connection;
  readonly #answers = new Map<string, Known<unknown>>();
  readonly #questions = new Map<string, () => Promise<Known<unknown>>>();
  #aggregates = new Set<string>();
  #functions = new Map<string, Set<string>>();
  /** `schema.function`. */
  #qualified = new Set<string>();

  private constructor(connection: Connection) {
    this.#connection = connection;
  }

  static async open(connection: Connection): Promise<Facts> {
    const facts = new Facts(connection);
    const { rows } = await connection.query(
      "select distinct lower(function_name), function_type, internal, lower(schema_name) from duckdb_functions()",
    );
    for (const [name, type, internal, schema] of rows.map((row) => row.map(String)) as [
      string,
      string,
      string,
      string,
    ][]) {
      if (type === "aggregate") facts.#aggregates.add(name);
      const known = facts.#functions.get(name) ?? new Set();
      facts.#functions.set(name, known.add(internal === "true" ? type : `own ${type}`));
      facts.#qualified.add(`${schema}.${name}`);
    }
    return facts;
  }

  /** True when a reading met something unknown: {@link learn}, then read again. */
  get curious(): boolean {
    return this.#questions.size > 0;
  }

  /** Asks DuckDB everything that was unknown. What it cannot answer is known to be unknown from then on. */
  async learn(): Promise<void> {
    const questions = [...this.#questions];
    this.#questions.clear();
    for (const [key, ask] of questions) this.#answers.set(key, await ask().catch(() => null));
  }

  isAggregate(name: string): boolean {
    return this.#aggregates.has(fold(name));
  }

  /** False for a function that this database does not have, or not in that schema. */
  isFunction(name: string, schema = ""): boolean {
    return schema === "" ? this.#functions.has(fold(name)) : this.#qualified.has(`${fold(schema)}.${fold(name)}`);
  }

  /** The name that DuckDB gives a column of this expression; undefined while unknown, null when it cannot be told. */
  expressionName(expression: Tree): Known<string> | undefined {
    return this.#ask(`name ${canonical(expression)}`, async () => {
      const statement = { error: false, statements: [{ node: { ...emptySelect, select_list: [expression] } }] };
      const { rows } = await this.#connection.query("select json_deserialize_sql($1::json)", [
        JSON.stringify(statement),
      ]);
      return String(rows[0]?.[0]).replace(/^SELECT /, "");
    });
  }

  /** A table function or an expression as SQL. */
  async #sqlOf(from: Tree): Promise<string> {
    const star = {
      class: "STAR",
      type: "STAR",
      alias: "",
      relation_name: "",
      exclude_list: [],
      replace_list: [],
      columns: false,
      expr: null,
      qualified_exclude_list: [],
      rename_list: [],
    };
    const statement = {
      error: false,
      statements: [{ node: { ...emptySelect, select_list: [star], from_table: from } }],
    };
    const { rows } = await this.#connection.query("select json_deserialize_sql($1::json)", [canonical(statement)]);
    return String(rows[0]?.[0]);
  }

  /** The SQL text of a table reference, without its alias. */
  textOf(from: Tree): Known<string> | undefined {
    const bare = { ...from, alias: "", column_name_alias: [] };
    return this.#ask(`text ${canonical(bare)}`, async () => (await this.#sqlOf(bare)).replace(/^SELECT \* FROM /, ""));
  }

  /** Column names of a table reference that DuckDB can bind by itself: a file, a table function, a table. */
  columnsOf(from: Tree): Known<string[]> | undefined {
    const bare = { ...from, alias: "", column_name_alias: [] };
    return this.#ask(`columns ${canonical(bare)}`, async () => this.#describe(await this.#sqlOf(bare)));
  }

  /** Column names of a query; null when it cannot be bound in this database. */
  columnsOfQuery(sql: string): Known<string[]> | undefined {
    return this.#ask(`query ${sql}`, async () => this.#describe(sql));
  }

  /** The tree of a query, or DuckDB's reason for having none. */
  tree(sql: string): Promise<{ query: Tree } | { problem: string }> {
    return trees(this.#connection, [sql]).then(([found]) => found as { query: Tree } | { problem: string });
  }

  /** Which of some names a function of their list takes: `list_filter(*, c -> …)` in `COLUMNS(…)`. */
  chosenNames(names: readonly string[], chooser: Tree): Known<string[]> | undefined {
    const list = `[${names.map(quoteLiteral).join(", ")}]::varchar[]`;
    const [, ...others] = parts(chooser, "children");
    const given = { class: "COLUMN_REF", type: "COLUMN_REF", alias: "", column_names: ["given"] };
    const call = { ...chooser, alias: "", children: [given, ...others] };
    return this.#ask(`choose ${canonical(call)} ${list}`, async () => {
      const statement = { error: false, statements: [{ node: { ...emptySelect, select_list: [call] } }] };
      const written = await this.#connection.query("select json_deserialize_sql($1::json)", [
        JSON.stringify(statement),
      ]);
      const expression = String(written.rows[0]?.[0]).replace(/^SELECT /, "");
      const chosen = await this.#connection.query(`select unnest(${expression}) from (select ${list} as given)`);
      return chosen.rows.map(([name]) => String(name));
    });
  }

  /** A regular expression of `COLUMNS('…')`, as DuckDB's own engine matches it. */
  matchingNames(names: readonly string[], pattern: string): Known<string[]> | undefined {
    return this.#ask(`match ${pattern} ${JSON.stringify(names)}`, async () => {
      const values = names.map((name) => `(${quoteLiteral(name)})`).join(", ");
      const sql = `select n from (values ${values}) v(n) where regexp_matches(n, $1)`;
      return (await this.#connection.query(sql, [pattern])).rows.map(([name]) => String(name));
    });
  }

  /** What `\\1` stands for in the alias of `COLUMNS('…')`. */
  captured(name: string, pattern: string, group: number): Known<string> | undefined {
    return this.#ask(`capture ${pattern} ${group} ${name}`, async () => {
      const { rows } = await this.#connection.query(`select regexp_extract($1, $2, ${group})`, [name, pattern]);
      return String(rows[0]?.[0]);
    });
  }

  /** The macros of a name that are not DuckDB's own; empty when there are none. */
  macros(name: string, kind: "macro" | "table_macro"): Known<MacroFact[]> | undefined {
    const types = this.#functions.get(fold(name));
    if (!types?.has(`own ${kind}`) && !(kind === "macro" && types?.has("macro"))) return [];
    return this.#ask(`macro ${kind} ${fold(name)}`, async () => {
      const { rows } = await this.#connection.query(
        "select parameters, macro_definition from duckdb_functions() where lower(function_name) = $1 and function_type = $2",
        [fold(name), kind],
      );
      const found: MacroFact[] = [];
      for (const [parameters, definition] of rows) {
        const sql = kind === "macro" ? `select ${String(definition)}` : String(definition);
        const parsed = await this.tree(sql);
        if ("problem" in parsed) return null;
        const items = (parameters as { items?: unknown[] } | null)?.items ?? [];
        const expression = kind === "macro" ? parts(parsed.query, "select_list")[0] : parsed.query;
        if (!expression) return null;
        found.push({ parameters: items.map(String), definition: expression });
      }
      return found;
    });
  }

  /** What lies behind a URL is not opened: it would be a surprise, and slow. */
  async #describe(sql: string): Promise<Known<string[]>> {
    if (/['"][a-z][a-z0-9+.-]*:\/\//i.test(sql)) return null;
    const { rows } = await this.#connection.query(`describe ${sql}`);
    return rows.map(([name]) => String(name));
  }

  #ask<T>(key: string, ask: () => Promise<Known<T>>): Known<T> | undefined {
    const known = this.#answers.get(key);
    if (known === undefined) this.#questions.set(key, ask);
    return known as Known<T> | undefined;
  }
}

const emptySelect = {
  type: "SELECT_NODE",
  modifiers: [],
  cte_map: { map: [] },
  from_table: { type: "EMPTY", alias: "", sample: null },
  where_clause: null,
  group_expressions: [],
  group_sets: [],
  aggregate_handling: "STANDARD_HANDLING",
  having: null,
  sample: null,
  qualify: null,
};

/**
 * The trees of many texts by one query. A text that is no single SELECT, or that DuckDB's parser does not turn into a
 * tree, has its reason instead.
 */
export async function trees(
  connection: Connection,
  texts: readonly string[],
): Promise<({ query: Tree } | { problem: string })[]> {
  if (texts.length === 0) return [];
  const list = texts.map(quoteLiteral).join(", ");
  const { rows } = await connection.query(
    `select json_serialize_sql(q)::varchar from (select unnest([${list}]::varchar[]) as q)`,
  );
  return rows.map(([json]) => readTree(String(json)));
}

function readTree(json: string): { query: Tree } | { problem: string } {
  const tree = parseTree(json);
  if (tree.error === true) return { problem: reason(tree) };
  const statements = parts(tree, "statements");
  if (statements.length !== 1) return { problem: `The text holds ${statements.length} statements, not one.` };
  const query = queryOf(statements[0]);
  return query ? { query } : { problem: "DuckDB gives no tree for it." };
}

/** Places in the text go, which say nothing of a query; numbers that JavaScript cannot hold stay as they are written. */
function parseTree(json: string): Tree {
  const bare = json.replace(/,"query_location":\d+|"query_location":\d+,?/g, "");
  if (!/[:,[]-?\d{16}/.test(bare)) return JSON.parse(bare) as Tree;
  const { rawJSON } = JSON as unknown as { rawJSON: (text: string) => unknown };
  const exact = (_: string, value: unknown, context?: { source?: string }): unknown =>
    Number.isInteger(value) && !Number.isSafeInteger(value) ? rawJSON(context?.source ?? String(value)) : value;
  return JSON.parse(bare, exact as Parameters<typeof JSON.parse>[1]) as Tree;
}

function reason(tree: Tree): string {
  if (text(tree, "error_type") === "not implemented")
    return "It is no SELECT that DuckDB gives a tree for (PIVOT whose columns depend on the data is none).";
  return `DuckDB cannot parse it: ${text(tree, "error_message")}`;
}
