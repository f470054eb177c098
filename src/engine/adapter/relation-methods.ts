import type { Value } from "#jinja/index.ts";
import { relationArgument } from "./adapter.ts";
import { type AdapterView, entry, type Entry, type Given, none, nothing, text } from "./adapter-entry.ts";
import { field, nameOf } from "./arguments.ts";
import { adapterError } from "./errors.ts";
import { Relation } from "./relation.ts";

/** Methods of `adapter` about relations, schemas and columns. */
export const relationMethods: Record<string, Entry> = {
  get_relation: entry(
    ["database", "schema", "identifier"],
    (self, ...path) => self.adapter.getRelation(pathOf(path[0], path[1], path[2])),
    none,
  ),
  already_exists: entry(
    ["schema", "name"],
    async (self, schema, name) => {
      self.deprecated("already_exists", "get_relation");
      return (await self.adapter.getRelation(pathOf(self.adapter.shared.target.database, schema, name))) !== null;
    },
    () => false,
  ),
  check_schema_exists: entry(
    ["database", "schema"],
    (self, database, schema) => self.adapter.schemaExists(text(database), text(schema)),
    () => false,
  ),
  create_schema: entry(
    ["relation"],
    async (self, relation) => {
      await self.adapter.createSchema(relationArgument("create_schema", "relation", relation ?? null));
      return null;
    },
    none,
  ),
  drop_schema: entry(
    ["relation"],
    async (self, relation) => {
      await self.adapter.dropSchema(relationArgument("drop_schema", "relation", relation ?? null));
      return null;
    },
    none,
  ),
  drop_relation: entry(
    ["relation"],
    async (self, relation) => (await self.adapter.dropRelation(droppable(self, relation)), null),
    none,
  ),
  truncate_relation: entry(
    ["relation"],
    async (self, relation) => (await self.adapter.truncateRelation(relation ?? null), null),
    none,
  ),
  rename_relation: entry(
    ["from_relation", "to_relation"],
    async (self, from, to) => {
      await self.adapter.renameRelation(from ?? null, to ?? null);
      return null;
    },
    none,
  ),
  cache_added: entry(["relation"], (self, relation) => {
    if ((relation ?? null) === null) throw nullRelation(self, "cache");
    self.adapter.cache.add(relationArgument("cache_added", "relation", relation as Value));
    return "";
  }),
  cache_dropped: entry(["relation"], (self, relation) => {
    self.adapter.cache.drop(droppable(self, relation));
    return "";
  }),
  cache_renamed: entry(["from_relation", "to_relation"], (self, from, to) => {
    self.adapter.cacheRenamed(from ?? null, to ?? null);
    return "";
  }),
  get_columns_in_relation: entry(
    ["relation"],
    (self, relation) =>
      self.adapter.columnsAnswer(relationArgument("get_columns_in_relation", "relation", relation ?? null)),
    nothing,
  ),
  get_columns_in_table: entry(
    ["schema", "identifier"],
    (self, schema, identifier) => {
      self.deprecated("get_columns_in_table", "get_columns_in_relation");
      const path = pathOf(self.adapter.shared.target.database, schema, identifier);
      return self.adapter.columnsIn(new Relation({ ...path, quotePolicy: self.adapter.quoting }));
    },
    nothing,
  ),
  get_column_schema_from_query: entry(["sql"], (self, sql) => self.adapter.columnsOfQuery(text(sql)), nothing),
  get_missing_columns: entry(
    ["from_relation", "to_relation"],
    (self, from, to) => self.adapter.missingColumns(from ?? null, to ?? null),
    nothing,
  ),
  expand_target_column_types: entry(
    ["from_relation", "to_relation"],
    (_self, from, to) => {
      // strings have no length in DuckDB, so that nothing needs to grow
      relationArgument("expand_target_column_types", "from_relation", from ?? null);
      relationArgument("expand_target_column_types", "to_relation", to ?? null);
      return null;
    },
    none,
  ),
  valid_snapshot_target: entry(
    ["relation", "column_names?"],
    async (self, relation, names) => {
      await self.adapter.assertSnapshotTarget(relation ?? null, names ?? null, snapshotColumns, true);
      return null;
    },
    none,
  ),
  assert_valid_snapshot_target_given_strategy: entry(
    ["relation", "column_names", "strategy"],
    async (self, relation, names, strategy) => {
      await self.adapter.assertSnapshotTarget(relation ?? null, names ?? null, snapshotColumns, true);
      if (field(strategy, "hard_deletes") === "new_record") {
        await self.adapter.assertSnapshotTarget(relation ?? null, names ?? null, ["dbt_is_deleted"], false);
      }
      return null;
    },
    none,
  ),
  get_pseudocolumns_for_relation: entry(["relation"], () => [], nothing),
  is_motherduck: entry([], () => false),
  is_ducklake: entry(["relation"], (self, relation) => isDucklake(self, relation)),
  use_ducklake_table_workarounds: entry(["relation"], () => false),
};

const nullRelation = (self: AdapterView, what: string) =>
  adapterError("compilation", `Attempted to ${what} a null relation for ${self.adapter.session.name}`);

const pathOf = (database: Given, schema: Given, identifier: Given) => ({
  database: nameOf(database),
  schema: nameOf(schema),
  identifier: nameOf(identifier),
});

/** Relations must be given; a dropped null is told apart because macros hit it often. */
function droppable(self: AdapterView, relation: Given): Relation {
  if (relation instanceof Relation) return relation;
  if ((relation ?? null) === null) throw nullRelation(self, "drop");
  return relationArgument("drop_relation", "relation", relation as Value);
}

const snapshotColumns = ["dbt_scd_id", "dbt_valid_from", "dbt_valid_to"];

function isDucklake(self: AdapterView, relation: Given): boolean {
  if (!(relation instanceof Relation) || relation.database === null) return false;
  const { target } = self.adapter.shared;
  const names = target.attach
    .filter((a) => a.is_ducklake === true || /ducklake:/i.test(String(a.path ?? "")))
    .map((a) => String(a.alias ?? ""));
  if (target.isDucklake) names.push(target.database);
  return names.includes(relation.database);
}
