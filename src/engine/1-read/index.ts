/** What lies on disk: the project, its profile, its packages and its files, before anything is parsed. */
export { readProject, findProjectDir, type ReadOptions } from "./read-project.ts";
export { readFiles } from "./files.ts";
export { parseYaml, yamlText } from "./yaml/index.ts";
export { renderTree, renderValue, type KeyPath, type RenderOptions } from "./render.ts";
export { customVariables, hideSecrets, privatePrefix, secretPrefix, secretsIn } from "./named-variables.ts";
export { configScope, scrubSecrets, type ScopeOptions } from "./scope.ts";
export { defaultProfilesDir, readProfiles, readTarget, type ProfileRequest } from "./profiles.ts";
export { databaseName } from "./duckdb-output.ts";
export { loadProject, readRawProject } from "./project-file.ts";
export { varsFor } from "./vars-file.ts";
export { defaultQueryComment } from "./query-comment.ts";
export { dbtVersion, parseVersion, satisfies } from "./version.ts";
export { xlsxSheets } from "./xlsx-sheets.ts";
export { pathKind, readSeedText, readText, seedChecksum } from "./text-file.ts";
export type {
  ConfigTrees,
  Project,
  ProjectFiles,
  ProjectPaths,
  ReadProject,
  ReadWarning,
  SourceFile,
  Target,
  YamlDocument,
} from "./types.ts";
export { loadDotEnv } from "./dot-env.ts";
export { readProjectFlags, readUserFlags } from "./project-flags.ts";
export { LogFile } from "./log-file.ts";
export { cleanProject, type CleanOptions } from "./clean.ts";
export { openDocsSite } from "./docs-site.ts";
export type { RootProjectOptions } from "./root-project.ts";
export { installPackages, type DepsEvent, type DepsOptions, type NewPackage } from "./deps/index.ts";
export { targetForDatabase, type OwnTargetRequest } from "./own-target.ts";
