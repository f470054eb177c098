import { createHash } from "node:crypto";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { isTemporary } from "../detect/sources.ts";

/**
 * What lies below a folder, as a short text: changes when a file comes, goes, grows or is written again. Looks at names,
 * sizes and times only. Unfinished files do not count. Empty for an empty or missing folder.
 */
export function folderFingerprint(folder: string): string {
  const hash = createHash("sha256");
  let files = 0;
  const visit = (path: string, prefix: string): void => {
    let entries;
    try {
      entries = readdirSync(path, { withFileTypes: true });
    } catch {
      return;
    }
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (isTemporary(entry.name)) continue;
      const name = `${prefix}${entry.name}`;
      if (entry.isDirectory()) {
        visit(join(path, entry.name), `${name}/`);
        continue;
      }
      try {
        const { size, mtimeMs } = statSync(join(path, entry.name));
        files++;
        hash.update(JSON.stringify([name, size, mtimeMs]));
      } catch {
        // Gone between the listing and the look.
      }
    }
  };
  visit(folder, "");
  return files === 0 ? "" : hash.digest("base64url").slice(0, 22);
}
