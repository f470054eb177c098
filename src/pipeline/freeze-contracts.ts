import type { Database } from "#duck/index.ts";
import { isLabsError, plural } from "#errors/index.ts";
import { agreedEntries, type IngestPlan, type IngestResult } from "#ingest/index.ts";
import { freezeSources, type Lab } from "#registry/index.ts";
import type { LabEvent } from "./types.ts";

/**
 * Writes the contracts that a load has just proposed into lab.yml, comments kept, so that they can be read, corrected and
 * checked in. Once: what somebody takes out again stays out. `contracts: manual` in lab.yml leaves the file alone.
 * A file that cannot be written is a warning; the contract stands in the database all the same.
 */
export async function freezeContracts(
  lab: Lab,
  database: Database,
  plan: IngestPlan,
  { proposed }: IngestResult,
  onEvent: (event: LabEvent) => void,
): Promise<void> {
  if (proposed.length === 0 || lab.config.contracts === "manual") return;
  const say = (level: "info" | "warn", text: string) => onEvent({ type: "message", lab: lab.name, level, text });
  const connection = await database.connect();
  try {
    const sources = plan.sources.filter(({ name }) => proposed.includes(name));
    const entries = await agreedEntries(connection, sources);
    freezeSources(lab.paths.config, entries);
    const what = entries.map(({ name, columns }) => `${name} (${plural(Object.keys(columns ?? {}).length, "column")})`);
    say(
      "info",
      `${lab.paths.config} has the contract of ${what.join(", ")} now, from a read of every row. Read it and check it in.`,
    );
  } catch (error) {
    const why = isLabsError(error) ? error.message : (error as NodeJS.ErrnoException).code;
    if (why === undefined) throw error;
    say("warn", `The contracts of ${proposed.join(", ")} are not written to ${lab.paths.config}: ${why}`);
  } finally {
    await connection.close();
  }
}
