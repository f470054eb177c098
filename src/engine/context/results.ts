import { PyDict, str, type Value } from "#jinja/index.ts";
import { engineError } from "../errors.ts";
import { AgateTable, emptyTable, ResponseValue } from "../adapter/index.ts";
import { hostFunction } from "./functions.ts";
import type { Members } from "./scope.ts";

interface Stored {
  response: Value;
  table: Value;
  entry: PyDict;
}

/** Results of named statements of one node: `store_result`, `load_result`. Source: dbt-core context/providers.py. */
export class StatementResults {
  readonly #stored = new Map<string, Stored | null>();

  store(name: string, response: Value, table: Value): void {
    const rows = table instanceof AgateTable ? table.rows : [];
    const entry = new PyDict([
      ["response", response],
      ["data", rows],
      ["table", table],
    ]);
    this.#stored.set(name, { response, table, entry });
  }

  /** A result can be loaded once, except that of `main`. */
  load(name: string): Value {
    const found = this.#stored.get(name);
    if (found === undefined) return null;
    if (found === null) {
      throw engineError("compilation", {
        message: `The 'statement' result named '${name}' has already been loaded into a variable`,
      });
    }
    if (name !== "main") this.#stored.set(name, null);
    return found.entry;
  }

  /** Response and table of the statement `main`, undefined when the node never ran it. */
  main(): { response: Value; table: Value } | undefined {
    return this.#stored.get("main") ?? undefined;
  }

  /** The functions for templates. */
  members(): Members {
    return {
      load_result: () => hostFunction("load_result", ["name"], (name) => this.load(str(name ?? null))),
      store_result: () =>
        hostFunction("store_result", ["name", "response?", "agate_table?"], (name, response, table) => {
          this.store(str(name ?? null), response ?? null, table ?? emptyTable());
          return "";
        }),
      store_raw_result: () =>
        hostFunction(
          "store_raw_result",
          ["name", "message?", "code?", "rows_affected?", "agate_table?"],
          (name, message, code, rows, table) => {
            const response = new ResponseValue({
              _message: message === undefined ? "" : str(message),
              ...(code === undefined || code === null ? {} : { code: str(code) }),
              ...(typeof rows === "number" ? { rows_affected: rows } : {}),
            });
            this.store(str(name ?? null), response, table ?? emptyTable());
            return "";
          },
        ),
      _sql_results: () => new PyDict(),
    };
  }
}
