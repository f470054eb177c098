import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A file of a built-in package. `path` is relative to the package, with `/`: `macros/etc/statement.sql`. */
export interface BuiltinFile {
  path: string;
  contents: string;
}

/** What is known of a packed macro without parsing it. */
export interface PackedMacro {
  file: number;
  name: string;
  offset: number;
  /** Of its whole text. */
  length: number;
  arguments: { name: string; type: string | null }[];
  languages: string[] | null;
  /** Macros that it may call, as `findMacroCalls` gives them. */
  calls: string[];
  /** Unique ids of those in a project without macros, and the names that would make a difference. */
  dependsOn: string[];
  mentions: string[];
}

/** One of the two packages that every project has without installing it. */
export interface BuiltinPackage {
  name: "dbt" | "dbt_duckdb";
  files: BuiltinFile[];
  /** Only in the published package: an index made by the build, so that a start reads instead of parses. */
  macros?: PackedMacro[];
}

const names = ["dbt", "dbt_duckdb"] as const;
const besideThis = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/**
 * The macros, generic tests and docs that come with the engine, in a stable order. The published package keeps them in
 * `builtins.json` beside its code; the sources keep them as the files they are.
 */
export function builtinPackages(): BuiltinPackage[] {
  const packed = besideThis("./builtins.json");
  return existsSync(packed) ? (JSON.parse(readFileSync(packed, "utf8")) as BuiltinPackage[]) : collectBuiltins();
}

/** Reads the packages from `folder` (default: the folder of this file), for development and for the build's `builtins.json`. */
export function collectBuiltins(folder: string = besideThis(".")): BuiltinPackage[] {
  return names.map((name) => ({ name, files: [...filesUnder(join(folder, name), "")] }));
}

function* filesUnder(folder: string, prefix: string): Generator<BuiltinFile> {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const path = prefix + entry.name;
    if (entry.isDirectory()) yield* filesUnder(join(folder, entry.name), `${path}/`);
    else yield { path, contents: readFileSync(join(folder, entry.name), "utf8") };
  }
}
