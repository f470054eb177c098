import { resolve } from "node:path";
import { didYouMean } from "#errors/index.ts";
import { type ExportFormat, exportFormats, exportSnapshot } from "#publish/index.ts";
import { labOf, workspaceOf, writeJson } from "../context.ts";
import { cliErrors } from "../errors.ts";
import type { Verb, VerbInput } from "../io.ts";
import { formatBytes, formatCount, palette, plural, renderTable } from "../render/index.ts";

/** What can be exported, by the word after `labs export`. */
const kinds: Record<string, (input: VerbInput) => Promise<number>> = {
  ...Object.fromEntries(exportFormats.map((format) => [format, (input: VerbInput) => exportTables(input, format)])),
  airflow: (input) => toOrchestrator(input, "airflow"),
  prefect: (input) => toOrchestrator(input, "prefect"),
};

export const verb: Verb = {
  arguments: [
    {
      name: "<what>",
      description: `${exportFormats.join(" or ")}: one file for each published table; airflow or prefect: the labs as one Python file`,
      required: true,
    },
    { name: "[lab]", description: "The lab; default: the one of the current folder" },
  ],
  options: [
    {
      flags: "--to <path>",
      description:
        "Where to; default: data/exports/<what> in the lab's folder. airflow, prefect: the file; default: the screen",
    },
    { flags: "--at <version>", description: "Export an older published version; see `labs publish --list`" },
    {
      flags: "--prefix <name>",
      description: "airflow, prefect: beginning of the names of DAGs and flows; default: labs",
    },
    { flags: "--pools", description: "airflow: the pools that keep a lab's tasks apart, for `airflow pools import`" },
  ],
  examples: [
    {
      command: "labs export parquet lab1_sales_performance",
      does: "One Parquet file a table, and a manifest with rows and checksums",
    },
    { command: "labs export csv lab1_sales_performance --to /srv/share/sales", does: "CSV files in a folder of yours" },
    { command: "labs export airflow --to dags/labs.py", does: "A DAG for each lab, with its steps and schedule" },
    { command: "labs export prefect --to flows/labs.py", does: "The same as Prefect flows" },
  ],
  exitNotes: "1 when nothing is published yet or the folder cannot be written.",
  run(input) {
    const [what = ""] = input.args;
    const kind = Object.hasOwn(kinds, what) ? kinds[what] : undefined;
    if (kind) return kind(input);
    const meant = didYouMean(what, Object.keys(kinds));
    throw cliErrors.usage({
      message: `\`${what}\` is nothing that can be exported.`,
      hint: meant ? `Did you mean \`labs export ${meant}\`?` : `Use one of ${Object.keys(kinds).join(", ")}.`,
    });
  },
};

async function toOrchestrator(input: VerbInput, kind: "airflow" | "prefect"): Promise<number> {
  const { exportOrchestrator } = await import("../export/orchestrator.ts");
  return exportOrchestrator(input, kind);
}

async function exportTables(input: VerbInput, format: ExportFormat): Promise<number> {
  const { io, global, args, options } = input;
  const workspace = workspaceOf(input);
  const lab = labOf(input, workspace, args[1]);
  const to = options["to"];
  const version = options["at"];
  const done = await exportSnapshot({
    lab: lab.name,
    database: lab.paths.database,
    format,
    to: to === undefined ? resolve(lab.paths.root, "data/exports", format) : resolve(io.cwd, String(to)),
    ...(version !== undefined && { version: String(version) }),
    keep: lab.config.publish.keep,
    verify: true,
    signal: io.signal,
  });
  if (global.output === "json") {
    writeJson(input, done);
    return 0;
  }
  const { tables } = done.manifest;
  const right = "right" as const;
  io.out(
    renderTable(
      [{ title: "TABLE" }, { title: "ROWS", align: right }, { title: "SIZE", align: right }, { title: "FILE" }],
      tables.map(({ schema, name, rows, bytes, file }) => [
        `${schema}.${name}`,
        formatCount(rows),
        formatBytes(bytes),
        file,
      ]),
      { color: io.color, ...(io.isTTY && { width: io.width }) },
    ),
  );
  const paint = palette(io.color);
  const what = `${plural(tables.length, "table")} of version ${done.manifest.version}`;
  io.err(
    `${done.made ? `${what} written to` : `${what} ${tables.length === 1 ? "is" : "are"} already in`} ${paint.bold(done.folder)}\n`,
  );
  return 0;
}
