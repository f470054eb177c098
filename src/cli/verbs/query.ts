import { interruptOnAbort, type QueryResult } from "#duck/index.ts";
import { isLabsError } from "#errors/index.ts";
import { openPublished, publishErrors } from "#publish/index.ts";
import { impliedLab, labOf, workspaceOf, writeJson } from "../context.ts";
import { cliErrors } from "../errors.ts";
import type { Verb, VerbInput } from "../io.ts";
import { csvLine } from "../render/csv.ts";
import { readLab } from "../look/read-lab.ts";
import { renderTable } from "../render/index.ts";

const formats = ["table", "csv"];

export const verb: Verb = {
  arguments: [
    { name: "[lab]", description: "The lab; default: the one of the current folder" },
    { name: "<sql>", description: "One SELECT" },
  ],
  options: [
    { flags: "--live", description: "Ask the working database instead of what is published; waits while the lab runs" },
    { flags: "--at <version>", description: "Ask an older published version; see `labs publish --list`" },
    { flags: "--limit <rows>", description: "At most so many rows; 0 for all", default: "100" },
    { flags: "--format <format>", description: "How rows are written", choices: formats, default: "table" },
    { flags: "--no-wait", description: "With --live: do not wait while the lab is being run" },
  ],
  examples: [
    { command: 'labs query lab1_sales_performance "from gold.gold_product_line_kpis"', does: "What readers see" },
    {
      command: 'labs query lab1_sales_performance "select count(*) from raw.sales_data" --live',
      does: "The working database",
    },
    {
      command: 'labs query lab1_sales_performance "from gold.gold_monthly_sales" --format csv --limit 0 > sales.csv',
      does: "A file",
    },
  ],
  exitNotes: "1 when the query fails or nothing is published yet.",
  async run(input) {
    const { io, global, options } = input;
    const workspace = workspaceOf(input);
    const { name, sql } = request(input);
    const lab = labOf(input, workspace, name);
    const limit = rowLimit(options["limit"]);
    const ask = async (database: Parameters<Parameters<typeof readLab>[2]>[0]): Promise<Answer> => {
      const connection = await database.connect();
      // One row more tells whether there are more; what is no query (DESCRIBE, SHOW) has no LIMIT.
      const whole = limit === 0 || !/^\s*(?:select|with|from|values|table)\b/i.test(sql);
      const text = whole ? sql : `FROM (${sql.replace(/;\s*$/, "")}\n) LIMIT ${limit + 1}`;
      const { columns, rows } = await connection.query(text);
      return { columns, rows: limit === 0 ? rows : rows.slice(0, limit), more: limit > 0 && rows.length > limit };
    };
    let answer: Answer;
    if (options["live"] === true) {
      const reading = { io, wait: options["wait"] !== false, command: `labs query ${lab.name} --live` };
      answer = await readLab(lab, reading, ask);
    } else {
      const version = options["at"];
      const database = await openPublished(lab.paths.database, version === undefined ? undefined : String(version));
      const done = interruptOnAbort(database, io.signal);
      try {
        answer = await ask(database);
      } catch (error) {
        if (!isLabsError(error) || error.code !== "DUCK-003" || !/does not exist/.test(error.message)) throw error;
        throw publishErrors.notInSnapshot({
          message: error.message,
          hint: `This asks what is published; for the working database add --live, and see \`labs publish ${lab.name} --list\`.`,
          cause: error,
        });
      } finally {
        done();
        await database.close();
      }
    }
    tell(input, answer);
    if (global.output !== "json" && answer.more) io.err(`… more rows; --limit 0 shows all\n`);
    return 0;
  },
};

interface Answer extends Pick<QueryResult, "columns" | "rows"> {
  more: boolean;
}

/** Inside a lab's folder the SQL alone is enough. */
function request(input: VerbInput): { name: string | undefined; sql: string } {
  const [first, second] = input.args;
  if (second !== undefined) return { name: first, sql: second };
  if (first !== undefined && impliedLab(input, workspaceOf(input)) && /\s/.test(first.trim()))
    return { name: undefined, sql: first };
  throw cliErrors.usage({
    message: "The query is missing.",
    hint: 'Write it in quotes: labs query <lab> "select 1".',
  });
}

function rowLimit(value: unknown): number {
  const limit = Number(value);
  if (Number.isInteger(limit) && limit >= 0) return limit;
  throw cliErrors.usage({ message: `--limit is a whole number from 0 up, not ${String(value)}.` });
}

function tell(input: VerbInput, { columns, rows, more }: Answer): void {
  const { io, global, options } = input;
  const names = columns.map(({ name }) => name);
  if (global.output === "json") {
    const shown = rows.map((row) => Object.fromEntries(names.map((name, i) => [name, jsonValue(row[i])])));
    return writeJson(input, { columns, rows: shown, more });
  }
  const texts = rows.map((row) => row.map((value) => (value === null ? null : String(value))));
  if (options["format"] === "csv") {
    io.out(csvLine(names));
    for (const row of texts) io.out(csvLine(row.map((text) => text ?? "")));
    return;
  }
  const number = /^(?:U?(?:TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|DOUBLE|FLOAT|DECIMAL)/;
  io.out(
    renderTable(
      columns.map(({ name, type }) => ({ title: name, ...(number.test(type) && { align: "right" as const }) })),
      texts.map((row) => row.map((text) => text ?? "∅")),
      { color: io.color, ...(io.isTTY && { width: io.width }) },
    ),
  );
}

/** Numbers where JSON keeps them, text for everything else. */
function jsonValue(value: unknown): unknown {
  if (value === null || typeof value === "boolean" || typeof value === "string") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  return String(value);
}
