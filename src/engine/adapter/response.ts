import { PyObject, type Value } from "#jinja/index.ts";
import type { AdapterResponse } from "./session.ts";

/** What `adapter.execute` and `load_result(...).response` hold; prints its message. */
export class ResponseValue extends PyObject {
  readonly pyType = "AdapterResponse";
  override get pyModule(): string {
    return "dbt.adapters.contracts.connection";
  }
  readonly response: AdapterResponse;
  constructor(response: AdapterResponse) {
    super();
    this.response = response;
  }
  override str(): string {
    return this.response._message;
  }
  override repr(): string {
    const { _message, code, rows_affected } = this.response;
    return `AdapterResponse(_message='${_message}', code=${code === undefined ? "None" : `'${code}'`}, rows_affected=${rows_affected ?? "None"}, query_id=None)`;
  }
  override getAttr(name: string): Value | undefined {
    switch (name) {
      case "_message":
        return this.response._message;
      case "code":
        return this.response.code ?? null;
      case "rows_affected":
        return this.response.rows_affected ?? null;
      case "query_id":
        return null;
      default:
        return undefined;
    }
  }
  override equals(other: Value): boolean {
    return other instanceof ResponseValue && other.repr() === this.repr();
  }
  override toPlain(): unknown {
    return { ...this.response };
  }
}
