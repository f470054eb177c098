import type { ManifestMetadata, PlainRecord } from "../manifest/types.ts";

/** What every artifact says about the invocation that wrote it. The manifest's own metadata has all of it. */
export type InvocationMetadata = Pick<
  ManifestMetadata,
  "dbt_version" | "invocation_id" | "invocation_started_at" | "env"
>;

export type ArtifactKind = "run-results/v6" | "sources/v3" | "catalog/v1" | "manifest/v12";

/** `metadata` of an artifact. */
export function artifactMetadata(kind: ArtifactKind, from: InvocationMetadata, now: Date): PlainRecord {
  return {
    dbt_schema_version: schemaVersion(kind),
    dbt_version: from.dbt_version,
    generated_at: isoTime(now),
    invocation_id: from.invocation_id,
    invocation_started_at: from.invocation_started_at,
    env: from.env,
  };
}

/** The address that names an artifact's format; readers compare it as text. */
export function schemaVersion(kind: ArtifactKind): string {
  return `https://schemas.getdbt.com/dbt/${kind}.json`;
}

/** UTC with microseconds and a Z, as dbt writes times. */
export function isoTime(time: Date): string {
  return time.toISOString().replace("Z", "000Z");
}
