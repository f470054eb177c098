import type { GraphNode, Manifest, OtherNode, SourceNode } from "../manifest/types.ts";

const refable = new Set(["model", "seed", "snapshot"]);

/** Finds nodes by the names that ref() and source() use. Built from a manifest in one pass; rebuild when nodes change. */
export class NodeLookup {
  /** name (or `name.v2`) → package → unique id */
  readonly #refs = new Map<string, Map<string, string>>();
  readonly #disabled = new Map<string, (GraphNode | SourceNode | OtherNode)[]>();
  readonly #sources = new Map<string, Map<string, string>>();
  readonly #functions = new Map<string, Map<string, string>>();
  readonly #manifest: Manifest;

  /** Whether a package's ref() looks in its own package before the root project. */
  readonly packageFirst: boolean;

  constructor(manifest: Manifest, options: { packageFirst?: boolean } = {}) {
    this.#manifest = manifest;
    this.packageFirst = options.packageFirst ?? false;
    for (const node of Object.values(manifest.nodes)) {
      if (!refable.has(node.resource_type)) continue;
      for (const key of refKeys(node)) put(this.#refs, key, node);
    }
    for (const source of Object.values(manifest.sources))
      put(this.#sources, `${source.source_name}.${source.name}`, source);
    for (const node of Object.values(manifest.functions)) put(this.#functions, node.name, node);
    for (const nodes of Object.values(manifest.disabled)) {
      const [first] = nodes;
      if (!first) continue;
      const keys =
        first.resource_type === "source"
          ? [`${(first as SourceNode).source_name}.${first.name}`]
          : refKeys(first as GraphNode);
      for (const key of keys) this.#disabled.set(key, [...(this.#disabled.get(key) ?? []), ...nodes]);
    }
  }

  /** The node that `ref(name)` means in `packageName` (any package when null). With a version, only that one. */
  ref(name: string, packageName: string | null, version: string | number | null): GraphNode | undefined {
    const key = version === null ? name : `${name}.v${version}`;
    const id = pick(this.#refs.get(key), packageName);
    const node = id === undefined ? undefined : this.#manifest.nodes[id];
    if (node?.version !== undefined && node.version !== null && version === null && node.latest_version !== null) {
      const latest = pick(this.#refs.get(`${name}.v${node.latest_version}`), packageName);
      return latest === undefined ? node : this.#manifest.nodes[latest];
    }
    return node;
  }

  /** Packages in which the name exists. */
  packagesOf(name: string): string[] {
    return [...(this.#refs.get(name)?.keys() ?? [])];
  }

  source(sourceName: string, tableName: string, packageName: string | null): SourceNode | undefined {
    const id = pick(this.#sources.get(`${sourceName}.${tableName}`), packageName);
    return id === undefined ? undefined : this.#manifest.sources[id];
  }

  /** The function of that name in `packageName` (any package when null). */
  function(name: string, packageName: string | null): GraphNode | undefined {
    const id = pick(this.#functions.get(name), packageName);
    return id === undefined ? undefined : this.#manifest.functions[id];
  }

  /** Disabled nodes of that name, for hints and for properties that enable them. */
  disabled(
    name: string,
    packageName: string | null,
    version: string | number | null = null,
  ): (GraphNode | SourceNode | OtherNode)[] {
    const found = this.#disabled.get(version === null ? name : `${name}.v${version}`) ?? [];
    return packageName === null ? found : found.filter((n) => n.package_name === packageName);
  }

  /** Every name that ref() could mean, for "did you mean". */
  refNames(): Iterable<string> {
    return this.#refs.keys();
  }
  functionNames(): Iterable<string> {
    return this.#functions.keys();
  }
  sourceNames(): Iterable<string> {
    return this.#sources.keys();
  }
}

/** A versioned model answers to `name.vN`, and to its bare name when it is the latest. */
function refKeys(node: GraphNode): string[] {
  if (node.version === null || node.version === undefined) return [node.name];
  const keys = [`${node.name}.v${node.version}`];
  if (String(node.version) === String(node.latest_version)) keys.push(node.name);
  return keys;
}

function put(
  map: Map<string, Map<string, string>>,
  key: string,
  node: { package_name: string; unique_id: string },
): void {
  let packages = map.get(key);
  if (!packages) map.set(key, (packages = new Map()));
  packages.set(node.package_name, node.unique_id);
}

function pick(packages: Map<string, string> | undefined, packageName: string | null): string | undefined {
  if (!packages) return undefined;
  return packageName === null ? packages.values().next().value : packages.get(packageName);
}
