import { quoteIdentifier } from "#duck/index.ts";
import type { Target } from "#engine/index.ts";
import { plural } from "#errors/index.ts";
import { publishedVersions, snapshotOf } from "#publish/index.ts";
import type { Lab, ReadConfig, Workspace } from "#registry/index.ts";
import { pipelineErrors } from "./errors.ts";

/** A version of another lab's published snapshot that a lab reads, the same one for a whole run. */
export interface ReadSnapshot {
  lab: string;
  alias: string;
  version: string;
  file: string;
}

/**
 * The versions that a lab reads now: what the other labs' readers have.
 * Errors: REG-002, PIPE-010 nothing is published, PIPE-011 it is older than the lab allows.
 */
export function readSnapshots(workspace: Workspace, lab: Lab, now = Date.now()): ReadSnapshot[] {
  return lab.config.reads.map((read) => {
    const other = workspace.lab(read.lab);
    const found = publishedBy(other, lab, read);
    const { version, publishedAt } = found.version;
    const age = now - Date.parse(publishedAt);
    const wanted =
      read.minVersion !== undefined && version < read.minVersion
        ? `version ${read.minVersion} or newer`
        : read.freshWithinMs !== undefined && age > read.freshWithinMs
          ? `one that was published within ${inWords(read.freshWithinMs)}`
          : undefined;
    if (wanted !== undefined) {
      throw pipelineErrors.readTooOld({
        message: `${lab.name} reads ${wanted} of ${other.name}, and its readers have ${version}, published ${publishedAt}.`,
        place: read.place,
        hint: `Run ${other.name} first: \`labs run ${other.name}\`.`,
        data: { lab: lab.name, other: other.name, version, publishedAt },
      });
    }
    return { lab: other.name, alias: read.alias, version, file: found.file };
  });
}

/** Whether these versions are still there: a lab that keeps few of them may have published meanwhile. */
export const areKept = (workspace: Workspace, snapshots: readonly ReadSnapshot[]): boolean =>
  snapshots.every(({ lab, version }) =>
    publishedVersions(workspace.lab(lab).paths.database).some((kept) => kept.version === version),
  );

function publishedBy(other: Lab, lab: Lab, read: ReadConfig): ReturnType<typeof snapshotOf> {
  try {
    return snapshotOf(other.paths.database);
  } catch (error) {
    throw pipelineErrors.readNotPublished({
      message: `${lab.name} reads what ${other.name} has published, and nothing is published yet.`,
      place: read.place,
      hint: other.config.publish.enabled
        ? `Run ${other.name} first: \`labs run ${other.name}\`.`
        : `${other.name} publishes nothing: \`publish: {enabled: false}\` in its lab.yml.`,
      cause: error,
      data: { lab: lab.name, other: other.name },
    });
  }
}

/** A target with these snapshots attached, to be read only, under their aliases. */
export function withSnapshots(target: Target, snapshots: readonly ReadSnapshot[]): Target {
  if (snapshots.length === 0) return target;
  const attach = snapshots.map(({ file, alias }) => ({ path: file, alias: quoteIdentifier(alias), read_only: true }));
  return {
    ...target,
    attach: [...target.attach, ...attach],
    snapshots: Object.fromEntries(snapshots.map(({ alias, version }) => [alias.toLowerCase(), version])),
  };
}

function inWords(milliseconds: number): string {
  const minutes = milliseconds / 60_000;
  if (minutes < 60) return minutes < 1 ? plural(milliseconds / 1000, "second") : plural(minutes, "minute");
  return minutes % 1440 === 0 ? plural(minutes / 1440, "day") : plural(minutes / 60, "hour");
}
