import { PyObject, type Value } from "#jinja/index.ts";
import { adapterError } from "./errors.ts";
import { components, everything, type Policy, type RelationPath } from "./policy.ts";

export const relationTypes = [
  "table",
  "view",
  "cte",
  "materialized_view",
  "ephemeral",
  "external",
  "pointer_table",
  "function",
] as const;
export type RelationType = (typeof relationTypes)[number];

/** Rows of a time range only: `start` inclusive, `end` exclusive, as the text that goes into the SQL literal. */
export interface EventTimeFilter {
  fieldName: string;
  start?: string | null;
  end?: string | null;
}

export interface RelationInit {
  database?: string | null;
  schema?: string | null;
  identifier?: string | null;
  type?: string | null;
  quotePolicy?: Partial<Policy>;
  includePolicy?: Partial<Policy>;
  /** `--empty` (0) or a sample: at most so many rows. */
  limit?: number | null;
  eventTimeFilter?: EventTimeFilter | null;
  /** SQL that stands for the relation, such as `'data/x.parquet'` or `read_csv('…')`: an external source's location. */
  external?: string | null;
  catalog?: string | null;
  dbtCreated?: boolean;
}

/**
 * dbt's `DuckDBRelation`: the name of a table, view or CTE with how it is rendered. Immutable.
 * `information_schema()` gives one with {@link view} set, which renders as `"db".INFORMATION_SCHEMA.<view>`.
 */
export abstract class RelationBase extends PyObject {
  readonly path: RelationPath;
  readonly type: string | null;
  readonly quotePolicy: Policy;
  readonly includePolicy: Policy;
  readonly limit: number | null;
  readonly eventTimeFilter: EventTimeFilter | null;
  readonly external: string | null;
  readonly catalog: string | null;
  readonly dbtCreated: boolean;
  readonly isInformationSchema: boolean;
  readonly view: string | null;

  constructor(init: RelationInit, informationSchema?: { view: string | null }) {
    super();
    this.path = { database: init.database ?? null, schema: init.schema ?? null, identifier: init.identifier ?? null };
    this.type = init.type ?? null;
    this.quotePolicy = { ...everything, ...init.quotePolicy };
    this.includePolicy = { ...everything, ...init.includePolicy };
    this.limit = init.limit ?? null;
    this.eventTimeFilter = init.eventTimeFilter ?? null;
    this.external = init.external ?? null;
    this.catalog = init.catalog ?? null;
    this.dbtCreated = init.dbtCreated ?? false;
    this.isInformationSchema = informationSchema !== undefined;
    this.view = informationSchema?.view ?? null;
  }

  get pyType(): string {
    return this.isInformationSchema ? "InformationSchema" : "DuckDBRelation";
  }
  override get pyModule(): string {
    return this.isInformationSchema ? "dbt.adapters.base.relation" : "dbt.adapters.duckdb.relation";
  }
  get database(): string | null {
    return this.path.database;
  }
  get schema(): string | null {
    return this.path.schema;
  }
  get identifier(): string | null {
    return this.path.identifier;
  }
  get name(): string | null {
    return this.path.identifier;
  }

  #make(init: RelationInit, informationSchema?: { view: string | null }): this {
    return new (this.constructor as new (...args: unknown[]) => this)(init, informationSchema);
  }
  /** A copy with other fields; policies are merged part by part. */
  with(changes: RelationInit): this {
    const { database, schema, identifier } = this.path;
    const { type, quotePolicy, includePolicy, limit, eventTimeFilter, external, catalog, dbtCreated } = this;
    const init = {
      database,
      schema,
      identifier,
      type,
      limit,
      eventTimeFilter,
      external,
      catalog,
      dbtCreated,
      ...changes,
    };
    const policies = {
      quotePolicy: { ...quotePolicy, ...changes.quotePolicy },
      includePolicy: { ...includePolicy, ...changes.includePolicy },
    };
    return this.#make({ ...init, ...policies }, this.isInformationSchema ? { view: this.view } : undefined);
  }
  include(parts: Partial<Policy>): this {
    return this.with({ includePolicy: parts });
  }
  quote(parts: Partial<Policy>): this {
    return this.with({ quotePolicy: parts });
  }
  withoutIdentifier(): this {
    return this.with({ includePolicy: { identifier: false }, identifier: null });
  }
  informationSchema(view: string | null = null): this {
    const init: RelationInit = {
      database: this.database,
      identifier: "INFORMATION_SCHEMA",
      type: "view",
      includePolicy: { ...this.includePolicy, database: this.database !== null, schema: false, identifier: true },
      quotePolicy: { ...this.quotePolicy, identifier: false },
    };
    return this.#make(init, { view });
  }

  /** The bare name: `"db"."main"."x"`, or the external location. */
  render(): string {
    if (this.external) return this.external;
    const shown: string[] = [];
    for (const key of components) {
      const part = this.path[key];
      if (part !== null && this.includePolicy[key]) shown.push(this.quotePolicy[key] ? `"${part}"` : part);
    }
    if (this.view !== null) shown.push(this.view);
    return shown.join(".");
  }
  renderLimited(): string {
    const name = this.render();
    if (this.limit === null) return name;
    return this.limit === 0
      ? `(select * from ${name} where false limit 0)`
      : `(select * from ${name} limit ${this.limit})`;
  }
  renderEventTimeFiltered(rendered: string = this.render()): string {
    if (this.eventTimeFilter === null) return rendered;
    const { fieldName, start, end } = this.eventTimeFilter;
    const bounds = [start ? `${fieldName} >= '${start}'` : "", end ? `${fieldName} < '${end}'` : ""].filter(Boolean);
    return bounds.length === 0 ? rendered : `(select * from ${rendered} where ${bounds.join(" and ")})`;
  }

  /**
   * Whether this is the relation looked for; parts that are null are not compared.
   * Errors: DBA-001 when the names differ in letter case only, or when nothing is looked for.
   */
  matches(wanted: Partial<RelationPath>): boolean {
    const search = components.filter((key) => wanted[key] != null);
    if (search.length === 0) {
      throw adapterError("runtime", "Tried to match relation, but no search path was passed!");
    }
    let exact = true;
    let near = true;
    for (const key of search) {
      const value = wanted[key] as string;
      const own = this.path[key];
      const lowered = own === null ? "None" : own.toLowerCase();
      if (this.dbtCreated && !this.quotePolicy[key] ? lowered !== value.toLowerCase() : own !== value) exact = false;
      if (stripQuotes(lowered) !== stripQuotes(value.toLowerCase())) near = false;
    }
    if (near && !exact) throw approximateMatch(this.#make({ ...wanted }), this);
    return exact;
  }

  override str(): string {
    if (this.type === "function") return this.render();
    const limited = this.renderLimited();
    return this.eventTimeFilter === null ? limited : this.renderEventTimeFiltered(limited);
  }
  override repr(): string {
    return `<${this.pyType} ${this.render()}>`;
  }
  override hash(): unknown {
    return `\0relation ${this.render()}`;
  }
  override equals(other: Value): boolean {
    if (this === other) return true;
    if (!(other instanceof RelationBase) || other.pyType !== this.pyType) return false;
    return JSON.stringify(this.toPlain()) === JSON.stringify(other.toPlain());
  }
  override get isMapping(): boolean {
    return true;
  }
  override length(): number {
    throw this.notADict();
  }
  override iterate(): Iterable<Value> {
    throw this.notADict();
  }
  /** dbt's `to_dict(omit_none=True)`. */
  override toPlain(): Record<string, unknown> {
    const dict: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(this.toRecord())) if (value !== null) dict[key] = value;
    dict.path = Object.fromEntries(Object.entries(this.path).filter(([, part]) => part !== null));
    return dict;
  }
  /** dbt's `to_dict()`. */
  toRecord(): Record<string, unknown> {
    const filter = this.eventTimeFilter;
    return {
      path: { ...this.path },
      type: this.type,
      quote_character: '"',
      include_policy: { ...this.includePolicy },
      quote_policy: { ...this.quotePolicy },
      dbt_created: this.dbtCreated,
      limit: this.limit,
      event_time_filter: filter && {
        field_name: filter.fieldName,
        start: filter.start ?? null,
        end: filter.end ?? null,
      },
      require_alias: this.isInformationSchema,
      catalog: this.catalog,
      renameable_relations: [],
      replaceable_relations: [],
      ...(this.isInformationSchema ? { information_schema_view: this.view } : { external: this.external }),
    };
  }

  private notADict() {
    const what = `The object ("${this.str()}") was used as a dictionary. This capability has been removed from objects of this type.`;
    return adapterError("compilation", { message: what, hint: "Use its attributes: .database, .schema, .identifier." });
  }
}

const stripQuotes = (text: string): string => text.replace(/^"+|"+$/g, "");

function approximateMatch(target: RelationBase, found: RelationBase) {
  return adapterError("compilation", {
    message:
      "When searching for a relation, dbt found an approximate match. Instead of guessing \nwhich relation to use, dbt will move on. " +
      `Please delete ${found.str()}, or rename it to be less ambiguous.\nSearched for: ${target.str()}\nFound: ${found.str()}`,
  });
}
