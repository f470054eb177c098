import { extractBlocks, findMacroCalls, lazyMacro, type Block, type MacroDefinition } from "#jinja/index.ts";
import type { PackedMacro } from "../builtins/index.ts";
import type { KnownMacro, MacroTable } from "../context/macro-table.ts";
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
export function parseMacroFiles(
  state: ParseState,
  packageName: string,
  files: SourceFile[],
  options: { lazy: boolean },
): void {
  const createdAt = now();
  for (const file of files) {
    collectErrors(state, () => {
      for (const block of extractBlocks(file.contents, { file: file.path, allowed: macroBlocks })) {
        collectErrors(state, () => addMacro(state, packageName, file, block, { ...options, createdAt }));
      }
    });
  }
}

/** Macros of a built-in package from the index that the build made of it. */
export function addPackedMacros(
  home: MacroHome,
  packageName: string,
  files: SourceFile[],
  macros: PackedMacro[],
): void {
  const createdAt = now();
  for (const packed of macros) {
    const file = files[packed.file];
    if (!file) continue;
    const source = file.contents.slice(packed.offset, packed.offset + packed.length);
    const described = packed.arguments.map((a) => ({ ...a, description: "" }));
    register(home, {
      packageName,
      file,
      name: packed.name,
      source,
      offset: packed.offset,
      createdAt,
      described: () => described,
      languages: () => packed.languages,
      known: packed,
    });
  }
}

/** The index of a package's macros, for {@link addPackedMacros}; what they depend on is filled in by the caller. */
export function packMacros(files: SourceFile[]): PackedMacro[] {
  return files.flatMap((file, position) =>
    extractBlocks(file.contents, { file: file.path, allowed: macroBlocks }).map((block) => {
      const name = macroName(block);
      const definition = lazyMacro(block.fullSource, {
        name,
        file: file.path,
        offset: block.offset,
        fileSource: file.contents,
      });
      return {
        file: position,
        name,
        offset: block.offset,
        length: block.fullSource.length,
        arguments: argumentsOf(file, definition).map(({ name: argument, type }) => ({ name: argument, type })),
        languages: languagesOf(block, definition),
        calls: findMacroCalls(definition.template),
        dependsOn: [],
        mentions: [],
      };
    }),
  );
}

/** dbt's parser of `tests/generic` reads no arguments, the one of macro folders does. Source: dbt-core parser/generic_test.py, macros.py _extract_args. */
const argumentsOf = (file: SourceFile, definition: MacroDefinition) =>
  (file.searchPath.endsWith("/generic") || file.path.startsWith("tests/generic/") ? [] : definition.params).map(
    (p) => ({
      name: p.name,
      type: p.type ?? null,
      description: "",
    }),
  );

const languagesOf = (block: Block, definition: MacroDefinition): string[] | null =>
  block.type === "materialization" ? [...(definition.supportedLanguages ?? ["sql"])] : null;

function addMacro(
  state: ParseState,
  packageName: string,
  file: SourceFile,
  block: Block,
  options: { lazy: boolean; createdAt: number },
): void {
  const definition = register(state.runtime, {
    packageName,
    file,
    name: macroName(block),
    source: block.fullSource,
    offset: block.offset,
    createdAt: options.createdAt,
    described: (own) => argumentsOf(file, own),
    languages: (own) => languagesOf(block, own),
  });
  if (!options.lazy) void definition.template;
}

interface NewMacro {
  packageName: string;
  file: SourceFile;
  name: string;
  source: string;
  offset: number;
  createdAt: number;
  described: (definition: MacroDefinition) => PlainRecord[];
  languages: (definition: MacroDefinition) => string[] | null;
  known?: KnownMacro;
}

/** Where macros are kept. */
interface MacroHome {
  macros: MacroTable;
  manifest: { macros: Record<string, MacroNode> };
}

function register(home: MacroHome, macro: NewMacro): MacroDefinition {
  const { file, name, packageName } = macro;
  const definition = lazyMacro(macro.source, {
    name,
    file: file.path,
    offset: macro.offset,
    fileSource: file.contents,
  });
  let described: PlainRecord[] | undefined;
  const node: MacroNode = {
    name,
    resource_type: "macro",
    package_name: packageName,
    path: file.path,
    original_file_path: file.path,
    unique_id: `macro.${packageName}.${name}`,
    macro_sql: macro.source,
    depends_on: { macros: [] },
    description: "",
    meta: {},
    docs: { show: true, node_color: null },
    config: { meta: {}, docs: { show: true, node_color: null } },
    patch_path: null,
    // Reading the signature parses the macro: only artifacts and properties ask for it.
    get arguments() {
      described ??= macro.described(definition);
      return described;
    },
    set arguments(value: PlainRecord[]) {
      described = value;
    },
    created_at: macro.createdAt,
    get supported_languages() {
      return macro.languages(definition);
    },
  };
  home.macros.add(node, definition, macro.known);
  home.manifest.macros[node.unique_id] = node;
  return definition;
}
