import { didYouMean } from "#errors/index.ts";
import { cliErrors } from "../errors.ts";
import { answerFormats, type AnswerFormat } from "../look/answer.ts";

/** What a line that begins with a dot asks for. */
export type DotCommand =
  | { what: "help" | "exit" | "refresh" }
  /** SQL that answers it. */
  | { what: "ask"; sql: string }
  | { what: "mode"; format: AnswerFormat }
  | { what: "limit"; rows: number };

export const dotHelp = `Statements end with a semicolon and may have many lines. Before one:

  .tables [part]      tables and views, with rows; those whose name has the part
  .schema [table]     columns and types
  .mode <format>      ${answerFormats.join(", ")}
  .limit <rows>       rows that are shown; 0 for all
  .refresh            take the version that is published now
  .help               this
  .exit               leave; so does ctrl-D

ctrl-C cancels a running statement, or takes back what was typed.
`;

const names = ["tables", "schema", "mode", "limit", "refresh", "help", "exit"];

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

const own = "database_name = current_database() AND schema_name NOT IN ('_labs', 'information_schema', 'pg_catalog')";

/** Reads a line that begins with a dot. Errors: CLI-002. */
export function dotCommand(line: string): DotCommand {
  const [word = "", ...rest] = line.trim().slice(1).split(/\s+/);
  const argument = rest.join(" ").replace(/;$/, "");
  switch (word.replace(/;$/, "")) {
    case "help":
      return { what: "help" };
    case "exit":
    case "quit":
      return { what: "exit" };
    case "refresh":
      return { what: "refresh" };
    case "tables":
      return {
        what: "ask",
        sql: `SELECT schema_name AS schema, table_name AS name, 'table' AS type, estimated_size AS rows, column_count AS columns FROM duckdb_tables()
          WHERE ${own} AND contains(lower(schema_name || '.' || table_name), lower(${literal(argument)}))
          UNION ALL SELECT schema_name, view_name, 'view', NULL, column_count FROM duckdb_views()
          WHERE ${own} AND NOT internal AND contains(lower(schema_name || '.' || view_name), lower(${literal(argument)})) ORDER BY 1, 2`,
      };
    case "schema":
      return {
        what: "ask",
        sql: `SELECT schema_name || '.' || table_name AS "table", column_name AS "column", data_type AS type, is_nullable AS nullable, comment FROM duckdb_columns()
          WHERE ${own} AND NOT internal AND (${literal(argument)} = '' OR lower(${literal(argument.replaceAll('"', ""))}) IN (lower(table_name), lower(schema_name || '.' || table_name)))
          ORDER BY schema_name, table_name, column_index`,
      };
    case "mode": {
      const format = answerFormats.find((known) => known === argument);
      if (format) return { what: "mode", format };
      throw cliErrors.usage({
        message: `\`${argument}\` is no mode.`,
        hint: `Use one of ${answerFormats.join(", ")}.`,
      });
    }
    case "limit":
      if (/^\d{1,15}$/.test(argument)) return { what: "limit", rows: Number(argument) };
      throw cliErrors.usage({ message: ".limit takes a whole number; 0 shows all rows." });
    default: {
      const meant = didYouMean(word, names);
      throw cliErrors.usage({
        message: `There is no command .${word}.`,
        hint: meant ? `Did you mean \`.${meant}\`?` : "`.help` shows what there is.",
      });
    }
  }
}
