import { afterAll } from "vitest";
import { type Connection, openDatabase } from "#duck/index.ts";
import { noResources } from "../../manifest/blank.ts";
import type { GraphNode, Manifest } from "../../manifest/types.ts";
import { projectLineage } from "../project-lineage.ts";
import type { NodeLineage } from "../types.ts";

/** A connection to a database of these tables, for all tests of a file. */
export async function databaseOf(setup: readonly string[]): Promise<Connection> {
  const database = await openDatabase(":memory:");
  afterAll(() => database.close());
  const connection = await database.connect();
  for (const sql of setup) await connection.run(sql);
  return connection;
}

const node = (id: string, sql: string, parents: string[], more: Partial<GraphNode>): GraphNode =>
  ({
    unique_id: id,
    name: id.split(".").at(-1) ?? "",
    resource_type: "model",
    database: "memory",
    schema: "main",
    alias: id.split(".").at(-1) ?? "",
    language: "sql",
    config: { enabled: true, materialized: "table" },
    columns: {},
    compiled: true,
    compiled_code: sql,
    depends_on: { macros: [], nodes: parents },
    extra_ctes: [],
    ...more,
  }) as unknown as GraphNode;

/** A project of models by name, each reading the ones before it, on sources that are whatever tables the database has. */
export function project(models: Record<string, string>, more: Record<string, Partial<GraphNode>> = {}): Manifest {
  const manifest = noResources() as unknown as Manifest;
  const before: string[] = [];
  for (const [name, sql] of Object.entries(models)) {
    const id = `model.p.${name}`;
    manifest.nodes[id] = node(id, sql, [...before], more[name] ?? {});
    before.push(id);
  }
  return manifest;
}

/** The lineage of one query on the tables of a database. Tables go by their plain names. */
export async function readSql(connection: Connection, sql: string): Promise<NodeLineage> {
  const { nodes } = await projectLineage({ connection, database: "memory", manifest: project({ q: sql }) });
  return nodes["model.p.q"] as NodeLineage;
}

const marks = { identity: "", derived: "~", aggregated: "+" };

/** `name <- t.a ~t.b`, one line a column, `?` where something is unknown; then `rows: t.c(filter)`. */
export function shown(lineage: NodeLineage): string[] {
  const plain = (id: string): string => id.replace(/^model\.p\./, "").replaceAll('"', "");
  const columns = lineage.columns.map(({ name, upstream, complete }) => {
    const origins = upstream.map(({ node: id, column, kind }) => `${marks[kind]}${plain(id)}.${column}`).sort();
    return `${name} <- ${[...origins, ...(complete ? [] : ["?"])].join(" ")}`.trimEnd();
  });
  const filters = lineage.filters.map(
    ({ node: id, column, clauses }) => `${plain(id)}.${column}(${[...clauses].sort().join(",")})`,
  );
  return [
    ...columns,
    ...(lineage.columns_complete ? [] : ["…"]),
    ...(filters.length > 0 ? [`rows: ${filters.sort().join(" ")}`] : []),
  ];
}
