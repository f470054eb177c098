import { join } from "node:path";
import { fromPlain, repr } from "#jinja/index.ts";
import type { PlainRecord } from "../manifest/types.ts";
import { readError } from "./errors.ts";
import { renderTree } from "./render.ts";
import { configScope, type ScopeOptions } from "./scope.ts";
import { readText } from "./text-file.ts";
import { parseYaml } from "./yaml/index.ts";

type Path = (string | number)[];
const isRecord = (value: unknown): value is PlainRecord =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const py = (value: unknown): string => repr(fromPlain(value as PlainRecord));

/**
 * Checks catalogs.yml, which names catalogs outside of the database. DuckDB takes none, so a valid one is refused as well.
 * Source of behaviour: dbt-core config/catalogs.py. Errors: READ-001, READ-011.
 */
export function checkCatalogs(root: string, options: ScopeOptions, newForm: boolean): void {
  const file = join(root, "catalogs.yml");
  const source = readText(file);
  if (source === undefined) return;
  const document = parseYaml(source, file);
  const refuse = (message: string, path: Path = [], hint = "Correct the catalog."): never => {
    throw readError("catalogs", { message, place: { file, ...document.position(path), source }, hint });
  };
  if (!isRecord(document.data))
    return refuse(`The file at ${file} is empty`, [], "Write `catalogs:` into it, or delete it.");
  const data = document.data;
  const other = newForm
    ? Object.keys(data)
        .filter((key) => key !== "catalogs")
        .sort()
    : [];
  if (other.length > 0) refuse(`Unknown top-level keys in catalogs.yml: ${py(other)}. Only 'catalogs' is allowed`);
  const list = data.catalogs ?? [];
  if (!Array.isArray(list)) return refuse("'catalogs' in catalogs.yml must be a list", ["catalogs"]);
  const scope = configScope({ ...options, secrets: true });
  const seen = new Set<string>();
  const types = list.map((raw, i) => {
    const path: Path = ["catalogs", i];
    const entry = renderTree(raw, { file, scope, document, source, secrets: options.env }, path);
    if (!isRecord(entry)) return refuse("Each entry in catalogs.yml 'catalogs' must be a mapping", path);
    const check = newForm ? newEntry : oldEntry;
    const type = check(entry, (message) => refuse(message, path));
    if (seen.has(String(entry.name))) refuse(`Duplicate catalog name '${String(entry.name)}' in catalogs.yml`, path);
    seen.add(String(entry.name));
    return type;
  });
  if (types.length === 0) return;
  refuse(
    newForm
      ? "Adapter 'duckdb' does not support catalogs.yml v2 yet."
      : `Catalog type is not supported.\nReceived: ${types[0]}\nExpected one of: `,
    ["catalogs", 0],
    "Attach the other database in the profile instead.",
  );
}

/** An entry with `write_integrations`; gives the type of the active one. */
function oldEntry(entry: PlainRecord, refuse: (message: string) => never): string {
  const name = String(entry.name);
  const integrations = (Array.isArray(entry.write_integrations) ? entry.write_integrations : []).filter(isRecord);
  const names = integrations.map((integration) => String(integration.name));
  const twice = names.find((one, i) => names.indexOf(one) !== i);
  if (twice !== undefined)
    refuse(`Catalog '${name}' cannot have multiple 'write_integrations' with the same name: '${twice}'.`);
  const active = entry.active_write_integration ?? (names.length === 1 ? names[0] : undefined);
  if (!active) {
    return refuse(
      `Catalog '${name}' must specify an 'active_write_integration' when multiple 'write_integrations' are provided.`,
    );
  }
  const chosen = integrations.find((integration) => integration.name === active);
  if (!chosen) {
    return refuse(
      `Catalog '${name}' must specify an 'active_write_integration' from its set of defined 'write_integrations': ${py(names)}. Got: '${String(active)}'.`,
    );
  }
  return String(chosen.catalog_type);
}

const keys = ["config", "name", "table_format", "type"];
const formats = ["default", "iceberg"];

/** An entry of the newer form (`use_catalogs_v2`); gives its type. */
function newEntry(entry: PlainRecord, refuse: (message: string) => never): string {
  const unknown = Object.keys(entry)
    .filter((key) => !keys.includes(key))
    .sort();
  if (unknown.length > 0) refuse(`Unknown keys in catalog entry: ${py(unknown)}. Allowed keys: ${py(keys)}`);
  const missing = ["name", "type", "table_format", "config"].filter((key) => !Object.hasOwn(entry, key));
  if (missing.length > 0) refuse(`Missing required keys in catalog entry: ${py(missing)}`);
  if (typeof entry.name !== "string" || entry.name.trim() === "") refuse("catalogs[].name must be a non-empty string");
  if (!formats.includes(String(entry.table_format).toLowerCase()))
    refuse(`Invalid table_format '${String(entry.table_format)}'. Must be one of ${py(formats)}`);
  if (!isRecord(entry.config)) return refuse(`Catalog '${String(entry.name)}' config must be a mapping`);
  for (const [platform, block] of Object.entries(entry.config))
    if (block !== null && !isRecord(block))
      refuse(`Catalog '${String(entry.name)}' config.${platform} must be a mapping`);
  return String(entry.type).toLowerCase();
}
