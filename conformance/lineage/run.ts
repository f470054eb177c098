/**
 * Column-level lineage of public projects, judged by DuckDB: are the columns those of the tables that it built, and does
 * nothing change with a value that is not in the lineage?
 *
 *   npm run judge:lineage -- <folder with the repositories> [--only a,b] [--write]
 *
 * The folder is that of `judge:corpus`. --write puts the table into conformance/RESULTS.md. The last line is
 * `N passed, M failed`.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { columnLineage, defaultFlags, openProject, type Command, type ProjectLineage } from "../../src/engine/index.ts";
import { absentOf, assemble } from "../oracle/assemble.ts";
import { corpus, type CorpusEntry } from "../oracle/corpus-list.ts";
import { repository } from "../oracle/judge.ts";
import { applyOverlay, copyProject } from "../oracle/project.ts";
import { mutate } from "./mutate.ts";

const [given, ...rest] = process.argv.slice(2);
if (given === undefined) {
  console.error("Say where the repositories are: npm run judge:lineage -- <folder>");
  process.exit(2);
}
const folder = resolve(given);
const only = rest.includes("--only") ? (rest[rest.indexOf("--only") + 1] ?? "").split(",") : undefined;
const work = mkdtempSync(join(tmpdir(), "lineage-"));
const rows: string[][] = [];
let [passed, failed] = [0, 0];

for (const entry of corpus.filter(({ name }) => !only || only.includes(name))) {
  const absent = absentOf(folder, entry);
  if (absent.length > 0) {
    console.log(`${entry.name}: left out, ${absent.join(" and ")} not found`);
    continue;
  }
  rows.push(await judge(entry));
  rmSync(join(work, entry.name), { recursive: true, force: true });
}
rmSync(work, { recursive: true, force: true });
if (rest.includes("--write")) write();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);

async function judge(entry: CorpusEntry): Promise<string[]> {
  const source = assemble(entry, folder, join(work, entry.name, "source"));
  const copy = copyProject(source, join(work, entry.name, "ours"), entry.check, 4);
  const folders = Object.fromEntries((entry.check.folderEnv ?? []).map((name) => [name, copy.databases]));
  const env = { ...process.env, ...entry.check.env, ...folders };
  const flags = defaultFlags("compile", copy.project, { profilesDir: copy.profiles });
  const read = (): Promise<ProjectLineage> => columnLineage(flags, { sink: () => {}, env });
  const before = await read();
  const project = openProject(copy.project, { profilesDir: copy.profiles, env });
  for (const step of entry.check.steps) {
    applyOverlay(source, copy, step);
    const [command, ...words] = step.args;
    // What fails under dbt, too, fails here.
    await project.run(command as Command, { fullRefresh: words.includes("--full-refresh") }).catch(() => undefined);
  }
  const after = await read();
  const wrong = await wrongNames(project, after, copy.project);
  const select = models(after, "resolved").map((node) => `fqn:${node.unique_id.split(".").slice(2).join(".")}`);
  const compiled = await project.run("compile", { select, indirectSelection: "empty", writeJson: false });
  if (!compiled.manifest) throw new Error(`${entry.name}: compile gave no manifest`);
  const place = { database: copy.database, project: copy.project, folder: join(work, entry.name, "copy") };
  const found = await mutate(after, compiled.manifest, place);
  for (const line of [...wrong.lines, ...found.wrong]) console.log(`  ${line}`);
  passed += wrong.compared - wrong.lines.length + found.changes - found.wrong.length;
  failed += wrong.lines.length + found.wrong.length;
  const share = (lineage: ProjectLineage): string =>
    `${models(lineage, "resolved").length} of ${models(lineage).length}`;
  const unread = models(after).filter(({ status }) => status === "failed").length;
  const row = [
    entry.name,
    share(before),
    share(after),
    `${unread}`,
    `${wrong.compared}`,
    `${found.changes}`,
    `${wrong.lines.length + found.wrong.length}`,
  ];
  console.log(
    `${entry.name}: resolved ${row[1]} without a database, ${row[2]} with it; ${wrong.compared} tables, ${found.changes} changed columns, ${row[6]} wrong`,
  );
  return row;
}

function models(lineage: ProjectLineage, status?: string) {
  return Object.values(lineage.nodes).filter(
    (node) => node.resource_type === "model" && (status === undefined || node.status === status),
  );
}

/** Tables whose columns are not those of the lineage. */
async function wrongNames(
  project: ReturnType<typeof openProject>,
  lineage: ProjectLineage,
  root: string,
): Promise<{ compared: number; lines: string[] }> {
  await project.run("docs generate", { compileDocs: false });
  const file = join(root, "target/catalog.json");
  const catalog = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : { nodes: {} };
  const lines: string[] = [];
  let compared = 0;
  for (const node of Object.values(lineage.nodes)) {
    const built = catalog.nodes[node.unique_id];
    if (!built || node.status === "origin" || !node.columns_complete) continue;
    compared++;
    const columns = Object.values<{ name: string; index: number }>(built.columns).sort((a, b) => a.index - b.index);
    const [there, ours] = [columns.map(({ name }) => name).join(), node.columns.map(({ name }) => name).join()];
    if (there !== ours) lines.push(`${node.name} has ${there}, not ${ours}`);
  }
  return { compared, lines };
}

function write(): void {
  const file = join(repository, "conformance/RESULTS.md");
  const [start, end] = ["<!-- lineage -->", "<!-- /lineage -->"];
  const text = readFileSync(file, "utf8");
  const head = text.includes(start) ? text : `${text.trimEnd()}\n\n## Column lineage\n\n${start}\n${end}\n`;
  const table = [
    "Models of the same projects whose lineage is complete, without a database and after what the project does was done;",
    "models that cannot be read (dbt cannot compile or build them either, or Python). Judged: columns of built tables, and",
    "columns that were changed in what a model reads without being in its lineage, where nothing may follow.",
    "",
    "| project | resolved without database | resolved | not readable | tables compared | columns changed | wrong |",
    "|---|---:|---:|---:|---:|---:|---:|",
    ...rows.map((row) => `| ${row.join(" | ")} |`),
    "",
  ].join("\n");
  writeFileSync(file, `${head.split(start)[0]}${start}\n${table}${end}${head.split(end)[1] ?? ""}`);
}
