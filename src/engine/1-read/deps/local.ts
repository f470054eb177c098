import { cpSync, symlinkSync } from "node:fs";
import { resolve } from "node:path";
import { packageMetadata } from "./metadata.ts";
import type { Declared, DepsContext, Pinned } from "./types.ts";

/** A package in a folder of this machine: linked, or copied where links are not possible. */
export function pinLocal({ entry }: Declared, context: DepsContext): Pinned {
  const local = String(entry.local);
  const folder = resolve(context.root, local);
  const { name, dependencies } = packageMetadata(folder, context);
  return {
    kind: "local",
    label: local,
    source: `<local @ ${local}>`,
    projectName: name,
    entry: { local },
    dependencies,
    async install(target) {
      try {
        symlinkSync(folder, target, "dir");
        context.report({
          name: "DepsCreatingLocalSymlink",
          code: "Z037",
          level: "debug",
          text: "Creating symlink to local dependency.",
        });
      } catch {
        cpSync(folder, target, { recursive: true });
        context.report({
          name: "DepsSymlinkNotAvailable",
          code: "Z038",
          level: "debug",
          text: "Symlinks are not available on this OS, copying dependency.",
        });
      }
    },
  };
}
