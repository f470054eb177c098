import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Place } from "#errors/index.ts";
import { strip, type Scope } from "#jinja/index.ts";
import type { PlainRecord } from "../manifest/types.ts";
import { readError } from "./errors.ts";
import { pythonText } from "./python-text.ts";
import { type KeyPath, renderTree } from "./render.ts";
import { readText } from "./text-file.ts";
import { parseYaml } from "./yaml/index.ts";

export interface DeclaredPackages {
  /** Rendered entries of the list, without `unrendered`. */
  packages: PlainRecord[];
  /** The same entries as written; package-lock.yml remembers their hash. */
  unrendered: PlainRecord[];
  /** `packages.yml` or `dependencies.yml`. */
  file: string;
}

/** The packages that a project asks for. Source of behaviour: dbt-core config/project.py package_and_project_data_from_root. */
export function readDeclaredPackages(root: string, scope: Scope, env: NodeJS.ProcessEnv): DeclaredPackages {
  const packages = readList(join(root, "packages.yml"));
  const dependencies = readList(join(root, "dependencies.yml"));
  if (packages && "packages" in packages.data && dependencies && "packages" in dependencies.data) {
    throw readError("packages", {
      message: "The 'packages' key cannot be specified in both packages.yml and dependencies.yml",
      place: dependencies.place(["packages"]),
      hint: "Move all packages into one of the two files.",
    });
  }
  if (packages && "projects" in packages.data) {
    throw readError("packages", {
      message: "The 'projects' key cannot be specified in packages.yml",
      place: packages.place(["projects"]),
      hint: "Projects belong into dependencies.yml.",
    });
  }
  const chosen = dependencies && "packages" in dependencies.data ? dependencies : packages;
  const file = chosen && chosen === dependencies ? "dependencies.yml" : "packages.yml";
  if (!chosen) return { packages: [], unrendered: [], file };
  const strange = Object.keys(chosen.data).find((key) => key !== "packages");
  if (chosen === packages && strange !== undefined)
    throw malformed(
      chosen,
      [strange],
      `Additional properties are not allowed (${pythonText(strange)} was unexpected)`,
      "The file has the key `packages`.",
    );
  const list = chosen.data.packages ?? [];
  if (!Array.isArray(list)) throw malformed(chosen, ["packages"], `${pythonText(list)} is not of type 'array'`);
  const unrendered = list as PlainRecord[];
  // dependencies.yml is read by tools that know no Jinja, so dbt does not render it either.
  const rendered =
    file === "dependencies.yml"
      ? unrendered
      : (renderTree({ packages: unrendered }, { ...chosen, scope, secrets: env }) as { packages: PlainRecord[] })
          .packages;
  for (const [i, entry] of rendered.entries())
    checkEntry(entry, (text, hint) => malformed(chosen, ["packages", i], text, hint));
  return { packages: rendered, unrendered, file };
}

interface PackagesFile {
  file: string;
  source: string;
  document: ReturnType<typeof parseYaml>;
  data: PlainRecord;
  place: (path: KeyPath) => Place;
}

function readList(file: string): PackagesFile | undefined {
  if (!existsSync(file)) return undefined;
  const source = strip(readText(file) ?? "");
  const document = parseYaml(source, file);
  const { data } = document;
  if (data === null) return undefined;
  const place = (path: KeyPath): Place => ({ file, ...document.position(path), source });
  if (typeof data !== "object" || Array.isArray(data)) {
    throw malformed({ file, place }, [], "The file is not a mapping.", "Start it with `packages:`.");
  }
  return { file, source, document, data: data as PlainRecord, place };
}

function malformed(
  { place }: { file: string; place: (path: KeyPath) => Place },
  path: KeyPath,
  text: string,
  hint = "Each entry is one of: `package` and `version`, `git` and `revision`, `local`, or `tarball` and `name`.",
) {
  return readError("packages", {
    message: `The packages.yml file in this project is malformed. Please double check
the contents of this file and fix any errors before retrying.

You can find more information on the syntax for this file here:
https://docs.getdbt.com/docs/package-management

Validator Error:
${text}
`,
    place: place(path),
    hint,
  });
}

const kinds = ["local", "package", "git", "tarball", "private"];

/** Source: dbt-core contracts/project.py LocalPackage, RegistryPackage and the others. */
const git = ["revision", "warn-unpinned", "warn_unpinned", "subdirectory", "name"];
const entryKeys: Record<string, string[]> = {
  local: ["local", "name"],
  package: ["package", "version", "install_prerelease", "install-prerelease", "name"],
  git: ["git", ...git],
  tarball: ["tarball", "name"],
  private: ["private", "provider", ...git],
};

function checkEntry(entry: unknown, fail: (text: string, hint?: string) => Error): void {
  if (typeof entry !== "object" || entry === null || Array.isArray(entry)) {
    throw fail(`${pythonText(entry)} is not valid under any of the given schemas`);
  }
  const data = entry as PlainRecord;
  const words: Record<string, string> = { package: "hub", local: "local", git: "git" };
  for (const [key, word] of Object.entries(words)) {
    if (data[key] === "") throw fail(`A ${word} package is missing the value. It is a required property.`);
  }
  if (!kinds.some((kind) => typeof data[kind] === "string")) {
    throw fail(`${pythonText(entry)} is not valid under any of the given schemas`);
  }
  if (typeof data.package === "string") {
    if (data.version === undefined || data.version === null || data.version === "") {
      throw fail(
        `${data.package} is missing the version. When installing from the Hub package index, version is a required property`,
        "Add `version:`.",
      );
    }
    if (!data.package.includes("/")) {
      throw fail(
        `${data.package} was not found in the package index. Packages on the index require a namespace, e.g dbt-labs/dbt_utils`,
      );
    }
  }
  const kind = kinds.find((key) => typeof data[key] === "string");
  const unknown = Object.keys(data).find((key) => kind && !entryKeys[kind]?.includes(key));
  if (unknown !== undefined)
    throw fail(`${pythonText(entry)} is not valid under any of the given schemas`, `Remove ${unknown}.`);
  if (typeof data.tarball === "string" && typeof data.name !== "string") {
    throw fail(
      `${pythonText(entry)} is not valid under any of the given schemas`,
      "A tarball needs `name` beside its address.",
    );
  }
}
