/** Artifacts: the files that dbt leaves in the target folder, written and read with dbt's names and fields. */
export { graphSummary, writeGraphSummary } from "./graph-summary.ts";
export { pythonJson, toJson } from "./json.ts";
export { manifestJson, writeManifest } from "./manifest.ts";
export { artifactMetadata, type InvocationMetadata, isoTime } from "./metadata.ts";
export { type RelationMaps, relationMaps } from "./relation-maps.ts";
export { type RunResultsInput, runResults, writeRunResults } from "./run-results.ts";
export { type FreshnessResult, type SourcesInput, sourcesArtifact, writeSources } from "./sources.ts";
