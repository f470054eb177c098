import { quoteLiteral } from "#duck/index.ts";
import { isLabsError } from "#errors/index.ts";
import { exceptionName, type AdapterSession } from "../adapter/session.ts";

/** A column as its name and DuckDB's name of its type. */
export type Column = [name: string, type: string];

/** What a Python model reads: rows in a file, or why they could not be read. */
export type InputTable = {
  /** As it stands in the model's code: `"db"."schema"."name"`, a subquery, a path. */
  text: string;
  /** Database, schema and name, when the text is a relation's. */
  path: [string, string, string] | null;
} & ({ file: string; columns: Column[] } | { error: string; exception: string });

/** Types that a Parquet file would change: they are written as text, and cast back when they are read. */
export const inexactTypes =
  "HUGEINT|ENUM\\(|INTERVAL|\\bBIT\\b|\\bTIME WITH TIME ZONE|\\bTIME_NS|BIGNUM|VARINT|GEOMETRY";
const inexact = new RegExp(inexactTypes);

const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const castAs = ([name, type]: Column, target = type): string => `cast(${quote(name)} as ${target}) as ${quote(name)}`;

/** Writes the rows behind `text` to `folder/file`, in their order and with the types that the session sees. */
export async function writeTable(
  session: AdapterSession,
  text: string,
  folder: string,
  file: string,
): Promise<InputTable> {
  const path = relationPath(text);
  try {
    const { rows } = await session.select(`describe select * from ${text}`);
    const columns = rows.map(([name, type]): Column => [String(name), type === '"NULL"' ? "INTEGER" : String(type)]);
    const carried = columns.map((c) => castAs(c, inexact.test(c[1]) ? "VARCHAR" : c[1])).join(", ");
    await session.execute(
      `copy (select ${carried} from ${text}) to ${quoteLiteral(`${folder}/${file}`)} (format parquet)`,
    );
    return { text, path, file, columns };
  } catch (error) {
    if (!isLabsError(error) || session.signal.aborted) throw error;
    return { text, path, error: error.message, exception: exceptionName(error.message) };
  }
}

/** `select` that reads such a file back. */
export const readTable = (folder: string, file: string, columns: Column[]): string =>
  `select ${columns.map((c) => castAs(c)).join(", ")} from read_parquet(${quoteLiteral(`${folder}/${file}`)})`;

const part = String.raw`(?:"((?:[^"]|"")+)"|(\w+))`;
const relation = new RegExp(String.raw`^${part}\.${part}\.${part}$`);

function relationPath(text: string): [string, string, string] | null {
  const found = relation.exec(text);
  if (!found) return null;
  const name = (i: number) => found[i]?.replaceAll('""', '"') ?? found[i + 1] ?? "";
  return [name(1), name(3), name(5)];
}
