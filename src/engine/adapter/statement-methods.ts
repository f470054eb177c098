import { PyTuple, str, truthy, typeName, type MaybePromise, type Value } from "#jinja/index.ts";
import type { SqlValue } from "#duck/index.ts";
import { type AdapterView, entry, type Entry, type Given, text } from "./adapter-entry.ts";
import { isTrue, listOf } from "./arguments.ts";
import { toBinding } from "./bindings.ts";
import { adapterError } from "./errors.ts";
import type { Row } from "./mapped-sequence.ts";
import { ResponseValue } from "./response.ts";
import { emptyTable } from "./table.ts";

/** Methods of `adapter` that run SQL or say something about the connection. */
export const statementMethods: Record<string, Entry> = {
  type: entry([], () => "duckdb"),
  commit: entry([], async (self) => (await self.adapter.session.commitIfOpen(), null)),
  dispatch: entry(["macro_name", "macro_namespace?", "packages?"], dispatch),
  execute: entry(["sql", "auto_begin?", "fetch?", "limit?"], execute, parseResult),
  add_query: entry(["sql", "auto_begin?", "bindings?", "abridge_sql_log?"], addQuery, () => new PyTuple([null, null])),
  run_sql_for_tests: entry(["sql", "fetch", "conn"], async (self, sql, fetch) => {
    const { rows } = (await self.adapter.session.execute(text(sql), { fetch: true })).table;
    const tuples = rows.items().map((row) => new PyTuple((row as Row).items()));
    return fetch === "all" ? tuples : fetch === "one" ? (tuples[0] ?? null) : null;
  }),
  get_partitions_metadata: entry(
    ["table"],
    () => {
      throw adapterError("runtime", "`get_partitions_metadata` is not implemented for this adapter!");
    },
    parseResult,
  ),
  location_exists: entry(["location"], locationExists),
  disable_transactions: entry([], (self) => self.adapter.shared.target.disableTransactions),
  warn_once: entry(["msg"], (self, message) => (self.adapter.warnOnce(text(message)), null)),
};

async function execute(self: AdapterView, sql: Given, autoBegin: Given, fetch: Given, limit: Given): Promise<Value> {
  const { response, table } = await self.adapter.session.execute(text(sql), {
    autoBegin: isTrue(autoBegin),
    fetch: isTrue(fetch),
    limit: limit === undefined || limit === null ? null : Number(str(limit)),
  });
  return new PyTuple([new ResponseValue(response), table]);
}

async function addQuery(self: AdapterView, sql: Given, autoBegin: Given, bindings: Given): Promise<Value> {
  const values = listOf(bindings ?? null);
  const options: { autoBegin: boolean; bindings?: SqlValue[] } = {
    autoBegin: autoBegin === undefined || truthy(autoBegin),
  };
  if (values.length > 0) options.bindings = values.map(toBinding);
  await self.adapter.session.addQuery(text(sql), options);
  return new PyTuple([null, null]);
}

async function locationExists(self: AdapterView, location: Given): Promise<boolean> {
  try {
    await self.adapter.session.execute(`select 1 from '${text(location)}' where 1=0`);
    return true;
  } catch {
    return false;
  }
}

function dispatch(self: AdapterView, name: Given, namespace: Given, packages: Given): MaybePromise<Value> {
  const macro = text(name);
  if (macro.includes(".")) {
    const [suggested, ...rest] = macro.split(".");
    throw adapterError("compilation", {
      message:
        `In adapter.dispatch, got a macro name of "${macro}", but "." is not a valid macro name component. Did you mean ` +
        `\`adapter.dispatch("${rest.join(".")}", macro_namespace="${suggested}")\`?`,
    });
  }
  if ((packages ?? null) !== null) {
    throw adapterError("compilation", {
      message: `The "packages" argument of adapter.dispatch() has been deprecated. Use the "macro_namespace" argument instead.\n\nRaised during dispatch for: ${macro}`,
    });
  }
  const space = namespace ?? null;
  if (space !== null && typeof space !== "string") {
    const what = `In adapter.dispatch, got a <class '${typeName(space)}'> macro_namespace argument ("${str(space)}"), but macro_namespace should be None or a string.`;
    throw adapterError("compilation", what);
  }
  return self.options.dispatch(macro, space);
}

function parseResult(): Value {
  return new PyTuple(["", emptyTable()]);
}
