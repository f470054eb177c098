import { type Database, type DatabaseJournal, interruptOnAbort, relationKey } from "#duck/index.ts";
import { plural } from "#errors/index.ts";
import {
  type Decision,
  gate,
  type GateReason,
  type KeptVersion,
  type Publication,
  publish,
  publishedVersions,
} from "#publish/index.ts";
import type { LabQuality } from "#quality/index.ts";
import type { Lab } from "#registry/index.ts";
import type { LabRunResult } from "./types.ts";

export interface PublishLabInput {
  lab: Lab;
  database: Database;
  journal: DatabaseJournal;
  runId: string | null;
  /** Why this run is no basis for a version. */
  problems: GateReason[];
  /** What lab.yml does not let through although the run itself was well. */
  blocking: GateReason[];
  quality: Pick<LabQuality, "score" | "parts" | "tables"> | undefined;
  /** The publication, when it has begun already. */
  pending?: PendingPublication | undefined;
}

/** A publication whose snapshot is being written while the gate has yet to decide about it. */
export class PendingPublication {
  /** Never rejects; ends when the database is no longer needed. */
  readonly settled: Promise<void>;
  readonly #publication: Promise<Publication>;
  readonly #decision = Promise.withResolvers<Decision>();

  constructor(
    { lab, database, journal, runId }: Pick<PublishLabInput, "lab" | "database" | "journal" | "runId">,
    signal?: AbortSignal,
  ) {
    const { schemas, keep } = lab.config.publish;
    const done = interruptOnAbort(database, signal);
    this.#publication = publish(database, {
      ...(schemas && { schemas }),
      runId,
      score: null,
      decision: this.#decision.promise,
      identity: ({ schema, name }) => journal.identity(relationKey(schema, name)),
      keep,
    });
    this.settled = this.#publication.then(done, done);
  }

  /** Ends it. The first decision counts. Errors: PUB-003 and those of DuckDB. */
  decide(decision: Decision): Promise<Publication> {
    this.#decision.resolve(decision);
    return this.#publication;
  }
}

export interface PublishLabResult {
  published: LabRunResult["published"];
  /** One sentence for the screen. */
  detail: string;
  /** The gate alone kept it back: the run itself was well. */
  refused: boolean;
  /** Why readers keep what they have; empty when they do not. */
  held: GateReason[];
}

/** Lets the gate decide about what a run built and gives it to readers. Errors: PUB-003 and those of DuckDB. */
export async function publishLab(input: PublishLabInput): Promise<PublishLabResult> {
  const { lab, database, quality } = input;
  const settings = lab.config.publish;
  const current = () => publishedVersions(database.path).find((version) => version.current);
  if (!settings.enabled) return kept(current(), "switched off in lab.yml");
  const held = gate({
    problems: input.problems,
    score: quality?.score ?? null,
    minimumScore: lab.config.quality.minimum_score,
    causes: causesOf(quality),
    tables: tablesWithMinimum(lab, quality),
    blocking: input.blocking,
  });
  const [first, ...more] = held;
  if (first) {
    await input.pending?.decide({ publish: false, score: null }).catch(() => {});
    const now = current();
    const others = more.length > 0 ? `, and ${plural(more.length, "other reason")}` : "";
    return { ...kept(now, `${first.why}${others}: ${stays(now)}`), refused: input.problems.length === 0, held };
  }
  const pending = input.pending ?? new PendingPublication(input);
  const done = await pending.decide({ publish: true, score: quality?.score ?? null });
  switch (done.outcome) {
    case "published": {
      const { version, tables } = done.version;
      return {
        published: { version, made: true },
        detail: `${plural(tables.length, "table")} as ${version}`,
        refused: false,
        held: [],
      };
    }
    case "unchanged":
      return kept(done.version, `unchanged, ${stays(done.version)}`);
    case "held":
      return kept(done.version, `taken back by hand, ${stays(done.version)}`);
    case "empty":
    case "refused":
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
  held: [],
});

/** What took points, the most first. */
const causesOf = (score: Pick<LabQuality, "parts"> | undefined): string[] =>
  (score?.parts ?? [])
    .flatMap(({ causes }) => causes)
    .sort((a, b) => b.points - a.points)
    .map(({ text }) => text);

function tablesWithMinimum(lab: Lab, quality: PublishLabInput["quality"]) {
  return Object.entries(lab.config.quality.tables ?? {}).flatMap(([name, { minimum_score: minimum }]) => {
    if (minimum === undefined) return [];
    const found = quality?.tables.find((table) => `${table.schema}.${table.name}`.toLowerCase() === name.toLowerCase());
    return [{ name, score: found?.score ?? null, minimum, causes: causesOf(found) }];
  });
}
