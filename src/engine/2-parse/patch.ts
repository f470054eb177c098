import { fromPlain, PyDate, repr } from "#jinja/index.ts";
import { cloneData, isRecord } from "../context/data.ts";
import type { ColumnInfo, PlainRecord } from "../manifest/types.ts";
import { engineError } from "../errors.ts";
import { asList } from "./columns.ts";
import { invalid } from "./section.ts";
import type { Entry } from "./state.ts";

/** Everything that a properties entry says about a node. */
export interface Patch {
  entry: Entry;
  name: string;
  description: string;
  columns: Record<string, ColumnInfo>;
  config: PlainRecord;
  /** The same as written, before Jinja. */
  written: PlainRecord | undefined;
  access: unknown;
  constraints: unknown[];
  version: string | number | null;
  latestVersion: string | number | null;
  deprecationDate: unknown;
  timeSpine: unknown;
}

/** Keys that may stand beside `config:` for history's sake, but not in both places. Source: dbt-core parser/schemas.py normalize_*_attribute. */
const movedToConfig = ["meta", "docs", "group", "contract", "access"];

/** `config:` of an entry alone. */
export function ownConfig(entry: Entry, data: PlainRecord): PlainRecord {
  if (data.config !== undefined && data.config !== null && !isRecord(data.config))
    throw invalid(entry, [...entry.path, "config"], "config must be a mapping");
  return isRecord(data.config) ? cloneData(data.config) : {};
}

/** `config:` of an entry with the legacy top-level keys folded in. */
export function patchConfig(entry: Entry, data: PlainRecord): PlainRecord {
  const config = ownConfig(entry, data);
  for (const key of movedToConfig) {
    if (data[key] === undefined) continue;
    if (key in config) {
      const { file, document, path } = entry;
      throw engineError("parsing", {
        message: `In ${file.path}: found ${key} dictionary in 'config' dictionary and as top-level key.\n                    Remove the top-level key and define it under 'config' dictionary only.`,
        place: { file: file.path, ...document.position([...path, key]), source: file.contents },
        hint: `Keep ${key} under config: only.`,
      });
    }
    if (data[key] !== null) config[key] = cloneData(data[key]);
  }
  return config;
}

/** `config:` of an entry, or of one of its versions, as written: before Jinja. */
export function writtenConfig(entry: Entry, version?: string | number): PlainRecord | undefined {
  let written: unknown = entry.document.data;
  for (const part of entry.path) written = (written as Record<string | number, unknown> | undefined)?.[part];
  if (version !== undefined)
    written = asList((written as PlainRecord).versions).find((v) => isRecord(v) && v.v === version);
  return isRecord(written) && isRecord(written.config) ? written.config : undefined;
}

/** `deprecation_date` as dbt keeps it: midnight for a day, in the machine's zone without one. Source: dbt-core contracts/graph/unparsed.py normalize_date. */
export function deprecationDate(entry: Entry, value: unknown): string | null {
  if (value === null || value === undefined) return null;
  const text = value instanceof PyDate ? value.isoformat() : String(value).trim();
  if (Number.isNaN(Date.parse(text)))
    throw invalid(
      entry,
      entry.path,
      `Field "deprecation_date" of type Optional[datetime] has invalid value ${repr(fromPlain(value))}`,
      "Write a date such as 2026-12-31.",
    );
  const full = /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00` : text.replace(" ", "T").replace(/Z$/, "+00:00");
  if (/[+-]\d\d:\d\d$/.test(full)) return full;
  const minutes = -new Date(full).getTimezoneOffset();
  const two = (n: number): string => String(Math.trunc(n)).padStart(2, "0");
  return `${full}${minutes < 0 ? "-" : "+"}${two(Math.abs(minutes) / 60)}:${two(Math.abs(minutes) % 60)}`;
}
