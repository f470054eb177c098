import { readError } from "../errors.ts";
import { pinGit } from "./git.ts";
import { pinHub } from "./hub.ts";
import { pinLocal } from "./local.ts";
import { requireFolderName } from "./metadata.ts";
import { pinTarball } from "./tarball.ts";
import type { Declared, DepsContext, Pinned } from "./types.ts";

type Kind = Pinned["kind"];

/** Everybody's wishes for one package, before its version is decided. */
interface Wish {
  kind: Kind;
  first: Declared;
  /** Revisions of git, version requirements of the hub. */
  versions: string[];
  prereleases: boolean;
  warnUnpinned: boolean;
}

/** Decides the version of every package, those that packages need included. Errors: READ-002, READ-005, READ-008. */
export async function resolvePackages(declared: Declared[], rootName: string, context: DepsContext): Promise<Pinned[]> {
  const wishes = new Map<string, Wish>();
  const pinned = new Map<string, Pinned>();
  let pending = declared;
  while (pending.length > 0) {
    const next: Declared[] = [];
    for (const key of new Set(pending.map((item) => incorporate(wishes, item)))) {
      const wish = wishes.get(key);
      if (!wish) continue;
      const decided = await pin(wish, context);
      pinned.set(key, decided);
      next.push(...decided.dependencies);
    }
    pending = next;
  }
  const result = [...pinned.values()];
  const seen = new Set<string>();
  for (const { projectName } of result) {
    if (seen.has(projectName)) {
      throw readError("packages", {
        message: `Found duplicate project "${projectName}". This occurs when a dependency has the same project name as some other dependency.`,
        hint: "Keep one of the two entries in packages.yml.",
      });
    }
    if (projectName === rootName) {
      throw readError("packages", {
        message: `Found a dependency with the same name as the root project "${projectName}". Package names must be unique in a project. Please rename one of these packages.`,
        hint: "Rename the project in dbt_project.yml, or remove the package.",
      });
    }
    seen.add(projectName);
  }
  return result;
}

/** The packages of a lock file: their versions are decided, and everything they need is listed. */
export async function pinLocked(locked: Declared[], context: DepsContext): Promise<Pinned[]> {
  const wishes = new Map<string, Wish>();
  for (const item of locked) incorporate(wishes, item);
  const result: Pinned[] = [];
  for (const wish of wishes.values()) result.push(await pin({ ...wish, warnUnpinned: false }, context));
  return result;
}

function kindOf({ entry }: Declared): Kind {
  if (entry.local !== undefined) return "local";
  if (entry.tarball !== undefined) return "tarball";
  if (entry.git !== undefined) return "git";
  if (entry.package !== undefined) return "hub";
  throw readError("packages", {
    message: `Packages of the kind ${Object.keys(entry)[0] ?? "?"} are not supported.`,
    hint: "Use `git` with the repository's address instead of `private`.",
  });
}

/** Adds a wish to those known; answers the key it is kept under. */
function incorporate(wishes: Map<string, Wish>, declared: Declared): string {
  const { entry } = declared;
  const kind = kindOf(declared);
  const name = String(entry[kind === "hub" ? "package" : kind === "tarball" ? "name" : kind]);
  const sub = kind === "git" && entry.subdirectory ? `/${String(entry.subdirectory)}` : "";
  const base = name.replace(/\.git$/, "");
  // A repository is the same with and without `.git`.
  const key =
    kind === "git" ? ([`${base}${sub}`, `${base}.git${sub}`].find((text) => wishes.has(text)) ?? name + sub) : name;
  const raw = kind === "git" ? entry.revision : kind === "hub" ? entry.version : undefined;
  const versions = raw === undefined || raw === null ? [] : [raw].flat().map(String);
  const known = wishes.get(key);
  if (!known) {
    wishes.set(key, {
      kind,
      first: declared,
      versions,
      prereleases: entry.install_prerelease === true || entry["install-prerelease"] === true,
      warnUnpinned: entry["warn-unpinned"] !== false,
    });
    return key;
  }
  if (known.kind !== kind) {
    throw readError("packages", {
      message: `Cannot incorporate ${name} (${kind}) in ${key} (${known.kind}): mismatched types`,
      hint: "Two entries name the same package from different places; keep one.",
    });
  }
  known.versions.push(...versions);
  known.warnUnpinned &&= entry["warn-unpinned"] !== false;
  return key;
}

/** Errors: READ-005 for a package that names itself by a path, and those of its kind. */
async function pin(wish: Wish, context: DepsContext): Promise<Pinned> {
  const pinned = await pinByKind(wish, context);
  requireFolderName(pinned.projectName);
  return pinned;
}

async function pinByKind(wish: Wish, context: DepsContext): Promise<Pinned> {
  const { entry, unrendered } = wish.first;
  switch (wish.kind) {
    case "local":
      return pinLocal(wish.first, context);
    case "tarball":
      return pinTarball(wish.first, context);
    case "hub":
      return pinHub(
        { package: String(entry.package), versions: wish.versions, prereleases: wish.prereleases },
        context,
      );
    case "git": {
      const revisions = [...new Set(wish.versions)];
      if (revisions.length > 1) {
        throw readError("packages", {
          message: `git dependencies should contain exactly one version. ${String(entry.git)} contains: {${revisions.map((text) => `'${text}'`).join(", ")}}`,
          hint: "Give all entries of this repository the same revision.",
        });
      }
      const subdirectory = entry.subdirectory ? String(entry.subdirectory) : undefined;
      return pinGit(
        {
          url: String(entry.git),
          unrendered: String(unrendered.git ?? entry.git),
          revision: revisions[0] ?? "HEAD",
          subdirectory,
          warnUnpinned: wish.warnUnpinned,
        },
        context,
      );
    }
  }
}
