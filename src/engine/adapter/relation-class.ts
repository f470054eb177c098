import { PyObject, str, type Value } from "#jinja/index.ts";
import { hostFunction } from "./object.ts";
import { everything, Parts, type Policy } from "./policy.ts";
import { checkType, createFunction, relationTypeConstants } from "./relation.ts";

/** `api.Relation`: the class as templates see it, with the project's quoting as default of `create`. */
export class RelationClass extends PyObject {
  readonly pyType = "RelationProxy";
  override get pyModule(): string {
    return "dbt.context.providers";
  }
  readonly #create: Value;
  constructor(quoting: Partial<Policy> = {}) {
    super();
    this.#create = createFunction(quoting);
  }
  override getAttr(name: string): Value | undefined {
    switch (name) {
      case "create":
        return this.#create;
      case "get_default_quote_policy":
      case "get_default_include_policy":
        return hostFunction(name, [], () => new Parts("Policy", everything));
      case "get_relation_type":
        return hostFunction(name, ["value"], (value) => checkType(value as Value));
      case "add_ephemeral_prefix":
        return hostFunction(name, ["name"], (value) => `__dbt__cte__${str(value as Value)}`);
      case "scd_args":
        return hostFunction(name, ["primary_key", "updated_at"], (key = null, at = null) => [
          ...(Array.isArray(key) ? key : [key]),
          at,
        ]);
      default:
        return relationTypeConstants.get(name);
    }
  }
}
