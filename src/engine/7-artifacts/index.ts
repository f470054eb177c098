export { copyAssets } from "./assets.ts";
/** Artifacts: the files that dbt leaves in the target folder, written and read with dbt's names and fields. */
export {
  buildCatalog,
  type Catalog,
  type CatalogInput,
  type CatalogRow,
  type CatalogTable,
  catalogArtifact,
  writeCatalog,
} from "./catalog.ts";
export { columnLineageArtifact, noteLineage, writeColumnLineage } from "./column-lineage.ts";
export { docsPage, writeDocsSite } from "./docs-site/site.ts";
export { graphSummary, writeGraphSummary } from "./graph-summary.ts";
export { pythonJson, toJson } from "./json.ts";
export { type ListOptions, renderList } from "./list.ts";
export { manifestJson, writeManifest } from "./manifest.ts";
export { artifactMetadata, type InvocationMetadata, isoTime } from "./metadata.ts";
export { type LoadedState, loadPreviousState, loadRunResults, type RunResultsFile } from "./previous-state.ts";
export { projectPathExists } from "./project-paths.ts";
export { type RelationMaps, relationMaps } from "./relation-maps.ts";
export { type RunResultsInput, runResults, writeRunResults } from "./run-results.ts";
export { semanticManifest, writeSemanticManifest } from "./semantic-manifest.ts";
export { type FreshnessResult, type SourcesInput, sourcesArtifact, writeSources } from "./sources.ts";
