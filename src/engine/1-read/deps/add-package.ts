import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PlainRecord } from "../../manifest/types.ts";
import { pythonText } from "../python-text.ts";
import { readText } from "../text-file.ts";
import { parseYaml } from "../yaml/index.ts";
import { packagesText } from "./lock-file.ts";
import type { DepsEvent } from "./types.ts";

export interface NewPackage {
  name: string;
  version: string | null;
  source: "hub" | "git" | "local";
}

/** Writes a package into packages.yml, in place of entries for the same one. Source of behaviour: dbt-core task/deps.py add. */
export function addPackage(
  root: string,
  fileName: string,
  added: NewPackage,
  report: (event: DepsEvent) => void,
): void {
  const file = join(root, fileName);
  if (!existsSync(file)) {
    writeFileSync(file, "packages: []\n");
    report({ name: "Formatting", code: "Z017", level: "info", text: "Created packages.yml" });
  }
  const data = (parseYaml(readText(file) ?? "", file).data as PlainRecord | null) ?? {};
  const entries = Array.isArray(data.packages) ? (data.packages as PlainRecord[]) : [];
  const names = variants(added.name);
  const kept = entries.filter((entry) => {
    const id = entry.package ?? entry.git ?? entry.local ?? entry.tarball ?? entry.private;
    if (typeof id !== "string" || !names.some((name) => names && standsAlone(id, name))) return true;
    const shown = Object.fromEntries(
      Object.entries(entry).filter(([, value]) => typeof value === "string" || typeof value === "number"),
    );
    report({
      name: "DepsFoundDuplicatePackage",
      code: "M033",
      level: "info",
      text: `Found duplicate package in packages.yml, removing: ${pythonText(shown)}`,
    });
    return false;
  });
  kept.push(entryOf(added));
  writeFileSync(file, packagesText({ ...data, packages: kept }));
  report({
    name: "DepsAddPackage",
    code: "M032",
    level: "info",
    text: `Added new package ${added.name}@${added.version ?? "None"} to ${file}`,
    data: { package_name: added.name, version: added.version, packages_filepath: file },
  });
}

function entryOf({ name, version, source }: NewPackage): PlainRecord {
  const key = source === "hub" ? "package" : source;
  if (!version) return { [key]: name };
  return {
    [key]: name,
    [source === "git" ? "revision" : "version"]: version.includes(",") ? version.split(",") : version,
  };
}

/** The name, its last part, and both with `-` and `_` exchanged: repositories and hub names differ in them. */
function variants(name: string): string[] {
  const short = name.split("/").at(-1) ?? name;
  return [...new Set([name, short].flatMap((text) => [text, text.replaceAll("_", "-"), text.replaceAll("-", "_")]))];
}

/** Whether `name` occurs in `id` as a whole part of an address. */
function standsAlone(id: string, name: string): boolean {
  const at = id.indexOf(name);
  if (at === -1) return false;
  const edge = (character: string | undefined): boolean =>
    character === undefined || character === "/" || character === ".";
  return edge(id[at - 1]) && edge(id[at + name.length]);
}
