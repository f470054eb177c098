import { mapOf, objectOf, type Schema } from "../schema.ts";
import { doorExpectation, type ExpectationEntry } from "./expectation.ts";
import { api, type ApiEntry, step, type StepEntry } from "./records.ts";

export const loadModes = ["append", "replace", "merge", "snapshot"] as const;
/** append: every row is new; replace: the files are the whole table; merge: last one wins by key; snapshot: every delivery is kept. */
export type LoadMode = (typeof loadModes)[number];

export const driftPolicies = ["evolve", "freeze", "discard_columns", "quarantine_rows"] as const;
export type DriftPolicy = (typeof driftPolicies)[number];

export const fileFormats = ["csv", "json", "parquet", "excel"] as const;
export type FileFormat = (typeof fileFormats)[number];

export const contractOrigins = ["declared", "proposed"] as const;
export type ContractOrigin = (typeof contractOrigins)[number];

export interface ColumnEntry {
  /** DuckDB's type. */
  type: string;
  nullable?: boolean;
  /** strptime format of a DATE or TIMESTAMP. */
  format?: string;
}

/** One entry of `sources:` as written. */
export interface SourceEntry {
  name: string;
  table?: string;
  /** One of `path`, `api` and `step`: where the rows come from. */
  path?: string | string[];
  api?: ApiEntry;
  step?: StepEntry;
  format?: FileFormat;
  /** json: nested objects become columns of their own. */
  flatten?: boolean;
  /** json: where the list of records is. */
  records?: string;
  /** excel */
  sheet?: string;
  settle?: string;
  delimiter?: string;
  quote?: string;
  escape?: string;
  header?: boolean;
  /** csv, excel */
  skip_lines?: number;
  encoding?: "utf-8" | "utf-16" | "latin-1";
  null_values?: string | string[];
  date_format?: string;
  timestamp_format?: string;
  decimal_separator?: string;
  /** Whose word the columns are: `proposed` ones come from the data, and drift may widen them. */
  contract?: ContractOrigin;
  columns?: Record<string, string | ColumnEntry>;
  key?: string | string[];
  mode?: LoadMode;
  order_by?: string;
  drift?: DriftPolicy;
  max_rejects?: number | string;
  lineage?: boolean;
  expectations?: ExpectationEntry[];
}

const some: Schema = { type: "string", minLength: 1 };
const someOrList = (description: string): Schema => ({
  anyOf: [some, { type: "array", items: some, minItems: 1 }],
  description,
});
const identifier: Schema = {
  type: "string",
  pattern: "^[A-Za-z_][A-Za-z0-9_]*$",
  patternHint: "a name of letters, digits and underscores that starts with a letter",
};
const character: Schema = { type: "string", maxLength: 1, patternHint: "one character" };

/** One source: files, an API or a program that fills one table of the `raw` schema. */
export const source = objectOf<SourceEntry>(
  {
    name: { ...identifier, description: "Name of the source, unique in the lab." },
    table: { ...identifier, description: "Table in the `raw` schema. Default: the name." },
    path: someOrList("File or pattern, relative to the lab's raw folder: `orders_*.csv`."),
    api,
    step,
    format: {
      type: "string",
      enum: fileFormats,
      description: "Format of the files; by the ending of `path` when missing, and csv when that says nothing.",
    },
    flatten: {
      type: "boolean",
      default: false,
      description: "json: nested objects become columns (`address_city`) instead of one JSON column.",
    },
    records: { ...some, description: "json: path of the list of records in a document, such as `data.items`." },
    sheet: { ...some, description: "excel: the sheet by its name; the first visible one when missing." },
    settle: {
      type: "string",
      pattern: "^[0-9]+ ?(ms|s|seconds?|m|min|minutes?)$",
      patternHint: "a time such as `500 ms` or `2 seconds`",
      description: "How long a file must stand still before it is loaded. Default 500 ms.",
    },
    delimiter: {
      type: "string",
      minLength: 1,
      maxLength: 4,
      patternHint: "one to four characters",
      description: "Found by itself when missing.",
    },
    quote: { ...character, description: "Quote character; empty for none." },
    escape: { ...character, description: "Escape character inside quotes." },
    header: { type: "boolean", description: "The first line has the column names." },
    skip_lines: {
      type: "integer",
      minimum: 0,
      maximum: 1000,
      description:
        "csv, excel: lines above the header that are no data (titles, comments). Excel's `sep=;` is known by itself.",
    },
    encoding: { type: "string", enum: ["utf-8", "utf-16", "latin-1"], default: "utf-8", description: "Encoding." },
    null_values: {
      anyOf: [{ type: "string" }, { type: "array", items: { type: "string" }, minItems: 1 }],
      description: "Texts that mean a missing value.",
    },
    date_format: { ...some, description: "strptime format of dates: `%d.%m.%Y`." },
    timestamp_format: { ...some, description: "strptime format of timestamps." },
    decimal_separator: { type: "string", enum: [".", ","], description: "Decimal separator of numbers." },
    contract: {
      type: "string",
      enum: contractOrigins,
      default: "declared",
      description: "proposed: the columns come from the first load, and `drift: evolve` may widen them.",
    },
    columns: mapOf(
      {
        anyOf: [
          some,
          objectOf<ColumnEntry>(
            {
              type: { ...some, description: "DuckDB's type." },
              nullable: { type: "boolean", default: true, description: "Whether values may be missing." },
              format: { ...some, description: "strptime format of a DATE or TIMESTAMP: `%d.%m.%Y`." },
            },
            ["type"],
          ),
        ],
      },
      "The contract: columns by name with DuckDB's types (`amount: DECIMAL(12,2)`).",
    ),
    key: someOrList("Column or columns that identify a row."),
    mode: {
      type: "string",
      enum: loadModes,
      default: "append",
      description:
        "append rows; replace the table; merge by key (last one wins); snapshot: keep every delivery with its time.",
    },
    order_by: { ...some, description: "merge: the row with the greatest value of this column wins; else the last." },
    drift: {
      type: "string",
      enum: driftPolicies,
      default: "evolve",
      description: "When the columns change: add them, refuse the file, ignore new columns, or quarantine the rows.",
    },
    max_rejects: {
      anyOf: [
        { type: "integer", minimum: 0 },
        {
          type: "string",
          pattern: "^[0-9]+(\\.[0-9]+)?%$",
          patternHint: "a number of rows or a share such as `1%`",
        },
      ],
      description: "More rejected rows than this (a number, or a share such as `1%`) fail the load.",
    },
    lineage: {
      type: "boolean",
      default: false,
      description: "Add the columns _file, _row, _load_id and _loaded_at.",
    },
    expectations: { type: "array", items: doorExpectation, description: "Checked while loading." },
  },
  ["name"],
);
