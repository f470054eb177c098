import { createHash } from "node:crypto";
import { fromPlain, jsonDumps } from "#jinja/index.ts";
import type { PlainRecord } from "../../manifest/types.ts";
import { yamlText } from "../yaml/index.ts";
import type { Declared, Pinned } from "./types.ts";

/**
 * Hash of the list in packages.yml, as dbt computes it: it tells whether package-lock.yml still belongs to it.
 * Source of behaviour: dbt-core task/deps.py `_create_sha1_hash`, contracts/project.py.
 */
export function packagesHash(declared: Declared[]): string {
  const texts = declared.map((item) => jsonDumps(fromPlain(contract(item)), { sortKeys: true }));
  return createHash("sha1").update(texts.sort().join("\n")).digest("hex");
}

/** An entry with every key that dbt knows for its kind. */
function contract({ entry, unrendered }: Declared): PlainRecord {
  const name = entry.name === undefined || entry.name === null ? {} : { name: entry.name };
  if (entry.local !== undefined) return { local: entry.local, unrendered, ...name };
  if (entry.tarball !== undefined) return { tarball: entry.tarball, unrendered, name: entry.name };
  const shared = {
    revision: entry.revision ?? null,
    "warn-unpinned": entry["warn-unpinned"] ?? null,
    subdirectory: entry.subdirectory ?? null,
    unrendered,
    ...name,
  };
  if (entry.git !== undefined) return { git: entry.git, ...shared };
  if (entry.private !== undefined) return { private: entry.private, provider: entry.provider ?? null, ...shared };
  return {
    package: entry.package,
    version: entry.version,
    install_prerelease: entry.install_prerelease ?? false,
    unrendered,
    ...name,
  };
}

/** Text of package-lock.yml. */
export function lockText(pinned: Pinned[], hash: string): string {
  const packages = pinned.map(({ entry, projectName }) => ({ ...entry, name: projectName }));
  return packagesText({ packages, sha1_hash: hash });
}

/** packages.yml or package-lock.yml in dbt's layout: sorted keys, lists two deeper than their key. */
export function packagesText(data: PlainRecord): string {
  return yamlText(data, true, true);
}
