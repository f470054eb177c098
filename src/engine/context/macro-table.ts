import type { MacroDefinition } from "#jinja/index.ts";
import { engineError } from "../errors.ts";
import type { MacroNode } from "../manifest/types.ts";

/** dbt's name for the namespace in which its own macros and the adapter's are merged. */
export const globalPackage = "dbt";
/** Built-in packages, first match wins. */
export const internalPackages = ["dbt_duckdb", "dbt"];

export interface MacroEntry {
  node: MacroNode;
  /** Parsed when first called. */
  definition: MacroDefinition;
  /** What the build of the built-in packages has found out, so that nothing is parsed for it. */
  known?: KnownMacro;
}

export interface KnownMacro {
  /** What it may call. */
  calls: readonly string[];
  /** `depends_on.macros` as long as no project defines one of {@link mentions}. */
  dependsOn: readonly string[];
  mentions: readonly string[];
}

/**
 * Every macro of a project and its packages, and dbt's rules for finding one.
 * Source of the rules: dbt-core context/macros.py, context/macro_resolver.py, contracts/graph/manifest.py.
 */
export class MacroTable {
  readonly root: string;
  readonly #packages = new Map<string, Map<string, MacroEntry>>();

  constructor(root: string) {
    this.root = root;
  }

  /** Adds a macro; the same name twice in one package is an error. */
  add(node: MacroNode, definition: MacroDefinition, known?: KnownMacro): void {
    let macros = this.#packages.get(node.package_name);
    if (!macros) this.#packages.set(node.package_name, (macros = new Map()));
    const existing = macros.get(node.name);
    if (existing) {
      throw engineError("duplicate", {
        message: `dbt found multiple macros named "${node.name}" in the project "${node.package_name}".\nTo fix this error, rename or remove one of the following macros:\n    - ${existing.node.original_file_path}\n    - ${node.original_file_path}`,
        place: { file: node.original_file_path },
        hint: "Rename or remove one of the two.",
      });
    }
    macros.set(node.name, { node, definition, ...(known ? { known } : {}) });
  }

  /** The macros of one package by name. */
  package(name: string): ReadonlyMap<string, MacroEntry> | undefined {
    return this.#packages.get(name);
  }

  /** Names of packages that templates reach as namespaces: everything that is not built in. */
  *namespaces(): Iterable<string> {
    for (const name of this.#packages.keys()) if (!internalPackages.includes(name)) yield name;
  }

  /** A built-in macro, the adapter's before dbt's. */
  internal(name: string): MacroEntry | undefined {
    for (const packageName of internalPackages) {
      const found = this.#packages.get(packageName)?.get(name);
      if (found) return found;
    }
    return undefined;
  }

  /** What an unqualified call from a node of `packageName` finds: its own package, the root project, the built-ins. */
  lookup(name: string, packageName: string): MacroEntry | undefined {
    return (
      this.#packages.get(packageName)?.get(name) ?? this.#packages.get(this.root)?.get(name) ?? this.internal(name)
    );
  }

  /** Whether a template can write `name.macro()`. */
  isNamespace(name: string): boolean {
    return name === globalPackage || (this.#packages.has(name) && !internalPackages.includes(name));
  }

  /** `namespace.name`; the namespace `dbt` merges both built-in packages. */
  inNamespace(namespace: string, name: string): MacroEntry | undefined {
    return namespace === globalPackage ? this.internal(name) : this.#packages.get(namespace)?.get(name);
  }

  /** All names in a namespace, for `{{ dbt_utils }}`-style iteration and error hints. */
  namesIn(namespace: string): string[] {
    const packages = namespace === globalPackage ? internalPackages : [namespace];
    return packages.flatMap((p) => [...(this.#packages.get(p)?.keys() ?? [])]);
  }

  /** The macro of a generic test: a package's own, the root's, any package's, dbt's. Source: dbt-core context/macro_resolver.py. */
  byName(name: string, packageName: string): MacroEntry | undefined {
    const own = this.#packages.get(packageName)?.get(name) ?? this.#packages.get(this.root)?.get(name);
    if (own) return own;
    const others = [...this.#packages].filter(([p, macros]) => !internalPackages.includes(p) && macros.has(name));
    return others.at(-1)?.[1].get(name) ?? this.internal(name);
  }

  /** A macro that the engine calls by itself, found as from the root project. */
  find(name: string, packageName?: string): MacroEntry | undefined {
    if (packageName === undefined) return this.lookup(name, this.root) ?? this.#anywhere(name);
    return packageName === globalPackage ? this.internal(name) : this.#packages.get(packageName)?.get(name);
  }

  #anywhere(name: string): MacroEntry | undefined {
    for (const macros of this.#packages.values()) {
      const found = macros.get(name);
      if (found) return found;
    }
    return undefined;
  }

  /**
   * `generate_<component>_name`: the root project's, else dbt's own; for a package's nodes its own one wins.
   * Other packages' overrides do not count. Source: dbt-core Manifest.find_generate_macro_by_name, parser/base.py RelationUpdate.
   */
  generateName(component: "schema" | "alias" | "database", nodePackage: string): MacroEntry | undefined {
    const name = `generate_${component}_name`;
    if (nodePackage !== this.root) {
      const own = this.#packages.get(nodePackage)?.get(name);
      if (own && !internalPackages.includes(nodePackage)) return own;
    }
    return this.#packages.get(this.root)?.get(name) ?? this.internal(name);
  }

  /**
   * The macro of a materialization: adapter-specific before default; at the same specificity root project, then packages, then built-in.
   * A package replaces a built-in one only when the project asks for the old rule, `packagesOverride`. Source: dbt-core Manifest.find_materialization_macro_by_name.
   */
  materialization(name: string, packagesOverride = false): MacroEntry | undefined {
    for (const suffix of ["duckdb", "default"]) {
      const macroName = `materialization_${name}_${suffix}`;
      const inRoot = this.#packages.get(this.root)?.get(macroName);
      if (inRoot) return inRoot;
      const builtIn = this.internal(macroName);
      if (builtIn && !packagesOverride) return builtIn;
      if (suffix === "duckdb" && !packagesOverride && this.internal(`materialization_${name}_default`)) continue;
      for (const [packageName, macros] of this.#packages) {
        const found = macros.get(macroName);
        if (found && !internalPackages.includes(packageName)) return found;
      }
      if (builtIn) return builtIn;
    }
    return undefined;
  }

  /**
   * The candidates of `adapter.dispatch(name, namespace)` in search order: packages outside, prefixes inside.
   * Source: dbt-core context/providers.py BaseDatabaseWrapper.dispatch.
   */
  dispatch(
    name: string,
    namespace: string | null,
    searchOrder: string[] | undefined,
    nodePackage: string,
    /** A generic test sees the macros of all packages by their bare names. */
    flat = false,
  ): { found?: MacroEntry; attempts: string[]; missingPackage?: string } {
    let packages: (string | null)[] = [null];
    if (namespace !== null) {
      if (searchOrder && searchOrder.length > 0) packages = searchOrder;
      else if (this.isNamespace(namespace)) packages = [this.root, namespace];
    }
    const attempts: string[] = [];
    for (const packageName of packages) {
      for (const prefix of ["duckdb", "default"]) {
        const candidate = `${prefix}__${name}`;
        attempts.push(packageName === null ? candidate : `${packageName}.${candidate}`);
        const found =
          packageName !== null
            ? this.inNamespace(packageName, candidate)
            : flat
              ? this.byName(candidate, nodePackage)
              : this.lookup(candidate, nodePackage);
        if (found) return { found, attempts };
      }
    }
    return { attempts };
  }

  *all(): Iterable<MacroEntry> {
    for (const macros of this.#packages.values()) yield* macros.values();
  }
}
