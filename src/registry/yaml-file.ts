import {
  type Document,
  isCollection,
  isMap,
  isScalar,
  LineCounter,
  type Pair,
  parseDocument,
  visit,
  type YAMLError,
  type YAMLMap,
} from "yaml";
import type { Place } from "#errors/index.ts";
import { registryErrors } from "./errors.ts";
import { readText } from "./files.ts";
import type { Schema } from "./schema.ts";
import { type Problem, validate } from "./validate.ts";

/** A YAML file in memory, with the place of every key. */
export interface YamlFile {
  file: string;
  source: string;
  document: Document;
  data: unknown;
  /** Place of a key path, or of its nearest existing parent. */
  place(path: (string | number)[]): Place;
}

/**
 * Reads a YAML 1.2 file (merge keys allowed).
 * Errors: REG-012 when it cannot be read, REG-003 when it is no YAML.
 */
export function readYaml(file: string): YamlFile {
  return parseYaml(readText(file), file);
}

/** A file with the place of every character. */
interface Parsed extends YamlFile {
  at(offset: number): Place;
}

/**
 * A registry of a thousand labs takes a tenth of a second to parse, and a command that changes it reads it several times. Not
 * kept for longer than somebody uses it: the tree of a file is many times as large as its text.
 */
let last: WeakRef<Parsed> | undefined;

/** Like {@link readYaml}, for a text that is known already. What it gives is shared: not to be changed. */
export const parseYaml = (source: string, file: string): YamlFile => parsed(source, file);

function parsed(source: string, file: string): Parsed {
  const known = last?.deref();
  if (known?.source === source && known.file === file) return known;
  const anew = parseAnew(source, file);
  last = new WeakRef(anew);
  return anew;
}

/** Whoever asks for places keeps the text, not the tree: 17 MB of live heap for a thousand labs instead of 21. */
const placesIn =
  (source: string, file: string): YamlFile["place"] =>
  (path) => {
    const { at, document } = parsed(source, file);
    return at(offsetOf(document, path));
  };

function parseAnew(source: string, file: string): Parsed {
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines, merge: true, prettyErrors: false, uniqueKeys: false });
  const at = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col, source };
  };
  const binary = source.search(/[\0\uFFFD]/);
  if (binary !== -1) {
    throw registryErrors.yamlSyntax({
      message: "The file is no text in UTF-8.",
      place: at(binary),
      hint: "Save it as UTF-8.",
    });
  }
  const repeated = repeatedKey(document);
  const failure = document.errors[0];
  if (repeated !== undefined && !(failure && failure.pos[0] < repeated)) {
    throw registryErrors.yamlSyntax({
      message: "Map keys must be unique.",
      place: at(repeated),
      hint: "Remove one of the two keys, or rename it.",
    });
  }
  if (failure?.code === "MULTIPLE_DOCS") {
    throw registryErrors.yamlSyntax({
      message: "The file has more than one YAML document.",
      place: at(failure.pos[0]),
      hint: "Take out this line (`---`) or what follows it.",
    });
  }
  if (failure) {
    throw registryErrors.yamlSyntax({
      message: syntaxMessage(failure),
      place: at(failure.pos[0]),
      hint: syntaxHint(failure.code),
      cause: failure,
    });
  }
  let data: unknown;
  try {
    data = document.toJS();
  } catch (error) {
    // An alias to nothing, or one that would explode.
    let offset = 0;
    visit(document, {
      Alias(_, alias) {
        if (alias.resolve(document)) return undefined;
        offset = alias.range?.[0] ?? 0;
        return visit.BREAK;
      },
    });
    throw registryErrors.yamlSyntax({
      message: `${error instanceof Error ? error.message : String(error)}.`,
      place: at(offset),
      hint: "Correct the alias (`*name`) or its anchor (`&name`).",
      cause: error,
    });
  }
  return { file, source, document, data, at, place: placesIn(source, file) };
}

/** Where a map names a key a second time. The library compares each key with all before it: seconds for ten thousand columns. */
function repeatedKey(document: Document): number | undefined {
  let offset: number | undefined;
  visit(document, {
    Map(_, { items }) {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        if (seen.has(key.value)) {
          offset = key.range?.[0] ?? 0;
          return visit.BREAK;
        }
        seen.add(key.value);
      }
      return undefined;
    },
  });
  return offset;
}

/** The library's own words, but for a nesting that was too deep for its stack. */
function syntaxMessage({ code, message }: YAMLError): string {
  if (code === "RESOURCE_EXHAUSTION") return "Lists and mappings are nested too deep to be read.";
  return `${message.split("\n")[0]?.replace(/\.$/, "")}.`;
}

function syntaxHint(code: string): string {
  if (code === "RESOURCE_EXHAUSTION") return "Nest them less deep.";
  if (code === "TAB_AS_INDENT") return "Indent with spaces.";
  if (code === "BAD_INDENT") return "Check the indentation of this line and the ones above it.";
  return "Check quotes, colons and indentation here and on the line above.";
}

const indexes = new WeakMap<YAMLMap, Map<string, Pair>>();

/** The pairs of a map by key; of one key the first. */
function pairsOf(map: YAMLMap): Map<string, Pair> {
  let index = indexes.get(map);
  if (!index) {
    index = new Map(
      map.items.toReversed().flatMap((pair) => (isScalar(pair.key) ? [[String(pair.key.value), pair]] : [])),
    );
    indexes.set(map, index);
  }
  return index;
}

function offsetOf(document: Document, path: (string | number)[]): number {
  let node: unknown = document.contents;
  let offset = isCollection(node) ? (node.range?.[0] ?? 0) : 0;
  for (const part of path) {
    if (isMap(node)) {
      const pair = pairsOf(node).get(String(part));
      if (!pair) break;
      if (isScalar(pair.key)) offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else if (isCollection(node) && typeof part === "number") {
      const item = node.items[part];
      if (item === undefined) break;
      node = item;
      if ((isCollection(item) || isScalar(item)) && item.range) offset = item.range[0];
    } else break;
  }
  return offset;
}

/** Throws the first problem of `yaml` against `schema` as REG-004 or REG-005; the others are named with it. */
export function requireValid(yaml: YamlFile, schema: Schema, more: Problem[] = []): void {
  const problems = [...validate(yaml.data, schema), ...more];
  const first = problems[0];
  if (!first) return;
  const rest = problems.slice(1).map((problem) => {
    const { line, column } = yaml.place(problem.path);
    return { message: problem.message, line, column, ...(problem.hint && { hint: problem.hint }) };
  });
  const others = rest.map((p) => `\n  also at ${p.line}:${p.column}: ${p.message}`).join("");
  const make = first.kind === "key" ? registryErrors.keyUnknown : registryErrors.valueInvalid;
  throw make({
    message: first.message + others,
    place: yaml.place(first.path),
    ...(first.hint !== undefined && { hint: first.hint }),
    ...(rest.length > 0 && { data: { more: rest } }),
  });
}
