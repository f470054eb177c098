import { copyFileSync, existsSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { openProject } from "#engine/index.ts";
import { once, sideBySide, type Sample } from "../measure.ts";
import type { PreparedProject } from "./prepare.ts";
import { runTool, seconds, type Tool } from "./tools.ts";

/**
 * A whole build against a script that sends the same statements on one connection and does nothing else. First build:
 * the database holds the sources only. Second build: everything is there already. Gives the lines of the report.
 */
export async function compareBuilds(
  projects: PreparedProject[],
  labs: Tool,
  rounds: (models: number) => number,
  folder: string,
): Promise<string[]> {
  const lines = [
    "## build",
    "",
    "Seeds, models and tests, against a script that only sends the same SQL, statement by statement, to DuckDB.",
    "",
    "| models | | statements | labs | the same SQL | labs ÷ the same SQL |",
    "|---:|---|---:|---:|---:|---:|",
  ];
  const script = join(folder, "send.mjs");
  writeFileSync(script, sender);
  for (const project of projects) {
    process.stderr.write(`build, ${project.models} models\n`);
    fresh(project);
    const first = await statements(project);
    const second = await statements(project);
    const built = join(folder, "built.duckdb");
    copyFileSync(project.database, built);
    for (const [state, sql, database] of [
      ["first", first, project.origin],
      ["second", second, built],
    ] as const) {
      const list = join(folder, "statements.json");
      writeFileSync(list, JSON.stringify(sql));
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
        rounds(project.models),
      );
      const [ours, raw] = [results.labs, results.sql] as [Sample, Sample];
      const cells = [project.models, state, sql.length, seconds(ours), seconds(raw), (ours.wall / raw.wall).toFixed(2)];
      lines.push(`| ${cells.join(" | ")} |`);
    }
  }
  return [...lines, ""];
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
