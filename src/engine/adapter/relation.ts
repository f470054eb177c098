import { fromPlain, PyDict, PyFunction, str, truthy, Undefined, type Kwargs, type Value } from "#jinja/index.ts";
import { adapterError } from "./errors.ts";
import { functionConfig, functionMacro } from "./function-config.ts";
import { bound, method, type HostMethods } from "./object.ts";
import { components, Parts, readParts, type Policy } from "./policy.ts";
import { RelationBase, relationTypes, type EventTimeFilter, type RelationInit } from "./relation-base.ts";

/** dbt's `DuckDBRelation` as templates and the engine use it: attributes, items and methods over {@link RelationBase}. */
export class Relation extends RelationBase {
  /** Errors: DBA-001 for a type that does not exist. */
  static create(init: RelationInit): Relation {
    return new Relation({ ...init, type: checkType(init.type ?? null) });
  }
  /** The CTE that an ephemeral model becomes. */
  static ephemeral(identifier: string, options: Pick<RelationInit, "limit" | "eventTimeFilter"> = {}): Relation {
    return new Relation({
      ...options,
      type: "cte",
      identifier: `__dbt__cte__${identifier}`,
      quotePolicy: { identifier: false },
    });
  }

  override get isMapping(): boolean {
    return true;
  }
  override getItem(key: Value): Value | undefined {
    return typeof key === "string" ? this.getAttr(key) : undefined;
  }
  override contains(key: Value): boolean {
    return this.getItem(key) !== undefined;
  }
  override getAttr(name: string): Value | undefined {
    switch (name) {
      case "database":
      case "schema":
      case "identifier":
        return this.path[name];
      case "table":
      case "name":
        return this.path.identifier;
      case "type":
      case "limit":
      case "external":
      case "catalog":
        return this[name];
      case "path":
        return new Parts("Path", this.path);
      case "quote_policy":
        return new Parts("Policy", this.quotePolicy);
      case "include_policy":
        return new Parts("Policy", this.includePolicy);
      case "information_schema_view":
        return this.isInformationSchema ? this.view : undefined;
      case "quote_character":
        return '"';
      case "dbt_created":
        return this.dbtCreated;
      case "require_alias":
        return this.isInformationSchema;
      case "event_time_filter":
        return eventTimeDict(this.eventTimeFilter);
      case "can_be_renamed":
      case "can_be_replaced":
        return false;
      case "is_table":
        return this.type === "table";
      case "is_view":
        return this.type === "view";
      case "is_cte":
        return this.type === "cte";
      case "is_materialized_view":
        return this.type === "materialized_view";
      case "is_pointer":
        return this.type === "pointer_table";
      case "is_function":
        return this.type === "function";
      case "create":
        return createFunction({});
      case "incorporate":
      case "replace":
        return new PyFunction(name, (_args, kwargs) => this.with(readFields(kwargs)));
      default:
        return bound(this, name, methods) ?? relationTypeConstants.get(name);
    }
  }
}

/** `api.Relation.View` and its like. */
export const relationTypeConstants: ReadonlyMap<string, Value> = new Map([
  ["Table", "table"],
  ["CTE", "cte"],
  ["View", "view"],
  ["External", "external"],
  ["MaterializedView", "materialized_view"],
  ["PointerTable", "pointer_table"],
  ["Function", "function"],
]);

const text = (value: Value | undefined): string | null => (typeof value === "string" ? value : null);
/** A part of a path as Python stores it: None, or text of whatever was given. */
const pathPart = (value: Value): string | null => (value === null ? null : str(value));

/** The parts of a policy among arguments: None means "leave as it is". */
function policyChanges(values: (Value | undefined)[]): Partial<Policy> {
  const changes: Partial<Policy> = {};
  components.forEach((key, i) => {
    const value = values[i] ?? null;
    if (value !== null) changes[key] = truthy(value);
  });
  return changes;
}

function eventTimeDict(filter: EventTimeFilter | null): Value {
  if (filter === null) return null;
  const { fieldName, start = null, end = null } = filter;
  return new PyDict([
    ["field_name", fieldName],
    ["start", start],
    ["end", end],
  ] as [Value, Value][]);
}

function replacePath(self: Relation, parts: (Value | undefined)[]): Relation {
  const changes: RelationInit = {};
  components.forEach((key, i) => {
    const part = parts[i];
    if (part === undefined) return;
    if (part !== null && typeof part !== "string") {
      throw adapterError("compilation", `Got an invalid path ${key}: ${str(part)}`);
    }
    changes[key] = part;
  });
  return self.with(changes);
}

/** Methods of a relation by the names that macros use. */
const methods: HostMethods<Relation> = {
  render: method([], (self) => self.render()),
  render_limited: method([], (self) => self.renderLimited()),
  render_event_time_filtered: method(["rendered?"], (self, rendered) =>
    self.renderEventTimeFiltered(text(rendered) || undefined),
  ),
  include: method(["database?", "schema?", "identifier?"], (self, ...parts) => self.include(policyChanges(parts))),
  quote: method(["database?", "schema?", "identifier?"], (self, ...parts) => self.quote(policyChanges(parts))),
  quoted: method(["identifier"], (_self, identifier) => `"${str(identifier ?? null)}"`),
  without_identifier: method([], (self) => self.withoutIdentifier()),
  information_schema: method(["view_name?"], (self, view) => self.informationSchema(text(view))),
  information_schema_only: method([], (self) => self.informationSchema()),
  replace_path: method(["database?", "schema?", "identifier?"], (self, ...parts) => replacePath(self, parts)),
  matches: method(["database?", "schema?", "identifier?"], (self, ...parts) => {
    const [database = null, schema = null, identifier = null] = parts.map((part) => pathPart(part ?? null));
    return self.matches({ database, schema, identifier });
  }),
  get_function_config: method(["model"], (_self, model) => functionConfig(model ?? null)),
  get_function_macro_name: method(["config"], (_self, config) => functionMacro(config ?? null)),
  get: method(["key", "default?"], (self, key = null, fallback = null) =>
    key === "metadata" ? new PyDict([["type", self.pyType]]) : (self.getItem(key) ?? fallback),
  ),
  to_dict: method(["omit_none?"], (self, omit = false) => fromPlain(truthy(omit) ? self.toPlain() : self.toRecord())),
  add_ephemeral_prefix: method(["name"], (_self, name) => `__dbt__cte__${str(name ?? null)}`),
};

/** A value as a relation type. Errors: DBA-001. */
export function checkType(value: Value): string | null {
  if (value === null) return null;
  const name = text(value);
  if (name !== null && (relationTypes as readonly string[]).includes(name)) return name;
  const shown = value instanceof Undefined ? "Undefined" : `'${str(value)}'`;
  throw adapterError("compilation", {
    message: `Field "type" of type Optional[RelationType] in DuckDBRelation has invalid value ${shown}`,
    hint: `Use one of ${relationTypes.join(", ")}.`,
  });
}

const policyOf = (value: Value): Partial<Policy> => readParts(value, truthy) as Partial<Policy>;

/** What `create()`, `incorporate()` and `replace()` are given by name; dbt ignores names that it does not know. */
function readFields(kwargs: Kwargs): RelationInit {
  const init: RelationInit = {};
  for (const [name, value] of kwargs) {
    if (name === "path") Object.assign(init, readParts(value, pathPart));
    else if (name === "database" || name === "schema" || name === "identifier") init[name] = pathPart(value);
    else if (name === "type") init.type = checkType(value);
    else if (name === "quote_policy") init.quotePolicy = policyOf(value);
    else if (name === "include_policy") init.includePolicy = policyOf(value);
    else if (name === "limit") init.limit = value === null ? null : Number(str(value));
    else if (name === "external" || name === "catalog") init[name] = text(value);
    else if (name === "dbt_created") init.dbtCreated = truthy(value);
  }
  return init;
}

/** `create(database, schema, identifier, type, **fields)`, with the project's quoting as default. */
export function createFunction(quoting: Partial<Policy>): PyFunction {
  return new PyFunction("create", (args, kwargs) => {
    const named = new Map(kwargs);
    ["database", "schema", "identifier", "type"].forEach((name, i) => {
      const value = args[i];
      if (value !== undefined) named.set(name, value);
    });
    named.delete("path");
    const init = readFields(named);
    return new Relation({ ...init, quotePolicy: { ...quoting, ...init.quotePolicy } });
  });
}
