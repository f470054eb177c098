import { createRequire } from "node:module";

type Binding = typeof import("@duckdb/node-api");

let loaded: Binding | undefined;

/** DuckDB's binding. It is loaded with the first database that is opened: a third of the start of a command without one. */
export async function binding(): Promise<Binding> {
  if (loaded) return loaded;
  // Bundled, a CommonJS module has its exports under one name only.
  const found: Binding & { default?: Binding } = await import("@duckdb/node-api");
  return (loaded = found.default ?? found);
}

/** The same, now: for what cannot wait. */
export function bindingNow(): Binding {
  return (loaded ??= createRequire(import.meta.url)("@duckdb/node-api") as Binding);
}
