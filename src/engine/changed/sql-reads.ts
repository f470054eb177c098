/** What one SELECT reads and calls, as far as its text tells. */
export interface SqlReads {
  /** `schema.name`, `database.schema.name` or a bare name, in lower case, as written. CTEs are not among them. */
  tables: string[];
  /** Paths and patterns of files that it reads. */
  files: string[];
  /** Names of functions and macros in lower case. */
  functions: string[];
  /** Why nobody can tell what the query gives; undefined when nothing speaks against it. */
  doubt?: string;
}

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Node = { [key: string]: Json };

/** Table functions that give the same rows for the same arguments. */
const pureTableFunctions = new Set([
  "generate_series",
  "json_each",
  "json_tree",
  "range",
  "repeat",
  "repeat_row",
  "unnest",
]);

/** Table functions whose first argument names the files they read. */
const fileFunctions =
  /^(?:read_(?:blob|csv|csv_auto|json|json_auto|json_objects|json_objects_auto|ndjson|ndjson_auto|ndjson_objects|parquet|text|xlsx)|parquet_scan|glob|st_read)$/;

/** Words that mean another value tomorrow, though they look like columns. */
const clockColumns = new Set([
  "current_date",
  "current_time",
  "current_timestamp",
  "localtime",
  "localtimestamp",
  "current_user",
  "session_user",
  "user",
]);

/** Texts that become a date when they are cast to one. */
const clockTexts = new Set(["now", "today", "tomorrow", "yesterday"]);

/** Scalar functions that answer from the session or the machine, not from their arguments. */
const sessionFunctions = new Set(["getvariable", "current_setting", "getenv", "version", "query", "query_table"]);

/** Reads the tree that DuckDB's `json_serialize_sql` gives for a text. */
export function readsOfTree(tree: Json): SqlReads {
  const reader = new TreeReader();
  const { error, error_message: message, statements } = tree as Node;
  if (error === true || !Array.isArray(statements))
    reader.doubt(`its SQL cannot be taken apart: ${String(message ?? "no statement")}`);
  else if (statements.length !== 1) reader.doubt("it is more than one statement");
  else reader.visit(statements[0] as Node, new Set());
  return reader.result();
}

class TreeReader {
  readonly #tables = new Set<string>();
  readonly #files = new Set<string>();
  readonly #functions = new Set<string>();
  #doubt: string | undefined;

  doubt(reason: string): void {
    this.#doubt ??= reason;
  }

  result(): SqlReads {
    return {
      tables: [...this.#tables],
      files: [...this.#files],
      functions: [...this.#functions],
      ...(this.#doubt === undefined ? {} : { doubt: this.#doubt }),
    };
  }

  /** `ctes`: names that mean a CTE here, in lower case. */
  visit(value: Json, ctes: ReadonlySet<string>): void {
    if (Array.isArray(value)) {
      for (const item of value) this.visit(item, ctes);
      return;
    }
    if (value === null || typeof value !== "object") return;
    const inner = this.#withCtes(value, ctes);
    this.#note(value, inner);
    for (const [key, child] of Object.entries(value)) {
      if (key === "cte_map" || (key === "function" && value.type === "TABLE_FUNCTION")) continue;
      this.visit(child, inner);
    }
  }

  /** Each CTE sees those before it; itself only when it is recursive, which has a node of its own. */
  #withCtes(node: Node, outer: ReadonlySet<string>): ReadonlySet<string> {
    let names = outer;
    if (node.type === "RECURSIVE_CTE_NODE" && typeof node.cte_name === "string")
      names = new Set([...names, node.cte_name.toLowerCase()]);
    const list = ((node.cte_map as Node | undefined)?.map ?? []) as Node[];
    for (const { key, value } of list) {
      this.visit(value ?? null, names);
      names = new Set([...names, String(key).toLowerCase()]);
    }
    return names;
  }

  #note(node: Node, ctes: ReadonlySet<string>): void {
    if (node.sample) this.doubt("it takes a sample of rows");
    if (node.at_clause) this.doubt("it reads a table as of another time");
    switch (node.type) {
      case "BASE_TABLE":
        return this.#table(node, ctes);
      case "TABLE_FUNCTION":
        return this.#tableFunction(node.function as Node, ctes);
      case "SHOW_REF":
        return this.doubt("it describes the database");
      case "COLUMN_REF": {
        const names = node.column_names as string[] | undefined;
        const only = names?.length === 1 ? names[0]?.toLowerCase() : undefined;
        if (only !== undefined && clockColumns.has(only)) this.doubt(`it uses ${only}`);
        return;
      }
      case "VALUE_CONSTANT": {
        const text = (node.value as Node | undefined)?.value;
        if (typeof text === "string" && clockTexts.has(text.trim().toLowerCase()))
          this.doubt(`it uses '${text}', which may mean a day`);
        return;
      }
      default:
        if (typeof node.function_name === "string") this.#function(node.function_name);
    }
  }

  #function(written: string): void {
    const name = written.toLowerCase();
    if (sessionFunctions.has(name)) this.doubt(`it calls ${name}()`);
    this.#functions.add(name);
  }

  #table(node: Node, ctes: ReadonlySet<string>): void {
    const text = (part: Json | undefined): string => (typeof part === "string" ? part : "");
    const [catalog, schema, name] = [text(node.catalog_name), text(node.schema_name), text(node.table_name)];
    if (catalog === "" && schema === "" && ctes.has(name.toLowerCase())) return;
    // DuckDB reads a file when a name looks like one and no table has it.
    if (schema === "" && /[./*]/.test(name)) this.#files.add(name);
    else
      this.#tables.add(
        [catalog, schema, name]
          .filter((part) => part !== "")
          .join(".")
          .toLowerCase(),
      );
  }

  #tableFunction(call: Node, ctes: ReadonlySet<string>): void {
    const name = String(call.function_name ?? "").toLowerCase();
    const children = (call.children ?? []) as Node[];
    if (fileFunctions.test(name)) {
      const paths = constantTexts(children[0]);
      if (paths === undefined) this.doubt(`it calls ${name}() with a computed path`);
      for (const path of paths ?? []) this.#files.add(path);
      this.visit(children.slice(1), ctes);
    } else {
      if (!pureTableFunctions.has(name)) this.#functions.add(`${name}()`);
      this.visit(children, ctes);
    }
  }
}

/** `'a'` or `['a', 'b']`; undefined for anything that is computed. */
function constantTexts(node: Node | undefined): string[] | undefined {
  if (node?.type === "VALUE_CONSTANT") {
    const text = (node.value as Node).value;
    return typeof text === "string" ? [text] : undefined;
  }
  if (node?.function_name !== "list_value") return undefined;
  const texts = ((node.children ?? []) as Node[]).map(constantTexts);
  return texts.every((t) => t !== undefined) ? texts.flat() : undefined;
}
