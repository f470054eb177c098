import { labOf, workspaceOf, writeJson } from "../context.ts";
import { cliErrors } from "../errors.ts";
import type { Verb, VerbInput } from "../io.ts";
import { answerFormats, answerObject, type AnswerFormat, answerText } from "../look/answer.ts";
import { askLive, askPublished } from "../look/questions.ts";

export const verb: Verb = {
  arguments: [
    { name: "[lab]", description: "The lab; default: the one of the current folder" },
    { name: "<sql>", description: "One SELECT" },
  ],
  options: [
    { flags: "--live", description: "Ask the working database instead of what is published; waits while the lab runs" },
    { flags: "--at <version>", description: "Ask an older published version; see `labs publish --list`" },
    { flags: "--limit <rows>", description: "At most so many rows; 0 for all", default: "100" },
    { flags: "--format <format>", description: "How rows are written", choices: [...answerFormats], default: "table" },
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
    const version = options["at"];
    const reading = { io, wait: options["wait"] !== false, command: `labs query ${lab.name} --live` };
    const questions =
      options["live"] === true
        ? askLive(lab, reading)
        : await askPublished(lab, version === undefined ? undefined : String(version));
    try {
      const answer = await questions.ask(sql, limit, io.signal);
      if (global.output === "json") {
        const names = answer.columns.map(({ name }) => name);
        const rows = answer.rows.map((row) => answerObject(names, row));
        writeJson(input, { columns: answer.columns, rows, more: answer.more });
        return 0;
      }
      io.out(answerText(answer, options["format"] as AnswerFormat, io));
      if (answer.more) io.err(`… more rows; --limit 0 shows all\n`);
    } finally {
      await questions.close();
    }
    return 0;
  },
};

/** Where the lab is clear, the SQL alone is enough; no lab has a name with blanks. */
function request(input: VerbInput): { name: string | undefined; sql: string } {
  const [first, second] = input.args;
  if (second !== undefined) return { name: first, sql: second };
  if (first !== undefined && /\s/.test(first.trim())) return { name: undefined, sql: first };
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
