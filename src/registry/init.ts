import { cpSync, existsSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { registryErrors } from "./errors.ts";
import { fileError, makeFolder, readText, writeAtomic } from "./files.ts";
import { addEntry, withRegistryLock } from "./registry-file.ts";
import { schemaFiles } from "./schemas/index.ts";
import type { LabEntry, WorkspaceConfig } from "./schemas/workspace.ts";
import { sharedFiles } from "./templates/shared.ts";
import { openRegistry, registryPath, type Workspace } from "./workspace.ts";
import { readYaml } from "./yaml-file.ts";

const registryText = `# yaml-language-server: $schema=labs_config.schema.json
# The labs of this workspace. Paths are relative to the workspace's folder, or absolute.
# Add one with \`labs new <lab>\` or \`labs add <folder>\`.
labs:
`;

const ignoreText = `# State of labs: locks, history.
.labs/
# Databases and what dbt builds.
*.duckdb
*.duckdb.wal
*.duckdb.journal
**/data/published/
**/data/exports/
target/
logs/
dbt_packages/
node_modules/
`;

const readmeText = (name: string) => `# ${name}

A workspace of labs. Each lab has its own raw files, DuckDB database and dbt project (bronze, silver, gold).

| | |
|---|---|
| \`labs list\` | the labs |
| \`labs new <lab>\` | a new lab |
| \`labs run <lab>\`, \`labs run --all\` | load, transform, test, inspect, score |
| \`labs inspect <lab>\` | look at the tables |
| \`labs doctor\` | check everything that can be wrong |

The registry is \`shared/config/labs_config.yaml\`; what belongs to one lab is in its \`lab.yml\`.
`;

export interface InitResult {
  workspace: Workspace;
  /** Absolute paths of what was written. */
  created: string[];
  /** Absolute paths of what was there already and is as it was. */
  kept: string[];
  /** Names of the example labs that were added. */
  examples: string[];
}

/**
 * Makes a folder a workspace, and puts the example labs into it on request. Files that exist are never touched.
 * Errors: REG-010/011 not writable, REG-020 no examples, REG-003 to 005 when an existing registry is broken.
 */
export function initWorkspace(folder: string, options: { example?: boolean } = {}): InitResult {
  const root = resolve(folder);
  const created: string[] = [];
  const kept: string[] = [];
  const write = (path: string, text: string) => {
    const file = join(root, path);
    if (existsSync(file)) kept.push(file);
    else {
      writeAtomic(file, text);
      created.push(file);
    }
  };
  // Before anything is written: a package without examples must not leave half a workspace.
  const example = options.example ? exampleFolder() : undefined;
  write(registryPath, registryText);
  for (const [name, text] of Object.entries(schemaFiles())) write(join("shared", "config", name), text);
  write(".gitignore", ignoreText);
  write("README.md", readmeText(basename(root)));
  const examples = example === undefined ? [] : addExamples(openRegistry(root), example, created, kept);
  return { workspace: openRegistry(root), created, kept, examples };
}

/** `examples/cpg` beside the built package, or in the repository when run from source. Errors: REG-020. */
function exampleFolder(): string {
  const candidates = ["./examples/cpg", "../examples/cpg", "../../examples/cpg"];
  const folders = candidates.map((path) => fileURLToPath(new URL(path, import.meta.url)));
  const found = folders.find((path) => existsSync(join(path, registryPath)));
  if (found) return found;
  throw registryErrors.exampleMissing({
    message: "The example labs are not part of this installation.",
    hint: "Reinstall buildcpg-labs, or run `labs init` without `--example`.",
  });
}

/** State and data of an example that was run; not part of it. */
const leftOut = /^(\.labs|target|logs|dbt_packages|node_modules|.*\.duckdb(\.wal|\.journal)?)$/;

function addExamples(workspace: Workspace, source: string, created: string[], kept: string[]): string[] {
  const labs = Object.entries((readYaml(join(source, registryPath)).data as WorkspaceConfig).labs ?? {});
  const added: string[] = [];
  withRegistryLock(workspace, () => {
    for (const [name, entry] of labs) {
      const path = entry?.path ?? name;
      const target = join(workspace.root, path);
      if (existsSync(target)) {
        kept.push(target);
      } else {
        copyLab(join(source, path), target);
        created.push(target);
      }
      const current = openRegistry(workspace.root);
      if (current.labs.some((lab) => lab.name === name)) continue;
      addEntry(current, name, entry ?? ({} satisfies LabEntry));
      added.push(name);
    }
  });
  // Whatever else the example shares between its labs (quality settings, templates).
  const shared = join(source, "shared");
  for (const file of filesUnder(shared)) {
    const target = join(workspace.root, "shared", relative(shared, file));
    if (existsSync(target)) continue;
    writeAtomic(target, readText(file));
    created.push(target);
  }
  return added;
}

function copyLab(source: string, target: string): void {
  makeFolder(dirname(target));
  let staging: string | undefined;
  try {
    const folder = mkdtempSync(join(dirname(target), ".new-lab-"));
    staging = folder;
    const inside = join(folder, "lab");
    cpSync(source, inside, {
      recursive: true,
      filter: (path) => !leftOut.test(basename(path)) && relative(source, path) !== "data",
    });
    makeFolder(join(inside, "data", "raw"));
    // npm leaves files of this name out of packages.
    const ignore = sharedFiles.find((file) => file.path === ".gitignore");
    if (ignore && !existsSync(join(inside, ".gitignore"))) {
      writeAtomic(join(inside, ".gitignore"), String(ignore.content));
    }
    renameSync(inside, target);
  } catch (error) {
    throw fileError(error, target, "write");
  } finally {
    if (staging) rmSync(staging, { recursive: true, force: true });
  }
}

function filesUnder(folder: string): string[] {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesUnder(join(folder, entry.name)) : [join(folder, entry.name)],
  );
}
