import { didYouMean, isLabsError } from "#errors/index.ts";
import type { YamlDocument } from "../1-read/types.ts";
import { engineError } from "../errors.ts";
import type { Plain } from "../manifest/types.ts";
import type { SelectionMessage } from "./population.ts";
import {
  criterion,
  describe,
  type IndirectSelection,
  parseCriterion,
  parseSelection,
  type Spec,
  type SpecGroup,
} from "./spec.ts";

export interface NamedSelector {
  name: string;
  description: string;
  default: boolean;
  definition: Spec;
}
export type NamedSelectors = ReadonlyMap<string, NamedSelector>;

/** selectors.yml as the read phase gives it: parsed, and rendered where the project uses Jinja in it. */
export interface SelectorsFile {
  file: string;
  document: YamlDocument;
}

type Path = (string | number)[];
type Mapping = Record<string, Plain>;

/**
 * The selectors of a selectors.yml. `indirect` is `--indirect-selection`; a criterion's own setting wins over it.
 * Throws ENG-002 with file, line and column for everything that dbt refuses.
 */
export function parseSelectors(source: SelectorsFile, indirect: IndirectSelection = "eager"): NamedSelectors {
  const parser = new SelectorParser(source, indirect);
  const data = source.document.data;
  if (!isMapping(data)) throw parser.error([], "a selectors file is a mapping with the key `selectors`");
  const entries = data.selectors;
  if (!Array.isArray(entries)) throw parser.error(["selectors"], "`selectors` must be a list");
  const result = new Map<string, NamedSelector>();
  let standard: string | undefined;
  for (const [i, entry] of entries.entries()) {
    const path: Path = ["selectors", i];
    if (!isMapping(entry)) throw parser.error(path, "a selector is a mapping with `name` and `definition`");
    const { name, definition, description = "", default: chosen = false } = entry;
    if (typeof name !== "string") throw parser.error(path, "a selector needs a `name`");
    if (typeof definition !== "string" && !isMapping(definition)) {
      throw parser.error(
        [...path, "definition"],
        `the definition of '${name}' must be a string or a mapping (union, intersection, or a method); no lists`,
      );
    }
    if (typeof chosen !== "boolean") throw parser.error([...path, "default"], "`default` must be true or false");
    if (chosen && standard !== undefined) {
      throw parser.error(
        [...path, "default"],
        `Found multiple selectors with \`default: true\`: ${standard} and ${name}`,
      );
    }
    if (chosen) standard = name;
    result.set(name, {
      name,
      description: String(description ?? ""),
      default: chosen,
      definition: parser.definition(definition, [...path, "definition"], true),
    });
  }
  return result;
}

/** The spec that the command line asks for: `--selector`, the default selector, or `--select` and `--exclude`. */
export function chooseSpec(
  options: {
    select?: readonly string[];
    exclude?: readonly string[];
    selector?: string;
    selectors?: NamedSelectors;
  },
  indirect: IndirectSelection,
  report: (message: SelectionMessage) => void,
): Spec {
  const { select = [], exclude = [], selector, selectors } = options;
  if (selector !== undefined && selector !== "") {
    const named = selectors?.get(selector);
    if (named) return named.definition;
    const names = [...(selectors?.keys() ?? [])];
    const near = didYouMean(selector, names);
    throw engineError("runtime", {
      message: `Could not find selector named ${selector}, expected one of [${names.map((name) => `'${name}'`).join(", ")}]`,
      hint: near
        ? `Did you mean --selector ${near}?`
        : "Define it in selectors.yml, or use --select with a node's name.",
    });
  }
  if (select.length === 0 && exclude.length === 0) {
    for (const named of selectors?.values() ?? []) {
      if (!named.default) continue;
      report({ level: "info", name: "DefaultSelector", code: "Q023", text: `Using default selector ${named.name}` });
      return named.definition;
    }
  }
  return parseSelection(select, exclude, indirect);
}

class SelectorParser {
  private readonly source: SelectorsFile;
  private readonly indirect: IndirectSelection;

  constructor(source: SelectorsFile, indirect: IndirectSelection) {
    this.source = source;
    this.indirect = indirect;
  }

  error(path: Path, message: string) {
    const position = this.source.document.position(path);
    return engineError("parsing", {
      dbtType: "Runtime Error",
      message: `Could not read selector file data: ${message}`,
      place: { file: this.source.file, ...position },
      hint: "A selector is a string, a method with its value, or `union` or `intersection` with a list of these.",
    });
  }

  definition(definition: Plain, path: Path, root = false): Spec {
    if (typeof definition === "string") return this.placed(path, () => parseCriterion(definition, this.indirect));
    if (!isMapping(definition)) {
      throw this.error(path, `expected union, intersection, a string or a mapping, found ${describe(definition)}`);
    }
    const keys = Object.keys(definition);
    for (const kind of ["union", "intersection"] as const) {
      if (!(kind in definition)) continue;
      if (root && keys.length > 1) {
        throw this.error(
          path,
          `Only a single 'union' or 'intersection' key is allowed in a root level selector definition; found ${keys.join(",")}.`,
        );
      }
      return this.setOperation(kind, definition, path);
    }
    return this.single(definition, keys, path);
  }

  private setOperation(kind: "union" | "intersection", definition: Mapping, path: Path): Spec {
    const included: Spec[] = [];
    let excluded: Spec | undefined;
    for (const [item, itemPath] of this.items(definition, kind, path)) {
      // A member with `exclude` only takes away, whatever else it says.
      if (isMapping(item) && "exclude" in item) {
        if (excluded) {
          throw this.error(itemPath, "You cannot provide multiple exclude arguments to the same selector set operator");
        }
        excluded = this.exclusions(item, itemPath);
      } else included.push(this.definition(item, itemPath));
    }
    const base = group(kind, included, definition);
    return excluded ? group("difference", [base, excluded], definition) : base;
  }

  private single(definition: Mapping, keys: string[], path: Path): Spec {
    const [only] = keys;
    if (keys.length === 1 && only !== undefined) {
      return this.placed(path, () => criterion(definition, { method: only, value: definition[only] }, this.indirect));
    }
    if (!("method" in definition && "value" in definition)) {
      throw this.error(
        path,
        `Expected either 1 key or else "method" and "value" keys, but got [${keys.map((key) => `'${key}'`).join(", ")}]`,
      );
    }
    const excluded = "exclude" in definition ? this.exclusions(definition, path) : undefined;
    const base = this.placed(path, () => criterion(definition, definition, this.indirect));
    return excluded ? group("difference", [base, excluded], null) : base;
  }

  private exclusions(definition: Mapping, path: Path): Spec | undefined {
    const parts = this.items(definition, "exclude", path).map(([item, itemPath]) => this.definition(item, itemPath));
    return parts.length > 1 ? group("union", parts, definition.exclude) : parts[0];
  }

  private items(definition: Mapping, key: string, path: Path): [Plain, Path][] {
    const values = definition[key];
    if (!Array.isArray(values)) throw this.error([...path, key], `Invalid value for key "${key}". Expected a list.`);
    return values.map((value: Plain, i) => {
      if (typeof value === "string" || isMapping(value)) return [value, [...path, key, i]];
      throw this.error(
        [...path, key, i],
        `Invalid value type in key "${key}", expected a mapping or a string (value: ${describe(value)}).`,
      );
    });
  }

  private placed(path: Path, make: () => Spec): Spec {
    try {
      return make();
    } catch (error) {
      if (isLabsError(error) && !error.place) throw this.error(path, error.message);
      throw error;
    }
  }
}

/** Set operations of selectors.yml complete their tests eagerly, whatever the command line says. */
function group(kind: SpecGroup["kind"], components: Spec[], raw: Plain): SpecGroup {
  return { kind, components, raw, indirectSelection: "eager", expectExists: false };
}

function isMapping(value: Plain): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
