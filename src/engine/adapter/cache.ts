import { adapterError } from "./errors.ts";
import { Relation } from "./relation.ts";

interface Entry {
  relation: Relation;
  /** Keys of relations that a `drop … cascade` of this one takes along. */
  dependents: Set<string>;
}

interface Name {
  database: string | null;
  schema: string | null;
  identifier: string | null;
}

const lower = (text: string | null): string | null => text?.toLowerCase() ?? null;
const keyOf = (name: Name): string =>
  JSON.stringify([lower(name.database), lower(name.schema), lower(name.identifier)]);
const schemaKey = (database: string | null, schema: string | null): string =>
  JSON.stringify([lower(database), lower(schema)]);
const shown = (key: string): string => (JSON.parse(key) as (string | null)[]).map(String).join(".");

/**
 * What dbt believes exists in the database. Names are compared without regard to case.
 * It is filled once and then kept up to date by what macros drop, rename and create: objects that SQL makes on its own are not in it.
 */
export class RelationCache {
  readonly #entries = new Map<string, Entry>();
  readonly #schemas = new Set<string>();
  /** Entries that others depend on: few or none, so that a rename does not look at every relation there is. */
  readonly #linked = new Set<Entry>();

  /** True once any schema was listed. */
  get filled(): boolean {
    return this.#schemas.size > 0;
  }
  has(database: string | null, schema: string): boolean {
    return this.#schemas.has(schemaKey(database, schema));
  }
  /** Marks schemas as known, also when nothing is in them. */
  addSchemas(schemas: Iterable<{ database: string | null; schema: string | null }>): void {
    for (const { database, schema } of schemas) this.#schemas.add(schemaKey(database, schema));
  }
  /** Adds a relation unless one of that name is there. */
  add(relation: Relation): void {
    this.addSchemas([relation]);
    const key = keyOf(relation);
    if (!this.#entries.has(key)) this.#entries.set(key, { relation, dependents: new Set() });
  }
  /** Declares that dropping `referenced` with cascade drops `dependent`. Unknown ones are added as external. */
  addLink(referenced: Relation, dependent: Relation): void {
    if (!this.has(referenced.database, referenced.schema ?? "")) return;
    for (const relation of [referenced, dependent]) {
      if (!this.#entries.has(keyOf(relation))) this.add(relation.with({ type: "external" }));
    }
    const entry = this.#entries.get(keyOf(referenced));
    if (entry === undefined) return;
    entry.dependents.add(keyOf(dependent));
    this.#linked.add(entry);
  }
  /** Forgets a relation and everything that depends on it; silent when it is not there. */
  drop(relation: Name): void {
    const gone = new Set<string>();
    const collect = (key: string): void => {
      const entry = this.#entries.get(key);
      if (entry === undefined || gone.has(key)) return;
      gone.add(key);
      for (const dependent of entry.dependents) collect(dependent);
    };
    collect(keyOf(relation));
    for (const key of gone) this.#forget(key);
    for (const { dependents } of this.#linked) for (const key of gone) dependents.delete(key);
  }
  /** Errors: DBA-007 when the new name is taken. A relation that is not there (a temporary table) is added under the new name. */
  rename(from: Relation, to: Relation): void {
    const oldKey = keyOf(from);
    const newKey = keyOf(to);
    if (this.#entries.has(newKey)) throw this.#taken(newKey, to);
    const entry = this.#entries.get(oldKey);
    if (entry === undefined) return this.add(to);
    this.#entries.delete(oldKey);
    const { database, schema, identifier } = to.path;
    entry.relation = entry.relation.with({ database, schema, identifier });
    this.#entries.set(newKey, entry);
    for (const { dependents } of this.#linked) if (dependents.delete(oldKey)) dependents.add(newKey);
    this.addSchemas([to]);
  }
  /** Forgets a schema and all in it. */
  dropSchema(database: string | null, schema: string | null): void {
    const key = schemaKey(database, schema);
    if (!this.#schemas.has(key)) return;
    for (const relation of this.relations(database, schema)) this.drop(relation);
    this.#schemas.delete(key);
  }
  relations(database: string | null, schema: string | null): Relation[] {
    const [wantedDatabase, wantedSchema] = [lower(database), lower(schema)];
    const found: Relation[] = [];
    for (const { relation } of this.#entries.values()) {
      if (lower(relation.schema) === wantedSchema && lower(relation.database) === wantedDatabase) found.push(relation);
    }
    return found;
  }
  /** The relation of exactly this name without regard to case, for the engine's own look-ups. */
  get(name: Name): Relation | undefined {
    return this.#entries.get(keyOf(name))?.relation;
  }
  clear(): void {
    this.#entries.clear();
    this.#linked.clear();
    this.#schemas.clear();
  }

  #forget(key: string): void {
    const entry = this.#entries.get(key);
    if (entry) this.#linked.delete(entry);
    this.#entries.delete(key);
  }

  #taken(key: string, to: Name) {
    const prefix = /^(.*?)(?:__dbt_backup|__dbt_tmp$)/.exec(to.identifier ?? "")?.[1];
    return adapterError("internal", {
      message: `Cache inconsistency detected: in rename, new key ${shown(key)} already in cache: ${[...this.#entries.keys()].map(shown).join(", ")}`,
      ...(prefix === undefined
        ? {}
        : { hint: `Two models whose names begin with '${prefix}' collide: give one of them another name.` }),
    });
  }
}
