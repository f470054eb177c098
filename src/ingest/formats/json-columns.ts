import { type Connection, quoteLiteral } from "#duck/index.ts";
import { ingestErrors } from "../errors.ts";

/** A column of JSON records. */
export interface JsonColumn {
  name: string;
  /** JSON pointer to its value. */
  pointer: string;
  /** What its values were: DuckDB's word for a scalar (`UBIGINT`, `VARCHAR` …), `JSON` for anything else. */
  kind: string;
}

type Structure = string | [Structure] | { [key: string]: Structure };

/**
 * The columns of records: their keys, or with `flatten` the keys of nested objects too, joined by `_`. Objects that are
 * something else in another record, and lists, are one column of JSON. Errors: ING-004 for two columns of one name.
 */
export async function jsonColumns(
  connection: Connection,
  relation: string,
  flatten: boolean,
  file: string,
): Promise<JsonColumn[]> {
  // The structure of all records is that of one record of each structure. Asked for all of them at once, DuckDB makes one
  // JSON list of them first, which takes ten times their size in memory.
  const { rows } = await connection.query(
    `SELECT (json_structure('[' || string_agg(one, ',' ORDER BY place) || ']')->0)::VARCHAR
     FROM (SELECT arg_min(_raw, _record) AS one, min(_record) AS place FROM ${relation} WHERE _problem IS NULL GROUP BY json_structure(_raw))`,
  );
  const structure = rows[0]?.[0];
  if (structure === null || structure === undefined) return [];
  const columns: JsonColumn[] = [];
  const seen = new Map<string, string>();
  const walk = (object: { [key: string]: Structure }, prefix: string, pointer: string) => {
    for (const [key, value] of Object.entries(object)) {
      const name = prefix + key;
      const at = `${pointer}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
      const nested = typeof value === "object" && !Array.isArray(value) && Object.keys(value).length > 0;
      if (nested && flatten) {
        walk(value, `${name}_`, at);
        continue;
      }
      const other = seen.get(name.toLowerCase());
      if (other !== undefined) throw sameName(name, other, at, file);
      seen.set(name.toLowerCase(), at);
      columns.push({
        name: name.trim() || `column${columns.length + 1}`,
        pointer: at,
        kind: typeof value === "string" ? value : "JSON",
      });
    }
  };
  // Of objects without any field DuckDB says the word JSON.
  const root = JSON.parse(String(structure)) as Structure;
  if (typeof root === "object" && !Array.isArray(root)) walk(root, "", "");
  return columns;
}

function sameName(name: string, first: string, second: string, file: string) {
  return ingestErrors.badHeader({
    message: `The records have two values for the column \`${name}\`: ${first} and ${second}.`,
    place: { file },
    hint: "Upper and lower case count as the same. Without `flatten: true` nested objects keep their names to themselves.",
    data: { column: name, pointers: [first, second] },
  });
}

/** SQL of a relation that has each column's value as text under its place (`f0`, `f1` …), parsed once a record. */
export function jsonFields(relation: string, columns: (JsonColumn & { asJson: boolean })[]): string {
  const pick = (asJson: boolean) => columns.filter((column) => column.asJson === asJson);
  const list = (some: JsonColumn[]) => `[${some.map(({ pointer }) => quoteLiteral(pointer)).join(", ")}]`;
  const good = "CASE WHEN _problem IS NULL THEN _raw END";
  const [texts, documents] = [pick(false), pick(true)];
  const parts = [
    ...(texts.length > 0 ? [`json_extract_string(${good}, ${list(texts)}) AS texts`] : []),
    ...(documents.length > 0 ? [`json_extract(${good}, ${list(documents)}) AS documents`] : []),
  ];
  const place = { texts: 0, documents: 0 };
  const fields = columns.map((column, i) =>
    column.asJson
      ? `nullif(documents[${++place.documents}]::VARCHAR, 'null') AS f${i}`
      : `texts[${++place.texts}] AS f${i}`,
  );
  return `(SELECT ${["_record", "_problem", "_raw", ...fields].join(", ")} FROM (SELECT ${["*", ...parts].join(", ")} FROM ${relation}))`;
}
