import { createHash } from "node:crypto";
import { type Database, type DatabaseJournal, relationKey } from "#duck/index.ts";
import { plural } from "#errors/index.ts";
import { gate, type KeptVersion, publish, publishedVersions } from "#publish/index.ts";
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
  const current = () => publishedVersions(database.path).find((version) => version.current);
  if (!settings.enabled) return kept(current(), "switched off in lab.yml");
  const closed = [
    ...gate({
      problems: input.problems,
      score: quality?.score ?? null,
      minimumScore: lab.config.quality.minimum_score,
    }),
    ...tablesUnderMinimum(lab, quality),
  ];
  if (closed.length > 0) {
    const now = current();
    return { ...kept(now, `${closed.join("; ")}: ${stays(now)}`), refused: input.problems.length === 0 };
  }
  const done = await publish(database, {
    ...(settings.schemas && { schemas: settings.schemas }),
    runId: input.runId,
    score: quality?.score ?? null,
    identity: (relation) => identityOf(journal, relation),
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
      return kept(done.version, `unchanged, ${stays(done.version)}`);
    case "held":
      return kept(done.version, `taken back by hand, ${stays(done.version)}`);
    case "empty":
      return kept(current(), "no table to publish");
  }
}

const stays = (now: KeptVersion | undefined): string =>
  now ? `readers keep ${now.version}` : "nothing is published yet";

/** Readers keep what they have. */
const kept = (now: KeptVersion | undefined, detail: string): PublishLabResult => ({
  published: now ? { version: now.version, made: false } : null,
  detail,
  refused: false,
});

function tablesUnderMinimum(lab: Lab, quality: PublishLabInput["quality"]): string[] {
  return Object.entries(lab.config.quality.tables ?? {}).flatMap(([name, { minimum_score: minimum }]) => {
    if (minimum === undefined) return [];
    const found = quality?.tables.find((table) => `${table.schema}.${table.name}`.toLowerCase() === name.toLowerCase());
    const score = found?.score ?? null;
    if (score === null) return [`${name} has no score to compare with its minimum`];
    return score < minimum ? [`the score ${score} of ${name} is under its minimum of ${minimum}`] : [];
  });
}

/** The write that made a relation; null when it is not known. */
function identityOf(journal: DatabaseJournal, { schema, name }: { schema: string; name: string }): string | null {
  const number = journal.lastWrite(relationKey(schema, name));
  return number === 0 ? null : `${journal.chain}#${number}`;
}
