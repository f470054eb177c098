import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { afterAll } from "vitest";
import { openDatabase } from "#duck/index.ts";

/** The repository's own folder. */
export const repository = join(import.meta.dirname, "../../../..");
export const mainScript = join(repository, "src/cli/main.ts");
const example = join(repository, "examples/cpg");

export interface Outcome {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface Options {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Command lines before `labs`, for example a shell that sets limits. */
  before?: string[];
  /** Own process group, so that a signal can be sent as a terminal does. */
  detached?: boolean;
  /** Another script than the sources' own. */
  script?: string;
}

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A folder that is removed when the file's tests are done, with files by their path. */
export function temporaryFolder(files: Record<string, string> = {}): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "labs-e2e-")));
  folders.push(folder);
  write(folder, files);
  return folder;
}

/** Writes files by their path, making folders on the way. */
export function write(folder: string, files: Record<string, string | Buffer>): void {
  for (const [path, content] of Object.entries(files)) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
}

/** A copy of the example workspace without anybody's data. */
export function exampleWorkspace(): string {
  const folder = join(temporaryFolder(), "cpg");
  const left = /^(data|\.labs|target|logs|dbt_packages|.*\.duckdb(\.wal)?)$/;
  cpSync(example, folder, { recursive: true, filter: (path) => path === example || !left.test(basename(path)) });
  return folder;
}

/** Starts `labs …` as a process of its own. */
export function start(words: string[], options: Options = {}): ChildProcess {
  const [command = process.execPath, ...rest] = [
    ...(options.before ?? []),
    process.execPath,
    options.script ?? mainScript,
    ...words,
  ];
  const env = { ...process.env, NO_COLOR: "1", FORCE_COLOR: undefined, ...options.env };
  return spawn(command, rest, {
    cwd: options.cwd ?? tmpdir(),
    env,
    stdio: ["ignore", "pipe", "pipe"],
    detached: options.detached ?? false,
  });
}

/** Waits for the end of a process. */
export async function finish(child: ChildProcess): Promise<Outcome> {
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (chunk) => (stdout += chunk));
  child.stderr?.on("data", (chunk) => (stderr += chunk));
  const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  return { code, signal, stdout, stderr };
}

/** Runs `labs …` in a folder to its end. */
export const labs = (cwd: string, ...words: string[]): Promise<Outcome> => finish(start(words, { cwd }));

/** Runs `labs … -o json`: its exit code and its one document. */
// biome-ignore lint/suspicious/noExplicitAny: tests read documents of many shapes.
export async function json(
  cwd: string,
  ...words: string[]
): Promise<{ code: number | null; document: any; stderr: string }> {
  const { code, stdout, stderr } = await labs(cwd, ...words, "-o", "json");
  return { code, document: JSON.parse(stdout), stderr };
}

/** Resolves when a process has printed the text on stderr, and fails when it ends before. */
export function printed(child: ChildProcess, text: string | RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    let seen = "";
    const look = (chunk: Buffer) => {
      seen += chunk.toString();
      if (typeof text === "string" ? seen.includes(text) : text.test(seen)) resolve();
    };
    child.stderr?.on("data", look);
    child.once("close", () => reject(new Error(`The process ended before it printed ${String(text)}:\n${seen}`)));
  });
}

/** Rows of a query on a database file that nobody has open. */
export async function query(database: string, sql: string): Promise<Record<string, unknown>[]> {
  const opened = await openDatabase(database, { readOnly: true });
  try {
    return await (await opened.connect()).objects(sql);
  } finally {
    await opened.close();
  }
}

/** Every file under a folder with its content, to compare before and after. */
export function snapshot(folder: string, skip = /^$/): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => !skip.test(relative(folder, path)))
      .sort()
      .map((path) => [relative(folder, path), readFileSync(path).toString("base64")]),
  );
}

/** A workspace with small labs: of each its dbt project's files, and whatever else lies in its folder (paths with `../`). */
export function smallWorkspace(projects: Record<string, Record<string, string>>): string {
  const folder = temporaryFolder({
    "shared/config/labs_config.yaml": `labs:\n${Object.keys(projects)
      .map((name) => `  ${name}:\n    path: ${name}\n`)
      .join("")}`,
  });
  for (const [name, files] of Object.entries(projects)) {
    mkdirSync(join(folder, name, "data/raw"), { recursive: true });
    write(join(folder, name, "dbt"), { "dbt_project.yml": projectFile(name), ...files });
  }
  return folder;
}

/** A dbt_project.yml whose models are tables. */
export const projectFile = (name: string): string =>
  `name: ${name}\nversion: "1.0"\nprofile: ${name}\nmodels:\n  +materialized: table\n`;

/** Where a small lab's database lies. */
export const databaseOf = (workspace: string, lab: string): string => join(workspace, lab, "data", `${lab}.duckdb`);
