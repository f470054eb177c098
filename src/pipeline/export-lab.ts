import { relative, resolve, sep } from "node:path";
import { plural } from "#errors/index.ts";
import { type Exported, exportSnapshot, publishErrors } from "#publish/index.ts";
import type { Lab } from "#registry/index.ts";

/**
 * Brings the exports that lab.yml declares to the version that readers have; those that are there already cost a look at
 * their files' sizes. Gives those that were written. Errors: PUB-006, DUCK-004.
 */
export async function exportLab(lab: Lab, signal?: AbortSignal): Promise<Exported[]> {
  const { exports, keep } = lab.config.publish;
  const written: Exported[] = [];
  for (const { format, to, place } of exports) {
    const folder = resolve(lab.paths.root, to);
    if (isWithin(folder, lab.paths.raw))
      throw publishErrors.exportFailed({
        message: `The export to ${to} lies among the raw files: the next run would load it.`,
        place,
        hint: "Choose another folder, such as data/exports/parquet.",
      });
    const done = await exportSnapshot({
      lab: lab.name,
      database: lab.paths.database,
      format,
      to: folder,
      keep,
      ...(signal && { signal }),
    });
    if (done.made) written.push(done);
  }
  return written;
}

/** `, 3 files of parquet`; nothing when nothing was written. */
export const exportsInWords = (written: readonly Exported[]): string =>
  written.map(({ manifest }) => `, ${plural(manifest.tables.length, `${manifest.format} file`)}`).join("");

function isWithin(folder: string, other: string): boolean {
  const way = relative(other, folder);
  return way === "" || !(way === ".." || way.startsWith(`..${sep}`));
}
