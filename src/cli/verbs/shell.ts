import { join } from "node:path";
import { createInterface } from "node:readline";
import { publishedVersions } from "#publish/index.ts";
import { readText, type Workspace, writeAtomic } from "#registry/index.ts";
import { labOf, workspaceOf } from "../context.ts";
import { cliErrors } from "../errors.ts";
import type { Io, Verb, VerbInput } from "../io.ts";
import { answerFormats, type AnswerFormat } from "../look/answer.ts";
import { askLive, askPublished, type Questions } from "../look/questions.ts";
import { palette } from "../render/index.ts";
import { Session } from "../shell/session.ts";
import { talk } from "../shell/terminal.ts";

export const verb: Verb = {
  arguments: [{ name: "[lab]", description: "The lab; default: the one of the current folder" }],
  options: [
    { flags: "--live", description: "Ask the working database instead of what is published; waits while the lab runs" },
    { flags: "--at <version>", description: "Ask an older published version; see `labs publish --list`" },
    {
      flags: "--limit <rows>",
      description: "At most so many rows of an answer; 0 for all (default: 100 in a terminal)",
    },
    { flags: "--format <format>", description: "How rows are written", choices: [...answerFormats], default: "table" },
    { flags: "--no-wait", description: "With --live: do not wait while the lab is being run" },
  ],
  examples: [
    { command: "labs shell lab1_sales_performance", does: "SQL on what is published; .help shows more" },
    {
      command: "labs shell lab1_sales_performance --live",
      does: "The working database; open only while a statement runs",
    },
    {
      command: "cat questions.sql | labs shell lab1_sales_performance --format csv > answers.csv",
      does: "Statements of a file, up to the first that fails",
    },
  ],
  exitNotes: "1 when a statement of a file or pipe fails, or nothing is published yet. In a terminal always 0.",
  async run(input) {
    const { io, options, args } = input;
    const { stdin, stdout } = process;
    const workspace = workspaceOf(input);
    const lab = labOf(input, workspace, args[0]);
    const version = options["at"] === undefined ? undefined : String(options["at"]);
    const live = options["live"] === true;
    if (live && version !== undefined)
      throw cliErrors.usage({ message: "--live and --at exclude each other.", hint: "Leave one of them out." });
    const interactive = stdin.isTTY === true && stdout.isTTY === true;
    const reading = { io, wait: options["wait"] !== false, command: `labs shell ${lab.name} --live` };
    const open = async (): Promise<Questions> => (live ? askLive(lab, reading) : askPublished(lab, version));
    const session = new Session({
      io: interactive ? liveWidth(io) : io,
      open,
      version: () =>
        live || version !== undefined
          ? undefined
          : publishedVersions(lab.paths.database).find(({ current }) => current)?.version,
      format: options["format"] as AnswerFormat,
      limit: rowLimit(options["limit"], interactive ? 100 : 0),
      chatty: interactive,
    });
    await session.open();
    try {
      if (!interactive) return await readAll(session, stdin, input);
      const paint = palette(io.color);
      io.err(`${lab.name}, ${live ? "the working database" : "what is published"}. ${paint.dim(".help, .exit")}\n`);
      const history = historyOf(workspace);
      const words = live ? keywords : await names(open);
      history.write(
        await talk({ session, input: stdin, output: stdout, name: lab.name, history: history.read(), words }),
      );
      return 0;
    } finally {
      await session.close();
    }
  },
};

/** Statements of a file or a pipe, up to the first that fails. */
async function readAll(session: Session, stdin: NodeJS.ReadableStream, { io }: VerbInput): Promise<number> {
  const lines = createInterface({ input: stdin, crlfDelay: Number.POSITIVE_INFINITY });
  const stop = () => lines.close();
  io.signal.addEventListener("abort", stop, { once: true });
  for await (const line of lines) {
    if (io.signal.aborted) return 130;
    if (!(await session.line(line))) return 0;
  }
  if (!io.signal.aborted) await session.end();
  return 0;
}

/** A terminal may change its width while we talk. */
const liveWidth = (io: Io): Io => ({
  ...io,
  get width() {
    return process.stdout.columns ?? io.width;
  },
});

function rowLimit(value: unknown, otherwise: number): number {
  if (value === undefined) return otherwise;
  const limit = Number(value);
  if (Number.isInteger(limit) && limit >= 0) return limit;
  throw cliErrors.usage({ message: `--limit is a whole number from 0 up, not ${String(value)}.` });
}

const keywords = (
  "select from where group by order limit having join left inner on using with as and or not null is in like between case when " +
  "then else end distinct count sum avg min max union all except intersect describe summarize show values .tables .schema .mode .limit .refresh .help .exit"
).split(" ");

/** Words for the tabulator: tables, columns, and what SQL is made of. */
async function names(open: () => Promise<Questions>): Promise<string[]> {
  const questions = await open();
  try {
    const { rows } = await questions.ask(
      `SELECT DISTINCT unnest([schema_name || '.' || table_name, table_name, column_name]) FROM duckdb_columns()
       WHERE database_name = current_database() AND NOT internal ORDER BY 1`,
      0,
    );
    return [...keywords, ...rows.map(([name]) => String(name))];
  } finally {
    await questions.close();
  }
}

/** What was typed in this workspace, the newest line first. A history that cannot be read or written is none. */
function historyOf(workspace: Workspace): { read(): string[]; write(lines: string[]): void } {
  const file = join(workspace.state, "shell_history");
  return {
    read() {
      try {
        return readText(file).split("\n").filter(Boolean).reverse();
      } catch {
        return [];
      }
    },
    write(lines) {
      try {
        writeAtomic(file, `${lines.slice(0, 1000).reverse().join("\n")}\n`);
      } catch {
        // Talking must not fail for want of a history.
      }
    },
  };
}
