import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { isLabsError } from "#errors/index.ts";
import type { PlainRecord } from "../../manifest/types.ts";
import { readError } from "../errors.ts";
import { pythonText } from "../python-text.ts";
import {
  compareVersions,
  compatible,
  dbtVersion,
  parseVersion,
  satisfies,
  type VersionSpec,
  versionText,
} from "../version.ts";
import { download, unpack } from "./archive.ts";
import { packageMetadata } from "./metadata.ts";
import type { DepsContext, Pinned } from "./types.ts";

interface HubVersion {
  name: string;
  packages: PlainRecord[];
  downloads: { tarball: string };
  require_dbt_version?: string | string[];
}

export interface HubRequest {
  /** `namespace/name` */
  package: string;
  versions: string[];
  prereleases: boolean;
}

/** A package of the dbt hub: the newest version that everybody who asks for it accepts. Source of behaviour: dbt-core deps/registry.py. */
export async function pinHub(request: HubRequest, context: DepsContext): Promise<Pinned> {
  const specs = request.versions.map((text) => {
    const spec = parseVersion(text);
    if (spec) return spec;
    throw readError("packages", {
      message: `"${text}" is not a valid semantic version.`,
      hint: `Correct \`version\` of ${request.package} in packages.yml: '1.1.1', or ['>=1.0.0', '<2.0.0'].`,
    });
  });
  if (!compatible(specs)) {
    throw readError("packages", {
      message: `Version error for package ${request.package}: Could not find a satisfactory version from options: ${pythonText(specs.map(versionText))}`,
      hint: "Packages ask for versions that exclude each other; change one of them.",
    });
  }
  let available: Record<string, HubVersion>;
  try {
    available = await hubVersions(request.package, context);
  } catch (error) {
    const kept = isLabsError(error) && error.retryable ? keepInstalled(request, specs, context) : undefined;
    if (kept) return kept;
    throw error;
  }
  const mine = parseVersion(dbtVersion);
  const fitting = Object.keys(available).filter((version) => {
    const needed = available[version]?.require_dbt_version;
    if (!context.versionCheck || !needed || needed.length === 0 || !mine) return true;
    return [needed].flat().every((text) => {
      const spec = parseVersion(text);
      return spec === undefined || satisfies(mine, spec);
    });
  });
  const wantsPrerelease = request.prereleases || specs.some(({ prerelease }) => prerelease !== null);
  const installable = fitting
    .map((text) => ({ text, version: parseVersion(text) }))
    .filter((item): item is { text: string; version: VersionSpec } => item.version !== undefined)
    .filter(({ version }) => wantsPrerelease || version.prerelease === null)
    .sort((a, b) => compareVersions(a.version, b.version));
  const chosen = installable.findLast(({ version }) => specs.every((spec) => satisfies(version, spec)));
  const info = chosen && available[chosen.text];
  if (!chosen || !info) {
    throw readError("packages", {
      message: `Could not find a matching compatible version for package ${request.package}\n  Requested range: ${specs.map(versionText).join(", ")}\n  Compatible versions: ${pythonText(installable.map(({ text }) => text))}`,
      hint: "Choose one of the compatible versions in packages.yml, or pass --no-version-check.",
    });
  }
  return {
    kind: "hub",
    label: request.package,
    source: `version ${chosen.text}`,
    projectName: info.name,
    entry: { package: request.package, version: chosen.text },
    version: chosen.text,
    latest: installable.at(-1)?.text,
    dependencies: info.packages.map((entry) => ({ entry, unrendered: entry })),
    async install(folder) {
      const archive = await download(info.downloads.tarball, `${request.package} ${chosen.text}`, context);
      mkdirSync(folder, { recursive: true });
      unpack(archive, folder, info.downloads.tarball);
    },
  };
}

const answers = new WeakMap<DepsContext, Map<string, Promise<Record<string, HubVersion>>>>();

function hubVersions(name: string, context: DepsContext): Promise<Record<string, HubVersion>> {
  let known = answers.get(context);
  if (!known) answers.set(context, (known = new Map()));
  let answer = known.get(name);
  if (!answer) known.set(name, (answer = askHub(name, context)));
  return answer;
}

async function askHub(name: string, context: DepsContext): Promise<Record<string, HubVersion>> {
  const base = context.env.DBT_PACKAGE_HUB_URL || "https://hub.getdbt.com/";
  const url = `${base}api/v1/${name}.json`;
  let body: Buffer;
  try {
    body = await download(url, `The package ${name}`, context);
  } catch (error) {
    if (isLabsError(error) && error.message.includes("answered 404")) {
      throw readError("packages", {
        message: `Package ${name} was not found in the package index`,
        hint: "Check the spelling on hub.getdbt.com: namespace, slash, name.",
      });
    }
    throw error;
  }
  const data = JSON.parse(body.toString("utf8")) as { versions?: Record<string, HubVersion> };
  return data.versions ?? {};
}

/** What is installed already, when it is the version that is asked for and the hub cannot be reached. */
function keepInstalled(request: HubRequest, specs: VersionSpec[], context: DepsContext): Pinned | undefined {
  const projectName = request.package.split("/").at(-1) ?? "";
  const folder = context.installed.get(projectName);
  if (folder === undefined) return undefined;
  const { version: text, dependencies } = packageMetadata(folder, context);
  const version = parseVersion(text);
  if (!version || !specs.every((spec) => satisfies(version, spec))) return undefined;
  const copy = join(context.downloads, `kept-${projectName}`);
  cpSync(folder, copy, { recursive: true, dereference: true });
  context.report({
    name: "Note",
    code: "Z050",
    level: "warn",
    text: `The package hub cannot be reached; keeping ${request.package} ${text} as it is installed.`,
  });
  return {
    kind: "hub",
    label: request.package,
    source: `version ${text}`,
    projectName,
    entry: { package: request.package, version: text },
    version: text,
    latest: text,
    dependencies,
    async install(target) {
      cpSync(copy, target, { recursive: true });
    },
  };
}
