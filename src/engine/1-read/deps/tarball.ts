import { cpSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { scrubSecrets } from "../scope.ts";
import { download, unpack } from "./archive.ts";
import { packageMetadata, requireFolderName } from "./metadata.ts";
import type { Declared, DepsContext, Pinned } from "./types.ts";

/** A package from a .tar.gz at a web address, under the name that packages.yml gives it. */
export async function pinTarball({ entry, unrendered }: Declared, context: DepsContext): Promise<Pinned> {
  const url = String(entry.tarball);
  const name = String(entry.name);
  requireFolderName(name);
  const folder = join(context.downloads, `${name}_untarred`);
  if (!existsSync(folder)) {
    const archive = await download(url, `The package ${name}`, context);
    mkdirSync(folder, { recursive: true });
    unpack(archive, folder, url);
  }
  const { dependencies } = packageMetadata(folder, context);
  return {
    kind: "tarball",
    label: name,
    source: `tarball (url: ${scrubSecrets(url, context.env)})`,
    projectName: name,
    entry: { tarball: scrubSecrets(String(unrendered.tarball ?? url), context.env), name },
    version: "tarball",
    dependencies,
    async install(target) {
      cpSync(folder, target, { recursive: true });
    },
  };
}
