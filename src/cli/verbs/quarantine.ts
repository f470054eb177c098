import { resolve } from "node:path";
import {
  dropQuarantine,
  exportQuarantine,
  openForLoading,
  openForReading,
  type QuarantineFilter,
  quarantinedRows,
  quarantineSummary,
  readFixes,
  type ReplayResult,
  replayQuarantine,
  sourcesOf,
} from "#ingest/index.ts";
import type { Connection } from "#duck/index.ts";
import { acquireLabLock, describeHolder, type Lab, requireOwnDatabase, type Workspace } from "#registry/index.ts";
import { labOf, workspaceOf, writeJson } from "../context.ts";
import { cliErrors } from "../errors.ts";
import type { Verb, VerbInput } from "../io.ts";
import { formatCount, plural, printable, renderTable } from "../render/index.ts";

const actions = ["list", "show", "export", "replay", "drop"] as const;
type Action = (typeof actions)[number];

export const verb: Verb = {
  arguments: [
    { name: "[lab]", description: "The lab; default: the one of the current folder" },
    { name: "[action]", description: "list (default), show, export, replay or drop" },
  ],
  options: [
    { flags: "--table <name...>", description: "Only rows of these raw tables" },
    { flags: "--file <name>", description: "Only rows of this file, named as in `labs files`" },
    { flags: "--load <number>", description: "Only rows of this load" },
    { flags: "--record <number...>", description: "Only these records" },
    { flags: "-n, --limit <rows>", description: "show: how many rows", default: "20" },
    { flags: "--out <file>", description: "export: the CSV file to write" },
    { flags: "--from <file>", description: "replay: an exported file whose column `row` was corrected" },
    { flags: "--yes", description: "drop: do it; without it only the number is shown" },
    { flags: "--no-wait", description: "Do not wait when somebody else works on the lab" },
  ],
  examples: [
    { command: "labs quarantine lab1_sales_performance", does: "How many rows, by table and reason" },
    { command: "labs quarantine lab1_sales_performance show --file sales_data.csv", does: "The rows as they came" },
    { command: "labs quarantine lab1_sales_performance export --out bad.csv", does: "To correct the column `row`" },
    { command: "labs quarantine lab1_sales_performance replay --from bad.csv", does: "Load the corrected rows" },
    { command: "labs quarantine lab1_sales_performance replay", does: "Try all again, after correcting lab.yml" },
  ],
  exitNotes: "1 when a replayed row still does not fit.",
  async run(input) {
    const workspace = workspaceOf(input);
    const { lab, action } = chosen(input, workspace);
    const filter = filterOf(input);
    if (action === "export" && input.options["out"] === undefined) {
      throw cliErrors.usage({ message: "`export` needs a file to write.", hint: "Name it with `--out bad.csv`." });
    }
    const writes = action === "replay" || (action === "drop" && input.options["yes"] === true);
    return withLab(input, workspace, lab, writes, (connection) => {
      if (connection === undefined) return Promise.resolve(nothing(input, lab));
      if (action === "list") return list(input, lab, connection, filter);
      if (action === "show") return show(input, lab, connection, filter);
      if (action === "export") return exportTo(input, lab, connection, filter);
      if (action === "replay") return replay(input, lab, connection, filter);
      return drop(input, lab, connection, filter);
    });
  },
};

/** `quarantine show` inside a lab's folder means its own rows: a first word that is an action and no lab is the action. */
function chosen(input: VerbInput, workspace: Workspace): { lab: Lab; action: Action } {
  const [first, second] = input.args;
  const isAction = (word: string | undefined): word is Action => actions.includes(word as Action);
  if (second === undefined && isAction(first) && !workspace.labs.some(({ name }) => name === first)) {
    return { lab: labOf(input, workspace), action: first };
  }
  if (second !== undefined && !isAction(second)) {
    throw cliErrors.usage({ message: `There is no action ${second}.`, hint: `Use one of ${actions.join(", ")}.` });
  }
  return { lab: labOf(input, workspace, first), action: second ?? "list" };
}

function filterOf({ options }: VerbInput): QuarantineFilter {
  const whole = (text: string, flag: string) => {
    const number = Number(text);
    if (Number.isInteger(number) && number > 0) return number;
    throw cliErrors.usage({ message: `${flag} takes whole numbers from 1 up, not ${text}.` });
  };
  const tables = options["table"] as string[] | undefined;
  const records = options["record"] as string[] | undefined;
  return {
    ...(tables && { tables: tables.map((name) => name.replace(/^raw\./, "")) }),
    ...(options["file"] !== undefined && { file: String(options["file"]) }),
    ...(options["load"] !== undefined && { load: whole(String(options["load"]), "--load") }),
    ...(records && { records: records.map((text) => whole(text, "--record")) }),
  };
}

async function withLab(
  input: VerbInput,
  workspace: Workspace,
  lab: Lab,
  writes: boolean,
  use: (connection: Connection | undefined) => Promise<number>,
): Promise<number> {
  const { io, options } = input;
  if (writes) {
    lab.requireRunnable();
    requireOwnDatabase(workspace, lab);
  }
  const lock = await acquireLabLock(lab, {
    command: `labs quarantine ${lab.name}`,
    wait: options["wait"] !== false,
    signal: io.signal,
    onWait: (holder) => io.err(`${lab.name} is ${describeHolder(holder)}. Waiting; ctrl-C stops.\n`),
  });
  try {
    const database = writes ? await openForLoading(lab) : await openForReading(lab);
    if (!database) return await use(undefined);
    try {
      return await use(await database.connect());
    } finally {
      await database.close();
    }
  } finally {
    lock.release();
  }
}

function nothing(input: VerbInput, lab: Lab): number {
  if (input.global.output === "json") writeJson(input, { lab: lab.name, groups: [], rows: [] });
  else input.io.out(`Nothing of ${lab.name} is in quarantine.\n`);
  return 0;
}

async function list(input: VerbInput, lab: Lab, connection: Connection, filter: QuarantineFilter): Promise<number> {
  const groups = await quarantineSummary(connection, filter);
  if (groups.length === 0) return nothing(input, lab);
  if (input.global.output === "json") {
    writeJson(input, { lab: lab.name, groups, rows: [] });
    return 0;
  }
  const columns = [
    { title: "TABLE" },
    { title: "ROWS", align: "right" as const },
    { title: "FILES", align: "right" as const },
    { title: "REASON", shrinkTo: 20 },
  ];
  const rows = groups.map(({ table, rows: count, files, reason }) => [
    `raw.${table}`,
    formatCount(count),
    formatCount(files),
    printable(reason),
  ]);
  drawTable(input, columns, rows);
  return 0;
}

async function show(input: VerbInput, lab: Lab, connection: Connection, filter: QuarantineFilter): Promise<number> {
  const limit = Number(input.options["limit"]);
  if (!Number.isInteger(limit) || limit < 1) {
    throw cliErrors.usage({ message: `--limit is a number from 1 up, not ${String(input.options["limit"])}.` });
  }
  const rows = await quarantinedRows(connection, filter, limit);
  if (rows.length === 0) return nothing(input, lab);
  if (input.global.output === "json") {
    writeJson(input, { lab: lab.name, groups: await quarantineSummary(connection, filter), rows });
    return 0;
  }
  const columns = [
    { title: "FILE", shrinkTo: 12 },
    { title: "RECORD", align: "right" as const },
    { title: "LOAD", align: "right" as const },
    { title: "REASON", shrinkTo: 20 },
    { title: "ROW", shrinkTo: 20 },
  ];
  drawTable(
    input,
    columns,
    rows.map((row) => [row.file, formatCount(row.record), String(row.load), printable(row.reason), printable(row.row)]),
  );
  return 0;
}

async function exportTo(input: VerbInput, lab: Lab, connection: Connection, filter: QuarantineFilter): Promise<number> {
  const path = resolve(input.io.cwd, String(input.options["out"]));
  const rows = await exportQuarantine(connection, filter, path);
  if (input.global.output === "json") writeJson(input, { lab: lab.name, file: path, rows });
  else {
    input.io.out(`${plural(rows, "row")} written to ${path}.\n`);
    input.io.err(
      `Correct the column \`row\`, then: labs quarantine ${lab.name} replay --from ${String(input.options["out"])}\n`,
    );
  }
  return 0;
}

async function replay(input: VerbInput, lab: Lab, connection: Connection, filter: QuarantineFilter): Promise<number> {
  const from = input.options["from"];
  const results = await replayQuarantine(connection, {
    sources: sourcesOf(lab),
    filter,
    ...(from !== undefined && { fixes: readFixes(resolve(input.io.cwd, String(from))) }),
  });
  const sum = (of: (result: ReplayResult) => number) => results.reduce((total, result) => total + of(result), 0);
  const refused = sum((result) => result.refused.length);
  if (input.global.output === "json") writeJson(input, { lab: lab.name, results });
  else {
    input.io.out(
      `${plural(
        sum((result) => result.tried),
        "row",
      )} tried, ${formatCount(sum((result) => result.loaded))} loaded, ${formatCount(refused)} still in quarantine.\n`,
    );
    const reasons = results.flatMap((result) =>
      result.refused.map((row) => `${result.file} record ${row.record}: ${printable(row.reason)}`),
    );
    for (const line of reasons.slice(0, 10)) input.io.err(`${line}\n`);
    if (reasons.length > 10) input.io.err(`and ${formatCount(reasons.length - 10)} more.\n`);
  }
  return refused > 0 ? 1 : 0;
}

async function drop(input: VerbInput, lab: Lab, connection: Connection, filter: QuarantineFilter): Promise<number> {
  const really = input.options["yes"] === true;
  const rows = really
    ? await dropQuarantine(connection, filter)
    : (await quarantineSummary(connection, filter)).reduce((total, group) => total + group.rows, 0);
  if (input.global.output === "json") writeJson(input, { lab: lab.name, dropped: really, rows });
  else if (really) input.io.out(`${plural(rows, "row")} dropped for good.\n`);
  else input.io.out(`${plural(rows, "row")} would be dropped for good. Do it with --yes.\n`);
  return 0;
}

function drawTable({ io }: VerbInput, columns: Parameters<typeof renderTable>[0], rows: string[][]): void {
  io.out(renderTable(columns, rows, { color: io.color, ...(io.isTTY && { width: io.width }) }));
}
