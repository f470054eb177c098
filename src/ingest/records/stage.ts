import { type Connection, quoteLiteral } from "#duck/index.ts";
import type { SourceConfig } from "#registry/index.ts";
import { type TypedRows, typedFromText } from "../load/typed.ts";
import type { Agreement } from "./agree.ts";
import type { ObservedColumn } from "./shape.ts";

/** Temporary tables: records as text, and typed. */
export const stage = "labs_records";
export const typedTable = "labs_typed";

/** Reads lines of the spool into {@link stage}. */
export async function stageRecords(
  connection: Connection,
  lines: { file: string; longestLine: number },
  columns: ObservedColumn[],
): Promise<void> {
  const names = columns.map(({ staged }) => staged);
  const types = ["n: 'BIGINT'", "raw: 'VARCHAR'", "problem: 'VARCHAR'", ...names.map((name) => `${name}: 'VARCHAR'`)];
  // The reader takes buffers of this size for every thread.
  const size = Math.max(1 << 20, lines.longestLine + 1024);
  await connection.run(
    `CREATE OR REPLACE TEMP TABLE ${stage} AS SELECT n AS _record, problem AS _problem, raw AS _raw${names.map((name) => `, ${name}`).join("")}
     FROM read_json(${quoteLiteral(literalPath(lines.file))}, format = 'newline_delimited', compression = 'uncompressed', maximum_object_size = ${size}, columns = {${types.join(", ")}})`,
  );
}

/** A path whose own stars and brackets mean themselves to DuckDB. */
const literalPath = (path: string): string => path.replace(/[*?[]/g, (char) => `[${char}]`);

/** Types every record; what does not fit has a problem. */
export async function typeRecords(
  connection: Connection,
  source: SourceConfig,
  agreement: Pick<Agreement, "contract" | "fields" | "unknown">,
): Promise<TypedRows> {
  const { contract, fields, unknown } = agreement;
  const key = new Set(source.key.map((name) => name.toLowerCase()));
  if (unknown.length > 0) {
    const names = unknown.map(({ name, staged }) => `CASE WHEN ${staged} IS NOT NULL THEN ${quoteLiteral(name)} END`);
    await connection.run(
      `UPDATE ${stage} SET _problem = 'columns that the contract does not know: ' || concat_ws(', ', ${names.join(", ")})
       WHERE _problem IS NULL AND coalesce(${unknown.map(({ staged }) => staged).join(", ")}) IS NOT NULL`,
    );
  }
  const required = fields.map(({ column, staged }) => ({
    field: staged,
    // A record without its key could not be told from others.
    column: key.has(column.name.toLowerCase()) ? { ...column, nullable: false } : column,
  }));
  const given = new Set(fields.map(({ column }) => column.name.toLowerCase()));
  const absent = contract.columns.filter(
    ({ name, nullable }) => !given.has(name.toLowerCase()) && (!nullable || key.has(name.toLowerCase())),
  );
  if (absent.length > 0) {
    const why = `a value is missing that must not be: ${absent.map(({ name }) => name).join(", ")}`;
    await connection.run(`UPDATE ${stage} SET _problem = coalesce(_problem, ${quoteLiteral(why)})`);
  }
  const match = { names: [], added: [], ignored: [], quarantineAll: false };
  return typedFromText(stage, required, contract, match);
}
