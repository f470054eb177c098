import { isRecord } from "../context/data.ts";
import { warn } from "../context/runtime.ts";
import { engineError } from "../errors.ts";
import type { PlainRecord } from "../manifest/types.ts";
import { asList } from "./columns.ts";
import type { SourceEntry } from "./source-entry.ts";
import { collectErrors, duplicateFix, type ParseState } from "./state.ts";

/** A source entry with `overrides:`: what one project says about the source of another. Source: dbt-core parser/sources.py SourcePatcher. */
class SourceOverride {
  readonly entry: SourceEntry;
  readonly #tables: Map<string, PlainRecord>;
  readonly #used = new Set<string>();
  #found = false;

  constructor(entry: SourceEntry) {
    this.entry = entry;
    const tables = asList(entry.source.tables).filter(isRecord);
    this.#tables = new Map(tables.map((table) => [String(table.name), table]));
  }

  /** A table of the overridden source with both levels laid over it. An override always resets config and freshness. */
  apply(item: SourceEntry): SourceEntry {
    this.#found = true;
    const { name: _name, overrides: _overrides, tables: _tables, ...source } = this.entry.source;
    const patched: SourceEntry = { ...item, source: { ...item.source, config: {}, freshness: undefined, ...source } };
    const name = String(item.table.name);
    const table = this.#tables.get(name);
    if (!table) return patched;
    this.#used.add(name);
    return { ...patched, table: { ...item.table, quoting: {}, freshness: undefined, ...table } };
  }

  /** Lines for what matched nothing. */
  unused(): string[] {
    const { overrides, source, section } = this.entry;
    const name = `${overrides}.${String(source.name)}`;
    if (!this.#found) return [`  - Source ${name} (in ${section.file.path})`];
    const tables = [...this.#tables.keys()].filter((table) => !this.#used.has(table)).sort();
    return tables.map((table) => `  - Source table ${name}.${table} (in ${section.file.path})`);
  }
}

/** Overrides by `package.source`; a source may be overridden once. */
export function sourceOverrides(state: ParseState, entries: SourceEntry[]): Map<string, SourceOverride> {
  const found = new Map<string, SourceOverride>();
  for (const entry of entries) {
    if (entry.overrides === undefined) continue;
    const key = `${entry.overrides}.${String(entry.source.name)}`;
    const other = found.get(key);
    if (!other) {
      found.set(key, new SourceOverride(entry));
      continue;
    }
    collectErrors(state, () => {
      const { file } = entry.section;
      throw engineError("duplicate", {
        message: `dbt found two schema.yml entries for the same source named ${String(entry.source.name)} in package ${entry.overrides}. Sources may only be overridden a single time. To fix this, ${duplicateFix(other.entry.section.file.path, file.path, key, "sources")}`,
        place: { file: file.path, ...entry.entry.document.position(entry.entry.path), source: file.contents },
        hint: "Merge the two entries.",
      });
    });
  }
  return found;
}

export function warnUnused(state: ParseState, overrides: SourceOverride[]): void {
  const lines = overrides.flatMap((override) => override.unused());
  if (lines.length === 0) return;
  const text = `During parsing, dbt encountered source overrides that had no target:\n${lines.join("\n")}\n`;
  warn(state.runtime, text, { name: "UnusedTables", code: "I056" });
}
