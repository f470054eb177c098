import { createRequire } from "node:module";

type Binding = typeof import("@duckdb/node-api");

let loaded: Binding | undefined;

/** DuckDB's binding. It is loaded with the first database that is opened: a third of the start of a command without one. */
export async function binding(): Promise<Binding> {
  return (loaded ??= await import("@duckdb/node-api"));
}

/** The same, now: for what cannot wait. */
export function bindingNow(): Binding {
  return (loaded ??= createRequire(import.meta.url)("@duckdb/node-api") as Binding);
}
