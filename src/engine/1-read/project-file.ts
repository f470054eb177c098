import { createHash } from "node:crypto";
import { join } from "node:path";
import { strip } from "#jinja/index.ts";
import type { Place } from "#errors/index.ts";
import type { Plain, PlainRecord } from "../manifest/types.ts";
import { readError } from "./errors.ts";
import { readDeclaredPackages } from "./declared-packages.ts";
import { checkProject } from "./project-schema.ts";
import { projectPaths } from "./project-paths.ts";
import { pythonText } from "./python-text.ts";
import { queryComment } from "./query-comment.ts";
import { type KeyPath, renderTree } from "./render.ts";
import { configScope, type ScopeOptions } from "./scope.ts";
import { readText } from "./text-file.ts";
import type { ConfigTrees, Project, ReadWarning, YamlDocument } from "./types.ts";
import { compatible, dbtVersion, parseVersion, satisfies, versionText } from "./version.ts";
import { readVarsFile } from "./vars-file.ts";
import { parseYaml } from "./yaml/index.ts";

export const projectFileName = "dbt_project.yml";

/** dbt_project.yml as written. */
export interface RawProject {
  root: string;
  file: string;
  source: string;
  document: YamlDocument;
  data: PlainRecord;
}

/** Reads a folder's dbt_project.yml without rendering it. Errors: READ-001, READ-002. */
export function readRawProject(root: string): RawProject {
  const file = join(root, projectFileName);
  const text = readText(file);
  if (text === undefined) {
    throw readError("project", {
      message: `No ${projectFileName} found at expected path ${file}\nVerify that each entry within packages.yml (and their transitive dependencies) contains a file named ${projectFileName}\n`,
      place: { file },
      hint: "Change into the project's folder, or name it with --project-dir.",
    });
  }
  const source = strip(text);
  const document = parseYaml(source, file);
  const { data } = document;
  if (typeof data !== "object" || data === null || Array.isArray(data)) {
    throw readError("project", {
      message: `${projectFileName} does not parse to a dictionary`,
      place: { file, line: 1, column: 1, source },
      hint: "Start it with `name:` and the name of the project.",
    });
  }
  const record = data as PlainRecord;
  if (Object.hasOwn(record, "tests") && !Object.hasOwn(record, "data_tests")) {
    // The key moves to the end, as it does in dbt; the order of these keys has no meaning.
    const { tests, ...rest } = record;
    return { root, file, source, document, data: { ...rest, data_tests: tests } };
  }
  return { root, file, source, document, data: record };
}

const hookKeys = new Set(["pre-hook", "post-hook", "pre_hook", "post_hook"]);
const hookTrees = new Set(["seeds", "models", "snapshots", "tests", "data_tests"]);

/** Key paths of dbt_project.yml whose Jinja waits until a node is compiled. */
function rendersLater(path: KeyPath): boolean {
  const first = path[0];
  if (first === "on-run-start" || first === "on-run-end" || first === "query-comment" || first === "vars") return true;
  if (!hookTrees.has(String(first))) return false;
  return path.some((part) => typeof part === "string" && hookKeys.has(part.replace(/^[+ ]+/, "")));
}

const asList = (value: Plain): Plain => (value === null ? [] : typeof value === "string" ? [value] : value);

/** Shapes that dbt evens out after rendering. */
function even(value: Plain, path: KeyPath): Plain {
  const [first, second] = path;
  if (path.length === 1 && (first === "on-run-start" || first === "on-run-end")) return asList(value);
  if (first !== "models" && first !== "seeds" && first !== "snapshots") return value;
  if (path.length === 1) return value ?? {};
  if (path.length > 2) return value;
  if (second === "pre-hook" || second === "post-hook") return asList(value);
  return second === "vars" || (first === "seeds" && second === "column_types") ? (value ?? {}) : value;
}

export interface LoadOptions extends Omit<ScopeOptions, "secrets"> {
  /** `--no-version-check` makes it false. */
  versionCheck: boolean;
  /** `--target-path` and `DBT_TARGET_PATH` */
  targetPath?: string;
  logPath?: string;
  packagesInstallPath?: string;
}

/** A rendered and validated dbt_project.yml; warnings go to `warn`. Errors: READ-002, READ-004, READ-006, READ-007. */
export function loadProject(raw: RawProject, options: LoadOptions, warn: (warning: ReadWarning) => void): Project {
  const { root, file, source, document } = raw;
  const place = (path: KeyPath): Place => ({ file, ...document.position(path), source });
  const varsFile = readVarsFile(root);
  if (varsFile && raw.data.vars && Object.keys(raw.data.vars).length > 0) {
    throw readError("project", {
      message: `Variables cannot be defined in both vars.yml and ${projectFileName}. `,
      place: place(["vars"]),
      hint: "Move all of them into one of the two files.",
    });
  }
  const scope = configScope({ ...options, vars: { ...varsFile, ...options.vars } });
  const data = renderTree(raw.data, { file, scope, document, source, skip: rendersLater, after: even }) as PlainRecord;
  const requireDbtVersion = checkVersion(data, options.versionCheck, place);
  checkRenamed(data, place, warn);
  const fault = checkProject(data);
  if (fault) {
    throw readError("project", {
      message: `${fault.text}\n\nError encountered in ${file}`,
      place: place(fault.path),
      hint: fault.hint,
    });
  }
  if (isFull(data.tests) && isFull(data.data_tests)) {
    throw readError("project", {
      message: `at path []: Invalid project config: cannot have both 'tests' and 'data_tests' defined\n\nError encountered in ${file}`,
      place: place(["tests"]),
      hint: "Move everything under `data_tests`.",
    });
  }
  const withSecrets = configScope({ ...options, vars: { ...varsFile, ...options.vars }, secrets: true });
  const declared = readDeclaredPackages(root, withSecrets, options.env);
  return {
    name: data.name as string,
    root,
    file,
    version:
      data.version === undefined || data.version === null ? null : pythonText(data.version).replace(/^'(.*)'$/s, "$1"),
    profile: (data.profile as string | undefined) ?? null,
    paths: projectPaths(data, options),
    trees: trees(data),
    unrenderedTrees: trees(raw.data),
    vars: varsFile ?? (raw.data.vars as PlainRecord | null) ?? {},
    quoting: definedOnly(data.quoting),
    onRunStart: (data["on-run-start"] as string[] | undefined) ?? [],
    onRunEnd: (data["on-run-end"] as string[] | undefined) ?? [],
    dispatch: (data.dispatch as Project["dispatch"] | undefined) ?? [],
    queryComment: queryComment(data),
    requireDbtVersion,
    restrictAccess: data["restrict-access"] === true,
    flags: (data.flags as PlainRecord | undefined) ?? {},
    dbtCloud: (data["dbt-cloud"] as PlainRecord | null | undefined) ?? {},
    declaredPackages: declared.packages,
    packagesFile: declared.file,
    checksum: createHash("sha256").update(source).digest("hex"),
  };
}

const isFull = (value: unknown): boolean =>
  typeof value === "object" && value !== null && Object.keys(value).length > 0;

function definedOnly(value: unknown): PlainRecord {
  return Object.fromEntries(
    Object.entries((value as PlainRecord | null | undefined) ?? {}).filter(([, part]) => part !== null),
  );
}

function trees(data: PlainRecord): ConfigTrees {
  const tree = (key: string): PlainRecord => (data[key] as PlainRecord | null | undefined) ?? {};
  return {
    models: tree("models"),
    seeds: tree("seeds"),
    snapshots: tree("snapshots"),
    sources: tree("sources"),
    data_tests: tree("data_tests"),
    unit_tests: tree("unit_tests"),
    analyses: tree("analyses"),
    exposures: tree("exposures"),
    metrics: tree("metrics"),
    "semantic-models": tree("semantic-models"),
    "saved-queries": tree("saved-queries"),
    functions: tree("functions"),
  };
}

function checkVersion(data: PlainRecord, verify: boolean, place: (path: KeyPath) => Place): string[] {
  const required = data["require-dbt-version"] ?? ">=0.0.0";
  const texts =
    typeof required === "string" ? required.split(",") : Array.isArray(required) ? required.map(String) : [];
  const where = place(["require-dbt-version"]);
  const specs = texts.map((text) => {
    const spec = parseVersion(text);
    if (!spec) {
      throw readError("version", {
        message: `"${text}" is not a valid semantic version.\n\nError encountered in ${where.file}`,
        place: where,
        hint: "Write three numbers, with an operator in front: '>=1.6.0'.",
      });
    }
    return spec;
  });
  const list = specs.map(versionText);
  if (!verify) return list;
  if (!Object.hasOwn(data, "name")) {
    throw readError("project", {
      message: `Required "name" field not present in project\n\nError encountered in ${where.file}`,
      place: { file: where.file, line: 1, column: 1, source: where.source },
      hint: "Add `name:` with the name of the project.",
    });
  }
  const name = String(data.name);
  const installed = parseVersion(dbtVersion);
  const advice = `Check for a different version of the '${name}' package, or run dbt again with --no-version-check\n\n\nError encountered in ${where.file}`;
  if (!compatible(specs)) {
    throw readError("version", {
      message: `The package version requirement can never be satisfied for the '${name}\npackage.\n  Required versions of dbt for '${name}': ${pythonText(list)}\n${advice}`,
      place: where,
      hint: "Correct require-dbt-version, or pass --no-version-check.",
    });
  }
  if (installed && !specs.every((spec) => satisfies(installed, spec))) {
    throw readError("version", {
      message: `This version of dbt is not supported with the '${name}' package.\n  Installed version of dbt: =${dbtVersion}\n  Required version of dbt for '${name}': ${pythonText(list)}\n${advice}`,
      place: where,
      hint: `This engine implements dbt ${dbtVersion}; pass --no-version-check to run it all the same.`,
    });
  }
  return list;
}

/** Old names of keys: still read, with a warning; both names at once are an error. */
function checkRenamed(data: PlainRecord, place: (path: KeyPath) => Place, warn: (warning: ReadWarning) => void): void {
  const renamed = [
    { old: "source-paths", now: "model-paths", name: "ConfigSourcePathDeprecation", code: "D003" },
    { old: "data-paths", now: "seed-paths", name: "ConfigDataPathDeprecation", code: "D004" },
  ];
  for (const { old, now, name, code } of renamed) {
    if (!Object.hasOwn(data, old)) continue;
    if (Object.hasOwn(data, now)) {
      throw readError("project", {
        message: `${old} and ${now} cannot both be defined. The \`${old}\` config has been deprecated in favor of \`${now}\`. Please update your \`${projectFileName}\` configuration to reflect this change.\n\nError encountered in ${place([old]).file}`,
        place: place([old]),
        hint: `Remove \`${old}\`.`,
      });
    }
    const text = `The \`${old}\` config has been renamed to \`${now}\`. Please update your \`${projectFileName}\` configuration to reflect this change.`;
    warn({ name, code, text, place: place([old]) });
  }
  const moved = [
    {
      old: "log-path",
      usual: "logs",
      flag: "--log-path",
      env: "DBT_LOG_PATH",
      what: "write dbt logs to a custom directory",
      name: "ConfigLogPathDeprecation",
      code: "D010",
    },
    {
      old: "target-path",
      usual: "target",
      flag: "--target-path",
      env: "DBT_TARGET_PATH",
      what: "write dbt artifacts to a custom directory",
      name: "ConfigTargetPathDeprecation",
      code: "D011",
    },
  ];
  for (const { old, usual, flag, env, what, name, code } of moved) {
    if (!Object.hasOwn(data, old) || data[old] === usual) continue;
    const text = `The \`${old}\` config in \`${projectFileName}\` has been deprecated, and will no longer be supported in a future version of dbt-core. If you wish to ${what}, please use the ${flag} CLI flag or ${env} env var instead.`;
    warn({ name, code, text, place: place([old]) });
  }
}
