import { extractBlocks, lazyMacro, type Block } from "#jinja/index.ts";
import type { MacroNode, PlainRecord } from "../manifest/types.ts";
import type { SourceFile } from "../1-read/types.ts";
import { collectErrors, now, type ParseState } from "./state.ts";

const macroBlocks = new Set(["macro", "materialization", "test", "data_test"]);

/** The macro that a block defines: `test_unique`, `materialization_table_duckdb`. */
function macroName(block: Block): string {
  if (block.type === "macro") return block.name ?? "";
  if (block.type !== "materialization") return `test_${block.name}`;
  const header = block.fullSource.slice(0, block.fullSource.indexOf("%}"));
  const adapter = /\badapter\s*=\s*["'](\w+)["']/.exec(header)?.[1] ?? "default";
  return `materialization_${block.name}_${adapter}`;
}

/**
 * Macros of one package's files. Built-in ones are parsed when they are first called; those of projects at once, so that
 * a syntax error is reported even if nothing calls the macro.
 */
export function parseMacroFiles(state: ParseState, packageName: string, files: SourceFile[], options: { lazy: boolean }): void {
  const createdAt = now();
  for (const file of files) {
    collectErrors(state, () => {
      for (const block of extractBlocks(file.contents, { file: file.path, allowed: macroBlocks })) {
        collectErrors(state, () => addMacro(state, packageName, file, block, { ...options, createdAt }));
      }
    });
  }
}

function addMacro(state: ParseState, packageName: string, file: SourceFile, block: Block, options: { lazy: boolean; createdAt: number }): void {
  const { runtime } = state;
  const name = macroName(block);
  const definition = lazyMacro(block.fullSource, { name, file: file.path, offset: block.offset, fileSource: file.contents });
  if (!options.lazy) void definition.template;
  let described: PlainRecord[] | undefined;
  const node: MacroNode = {
    name,
    resource_type: "macro",
    package_name: packageName,
    path: file.path,
    original_file_path: file.path,
    unique_id: `macro.${packageName}.${name}`,
    macro_sql: block.fullSource,
    depends_on: { macros: [] },
    description: "",
    meta: {},
    docs: { show: true, node_color: null },
    config: { meta: {}, docs: { show: true, node_color: null } },
    patch_path: null,
    // Reading the signature parses the macro: only artifacts and properties ask for it.
    get arguments() {
      described ??= definition.params.map((p) => ({ name: p.name, type: p.type ?? null, description: "" }));
      return described;
    },
    set arguments(value: PlainRecord[]) {
      described = value;
    },
    created_at: options.createdAt,
    get supported_languages() {
      return block.type === "materialization" ? [...(definition.supportedLanguages ?? ["sql"])] : null;
    },
  };
  runtime.macros.add(node, definition);
  runtime.manifest.macros[node.unique_id] = node;
}
