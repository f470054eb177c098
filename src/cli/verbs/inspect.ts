import { resolve } from "node:path";
import type { Connection } from "#duck/index.ts";
import { renderError } from "#errors/index.ts";
import {
  DataInspector,
  fromLabSettings,
  type Inspection,
  inspectAndScore,
  type InspectOptions,
} from "#quality/index.ts";
import { type Lab, type Workspace, writeAtomic } from "#registry/index.ts";
import { impliedLab, labOf, meantLab, workspaceOf, writeJson } from "../context.ts";
import { cliErrors } from "../errors.ts";
import type { Verb, VerbInput } from "../io.ts";
import { labReport } from "../look/lab-report.ts";
import { withLedger } from "../look/ledger.ts";
import { readLab } from "../look/read-lab.ts";
import { RecordedScores } from "../look/scores.ts";
import { inspectPage } from "../report/inspect-html.ts";
import { openPage } from "../report/open-page.ts";
import { type ShownScore, tableReport } from "../look/table-report.ts";

export const verb: Verb = {
  arguments: [
    { name: "[lab]", description: "The lab; default: the one of the current folder" },
    { name: "[schema.table]", description: "Look at every column of one table or view" },
  ],
  options: [
    { flags: "--days <days>", description: "How many days count as new (default: the lab's `recent_days`, or 7)" },
    { flags: "--rows <rows>", description: "Rows to show of a table", default: "5" },
    { flags: "--exact", description: "Large tables too: different values, quantiles and shapes from every row" },
    { flags: "--approximate", description: "Small tables too: estimate different values and quantiles" },
    { flags: "--html <file>", description: "Write all of it as one page with charts" },
    { flags: "--open", description: "The same, opened in the browser" },
    { flags: "--no-wait", description: "Do not wait while the lab is being run" },
  ],
  examples: [
    { command: "labs inspect lab1_sales_performance", does: "Every schema and table with rows, sizes and scores" },
    {
      command: "labs inspect lab1_sales_performance gold.gold_product_line_kpis",
      does: "One table: columns, duplicates, new rows, score, first rows",
    },
    {
      command: "labs inspect lab1_sales_performance silver.silver_order_lines --days 30 --rows 20",
      does: "Another period, more rows",
    },
    {
      command: "labs inspect lab1_sales_performance --open",
      does: "Every column of every table, with charts, in the browser",
    },
  ],
  exitNotes: "1 when the lab has no database yet or its database cannot be read; 2 when there is no such lab or table.",
  async run(input) {
    const { io, global, options } = input;
    const workspace = workspaceOf(input);
    const { lab, table } = target(input, workspace);
    const settings = lab.config.quality;
    const recorded = await withLedger(
      workspace,
      (ledger) => RecordedScores.read(ledger, lab.name),
      (problem) => io.err(`${renderError(problem, { color: io.color })}\nWithout earlier scores:\n`),
    );
    const asPage = options["open"] === true || options["html"] !== undefined;
    const request = {
      ...(table !== undefined && { tables: [table] }),
      columns: table !== undefined || asPage,
      sampleRows: count(options["rows"], "--rows", 0),
      recentDays: count(options["days"] ?? settings.recent_days ?? 7, "--days", 1),
      distinct: options["exact"] ? "exact" : options["approximate"] ? "approximate" : "auto",
      ...known(settings, recorded),
    } satisfies InspectOptions;
    const reading = { io, wait: options["wait"] !== false, command: `labs inspect ${lab.name}` };
    const { inspection, live } = await readLab(lab, reading, async (database) => {
      const connection = await database.connect();
      const found = await new DataInspector(connection).inspect(request);
      // Nothing recorded yet: the score is worked out from what can be counted.
      return { inspection: found, live: recorded.empty ? await liveScores(connection, lab) : undefined };
    });
    const find = (scope: "lab" | "layer" | "table", name: string): ShownScore | null =>
      recorded.find(scope, name) ?? live?.(scope, name) ?? null;
    if (global.output === "json") {
      writeJson(input, jsonReport(lab, inspection, find));
      return 0;
    }
    if (asPage) {
      const page = inspectPage({
        lab: lab.name,
        database: workspace.display(lab.paths.database),
        time: new Date().toISOString(),
        inspection,
        score: find("lab", lab.name),
        tableScore: (label) => find("table", label),
      });
      const file = options["html"] === undefined ? undefined : String(options["html"]);
      if (options["open"] === true) return openPage(io, page, file, `${lab.name}-inspection`);
      writeAtomic(resolve(io.cwd, file ?? ""), page);
      io.err(`Written to ${resolve(io.cwd, file ?? "")}\n`);
      return 0;
    }
    const [only] = inspection.tables;
    if (table !== undefined && only) {
      io.out(tableReport(only, find("table", `${only.schema}.${only.name}`), io));
      return 0;
    }
    const scores = {
      lab: find("lab", lab.name),
      of: (scope: "layer" | "table", name: string) => find(scope, name)?.score ?? null,
    };
    io.out(labReport({ name: lab.name, database: workspace.display(lab.paths.database) }, inspection, scores, io));
    return 0;
  },
};

/** Inside a lab's folder a single argument may be a table of that lab; where there is one lab only, when it has a dot. */
function target(input: VerbInput, workspace: Workspace): { lab: Lab; table: string | undefined } {
  const [first, second] = input.args;
  const here = first?.includes(".") ? meantLab(input, workspace) : impliedLab(input, workspace);
  if (first !== undefined && second === undefined && here && !workspace.labs.some((lab) => lab.name === first)) {
    return { lab: here, table: first };
  }
  return { lab: labOf(input, workspace, first), table: second };
}

function count(value: unknown, flag: string, least: number): number {
  const number = Number(value);
  if (Number.isInteger(number) && number >= least) return number;
  throw cliErrors.usage({ message: `${flag} is a whole number from ${least} up, not ${String(value)}.` });
}

/** Keys and time columns: those of lab.yml, else those that tests named in the last run. */
function known(
  settings: Lab["config"]["quality"],
  recorded: RecordedScores,
): Pick<InspectOptions, "keys" | "testedKeys" | "timeColumns"> {
  const tables = Object.entries(fromLabSettings(settings).tables ?? {});
  const declared = tables.flatMap(([name, rules]) => (rules.keys ? [[name, rules.keys] as const] : []));
  const times = tables.flatMap(([name, rules]) => (rules.timeColumn ? [[name, rules.timeColumn] as const] : []));
  return {
    keys: Object.fromEntries(declared),
    testedKeys: recorded.keys(),
    timeColumns: Object.fromEntries(times),
  };
}

async function liveScores(connection: Connection, lab: Lab) {
  const quality = await inspectAndScore({ connection, config: fromLabSettings(lab.config.quality) });
  return (scope: "lab" | "layer" | "table", name: string): ShownScore | undefined => {
    const found =
      scope === "lab"
        ? quality
        : scope === "layer"
          ? quality.layers.find((layer) => layer.schema === name)
          : quality.tables.find((table) => `${table.schema}.${table.name}` === name);
    return (
      found && {
        score: found.score,
        parts: found.parts,
        notCounted: found.notCounted,
        run: null,
        history: [],
        rows: [],
      }
    );
  };
}

function jsonReport(
  lab: Lab,
  inspection: Inspection,
  find: (scope: "lab" | "layer" | "table", name: string) => ShownScore | null,
) {
  /** As the API tells it, and the history. */
  const score = (scope: "lab" | "layer" | "table", name: string) => {
    const found = find(scope, name);
    if (!found) return null;
    const { rows, ...rest } = found;
    return { scope, name, rows: rows.at(-1) ?? null, rowHistory: rows, ...rest };
  };
  return {
    lab: lab.name,
    database: lab.paths.database,
    score: score("lab", lab.name),
    schemas: inspection.schemas.map((schema) => ({ ...schema, score: score("layer", schema.name) })),
    tables: inspection.tables.map((table) => ({ ...table, score: score("table", `${table.schema}.${table.name}`) })),
  };
}
