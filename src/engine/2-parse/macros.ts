import { extractBlocks, parseMacroSignature } from "#jinja/index.ts";
import type { MacroNode } from "../manifest/types.ts";
import type { SourceFile } from "../1-read/types.ts";
import { collectErrors, now, type ParseState } from "./state.ts";

const macroBlocks = new Set(["macro", "materialization", "test", "data_test"]);

/** Macros of one package's files. Bodies are parsed when they are first called; only signatures are read here. */
export function parseMacroFiles(state: ParseState, packageName: string, files: SourceFile[]): void {
  const { runtime } = state;
  const createdAt = now();
  for (const file of files) {
    collectErrors(state, () => {
      for (const block of extractBlocks(file.contents, { file: file.path, allowed: macroBlocks })) {
        collectErrors(state, () => {
          const signature = parseMacroSignature(block);
          const node: MacroNode = {
            name: signature.name,
            resource_type: "macro",
            package_name: packageName,
            path: file.path,
            original_file_path: file.path,
            unique_id: `macro.${packageName}.${signature.name}`,
            macro_sql: block.fullSource,
            depends_on: { macros: [] },
            description: "",
            meta: {},
            docs: { show: true, node_color: null },
            config: { meta: {}, docs: { show: true, node_color: null } },
            patch_path: null,
            arguments: signature.params.map((p) => ({ name: p.name, type: p.type ?? null, description: "" })),
            created_at: createdAt,
            supported_languages: signature.supportedLanguages ?? null,
          };
          runtime.macros.add(node, { file: file.path, offset: block.offset, fileSource: file.contents });
          runtime.manifest.macros[node.unique_id] = node;
        });
      }
    });
  }
}
