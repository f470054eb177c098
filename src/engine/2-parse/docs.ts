import { extractBlocks, hasJinja, parseTemplate } from "#jinja/index.ts";
import type { ProjectFiles } from "../1-read/types.ts";
import { engineError } from "../errors.ts";
import { collectErrors, type ParseState } from "./state.ts";

const docsBlocks = new Set(["docs"]);

/** `{% docs name %}` blocks of Markdown files. */
export function parseDocs(state: ParseState, files: Pick<ProjectFiles, "project" | "docs">): void {
  const { docs } = state.runtime.manifest;
  for (const file of files.docs) {
    if (!file.contents.includes("{%")) continue;
    collectErrors(state, () => {
      for (const block of extractBlocks(file.contents, { file: file.path, allowed: docsBlocks })) {
        const uniqueId = `doc.${files.project.name}.${block.name ?? ""}`;
        const existing = docs[uniqueId];
        if (existing) {
          throw engineError("duplicate", {
            message: `dbt found two docs with the same name: '${block.name ?? ""}'.\nTo fix this error, rename or remove one of the following docs:\n    - ${existing.original_file_path}\n    - ${file.path}`,
            place: { file: file.path },
            hint: "Rename one of the two blocks.",
          });
        }
        docs[uniqueId] = {
          name: block.name ?? "",
          resource_type: "doc",
          package_name: files.project.name,
          path: file.relativePath,
          original_file_path: file.path,
          unique_id: uniqueId,
          block_contents: contentsOf(block.contents, file.path).trim(),
        };
      }
    });
  }
}

/** A block is a template without any names, so expressions in it vanish. */
function contentsOf(text: string, file: string): string {
  if (!hasJinja(text)) return text;
  const rendered = parseTemplate(text, { file }).render({ get: () => undefined }, { undefined: "chaining" });
  return typeof rendered === "string" ? rendered : text;
}
