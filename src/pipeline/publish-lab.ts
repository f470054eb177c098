import { createHash } from "node:crypto";
import { type Database, type DatabaseJournal, relationKey } from "#duck/index.ts";
import { plural } from "#errors/index.ts";
import { gate, publish, publishedVersions } from "#publish/index.ts";
import type { LabQuality } from "#quality/index.ts";
import type { Lab } from "#registry/index.ts";
import type { LabRunResult } from "./types.ts";

export interface PublishLabInput {
  lab: Lab;
  database: Database;
  journal: DatabaseJournal;
  runId: string | null;
  /** Why this run is no basis for a version. */
  problems: string[];
  quality: Pick<LabQuality, "score" | "tables"> | undefined;
}

export interface PublishLabResult {
  published: LabRunResult["published"];
  /** One sentence for the screen. */
  detail: string;
  /** The gate alone kept it back: the run itself was well. */
  refused: boolean;
}

/** Lets the gate decide about what a run built and gives it to readers. Errors: PUB-003 and those of DuckDB. */
export async function publishLab(input: PublishLabInput): Promise<PublishLabResult> {
  const { lab, database, journal, quality } = input;
  const settings = lab.config.publish;
  const now = publishedVersions(database.path).find(({ current }) => current);
  const stays = now ? `readers keep ${now.version}` : "nothing is published yet";
  const before = now ? { version: now.version, made: false } : null;
  if (!settings.enabled) return { published: before, detail: "switched off in lab.yml", refused: false };
  const closed = [
    ...gate({
      problems: input.problems,
      score: quality?.score ?? null,
      minimumScore: lab.config.quality.minimum_score,
    }),
    ...tablesUnderMinimum(lab, quality),
  ];
  if (closed.length > 0)
    return { published: before, detail: `${closed.join("; ")}: ${stays}`, refused: input.problems.length === 0 };
  const done = await publish(database, {
    ...(settings.schemas && { schemas: settings.schemas }),
    runId: input.runId,
    score: quality?.score ?? null,
    basis: (relations) => basisOf(journal, relations),
    keep: settings.keep,
  });
  switch (done.outcome) {
    case "published": {
      const { version, tables } = done.version;
      return {
        published: { version, made: true },
        detail: `${plural(tables.length, "table")} as ${version}`,
        refused: false,
      };
    }
    case "unchanged":
      return { published: before, detail: `unchanged, ${stays}`, refused: false };
    case "held":
      return { published: before, detail: `taken back by hand, ${stays}`, refused: false };
    case "empty":
      return { published: before, detail: "no table to publish", refused: false };
  }
}

function tablesUnderMinimum(lab: Lab, quality: PublishLabInput["quality"]): string[] {
  return Object.entries(lab.config.quality.tables ?? {}).flatMap(([name, { minimum_score: minimum }]) => {
    if (minimum === undefined) return [];
    const found = quality?.tables.find((table) => `${table.schema}.${table.name}`.toLowerCase() === name.toLowerCase());
    const score = found?.score ?? null;
    if (score === null) return [`${name} has no score to compare with its minimum`];
    return score < minimum ? [`the score ${score} of ${name} is under its minimum of ${minimum}`] : [];
  });
}

/** The writes that made what is published; null when one of them is not known. */
function basisOf(journal: DatabaseJournal, relations: { schema: string; name: string }[]): string | null {
  const writes = relations.map(({ schema, name }) => {
    const key = relationKey(schema, name);
    return [key, journal.lastWrite(key)] as const;
  });
  if (writes.some(([, number]) => number === 0)) return null;
  return createHash("sha256")
    .update(JSON.stringify([journal.chain, writes]))
    .digest("base64url");
}
