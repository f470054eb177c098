import { copyFileSync, existsSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { openProject } from "#engine/index.ts";
import { once, sideBySide, type Sample } from "../measure.ts";
import type { PreparedProject } from "./prepare.ts";
import { runTool, seconds, type Tool } from "./tools.ts";

/** One line of the table. */
export interface BuildRow {
  models: number;
  state: "first" | "second";
  statements: number;
  labs: Sample;
  sql: Sample;
}

/**
 * A whole build against a script that sends the same statements on one connection and does nothing else. First build:
 * the database holds the sources only. Second build: everything is there already.
 */
export async function* compareBuilds(
  project: PreparedProject,
  labs: Tool,
  rounds: number,
  folder: string,
): AsyncGenerator<BuildRow> {
  process.stderr.write(`build, ${project.models} models\n`);
  const script = join(folder, "send.mjs");
  writeFileSync(script, sender);
  fresh(project);
  const first = await statements(project);
  const second = await statements(project);
  const built = join(folder, "built.duckdb");
  copyFileSync(project.database, built);
  for (const [state, sent, database] of [
    ["first", first, project.origin],
    ["second", second, built],
  ] as const) {
    const list = join(folder, "statements.json");
    writeFileSync(list, JSON.stringify(sent));
    const results = sideBySide(
      {
        labs: () => {
          fresh(project, database);
          return runTool(labs, project, "build", state === "first");
        },
        sql: () => {
          fresh(project, database);
          return once([process.execPath, script, project.database, list], { cwd: project.folder });
        },
      },
      rounds,
    );
    const [ours, raw] = [results.labs, results.sql] as [Sample, Sample];
    yield { models: project.models, state, statements: sent.length, labs: ours, sql: raw };
  }
}

/** The lines of the report. */
export function buildReport(rows: BuildRow[]): string[] {
  return [
    "## build",
    "",
    "Seeds, models and tests with 4 threads, against a script that only sends the same SQL, statement by statement.",
    "",
    "| models | | statements | labs | the same SQL | labs ÷ the same SQL |",
    "|---:|---|---:|---:|---:|---:|",
    ...rows.map(({ models, state, statements: count, labs, sql }) => {
      const ratio = `${(labs.wall / sql.wall).toFixed(2)} (${(labs.cpu / sql.cpu).toFixed(2)})`;
      return `| ${[models, state, count, seconds(labs), seconds(sql), ratio].join(" | ")} |`;
    }),
    "",
  ];
}

function fresh(project: PreparedProject, database = project.origin): void {
  const log = `${project.database}.wal`;
  if (existsSync(log)) rmSync(log);
  copyFileSync(database, project.database);
}

/** What a build sends, in the order of one thread. */
async function statements(project: PreparedProject): Promise<string[]> {
  const sent: string[] = [];
  const { success } = await openProject(project.folder, { profilesDir: project.folder }).run(
    "build",
    { threads: 1 },
    { onEvent: (event) => event.type === "sql" && sent.push(event.sql) },
  );
  if (!success) throw new Error(`The build of ${project.models} models failed.`);
  return sent;
}

const duckdb = pathToFileURL(createRequire(import.meta.url).resolve("@duckdb/node-api")).href;
const sender = `import { readFileSync } from "node:fs";
import api from ${JSON.stringify(duckdb)};
const [, , database, list] = process.argv;
const instance = await api.DuckDBInstance.create(database);
const connection = await instance.connect();
for (const sql of JSON.parse(readFileSync(list, "utf8"))) await (await connection.run(sql)).getRows();
connection.closeSync();
instance.closeSync();
`;
