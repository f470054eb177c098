import { isRecord } from "../context/data.ts";
import { warn } from "../context/runtime.ts";
import { engineError } from "../errors.ts";
import { parseYaml } from "../1-read/index.ts";
import type { ProjectFiles } from "../1-read/types.ts";
import { NodeLookup } from "../3-link/lookup.ts";
import { patchFunctions } from "./functions.ts";
import { patchAnalyses, patchMacros, patchModels, patchSingularTests, patchTestables } from "./patches.ts";
import type { Section } from "./section.ts";
import { parseMetrics } from "./metrics.ts";
import { parseExposures, parseGroups, parseSavedQueries, parseSemanticModels } from "./semantic.ts";
import { yamlSnapshots } from "./snapshots.ts";
import type { SourceEntry } from "./source-entry.ts";
import { parseSourceEntries } from "./sources.ts";
import { collectErrors, type ParseState } from "./state.ts";
import { parseUnitTests } from "./unit-tests.ts";

export interface PropertiesResult {
  sources: SourceEntry[];
}

/** Reads every properties file of one project in dbt's order of sections. Source: dbt-core parser/schemas.py SchemaParser.parse_file. */
export function parseProperties(state: ParseState, files: ProjectFiles, result: PropertiesResult): void {
  let lookup: NodeLookup | undefined;
  for (const file of files.properties) {
    collectErrors(state, () => {
      const document = parseYaml(file.contents, file.path);
      for (const { key, line, column } of document.duplicates ?? []) {
        warn(
          state.runtime,
          `Duplicate key '${key}' in "<unicode string>", line ${line}, column ${column} in file \`${file.path}\``,
          { name: "DuplicateYAMLKeysDeprecation", code: "D024" },
        );
      }
      const data = document.data;
      if (data === null || data === undefined) return;
      if (!isRecord(data)) {
        throw engineError("parsing", {
          message: `Contents of file '${file.path}' are not valid. Dictionary expected.`,
          place: { file: file.path, line: 1, column: 1, source: file.contents },
          hint: "Start the file with a section such as models: or sources:.",
        });
      }
      const section = (key: string): Section => ({
        state,
        project: files.project,
        file,
        document,
        key,
        lookup: () => (lookup ??= new NodeLookup(state.runtime.manifest)),
        invalidateLookup: () => {
          lookup = undefined;
        },
      });
      const has = (key: string): boolean => data[key] !== undefined && data[key] !== null;
      if (has("models")) patchModels(section("models"), data);
      if (has("seeds")) patchTestables(section("seeds"), data);
      if (has("snapshots")) {
        yamlSnapshots(section("snapshots"), data);
        patchTestables(section("snapshots"), data);
      }
      if (has("sources")) result.sources.push(...parseSourceEntries(section("sources"), data));
      if (has("macros")) patchMacros(section("macros"), data);
      if (has("data_tests")) patchSingularTests(section("data_tests"), data);
      if (has("analyses")) patchAnalyses(section("analyses"), data);
      if (has("exposures")) parseExposures(section("exposures"), data);
      if (has("metrics")) parseMetrics(section("metrics"), data);
      if (has("groups")) parseGroups(section("groups"), data);
      if (has("semantic_models")) parseSemanticModels(section("semantic_models"), data);
      if (has("unit_tests")) parseUnitTests(section("unit_tests"), data);
      if (has("functions")) patchFunctions(section("functions"), data);
      if (has("saved_queries")) parseSavedQueries(section("saved_queries"), data);
    });
  }
}
