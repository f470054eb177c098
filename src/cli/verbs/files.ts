import {
  type KnownFile,
  type LastLoad,
  lastLoads,
  openForReading,
  type PollState,
  readLedger,
  readPolls,
} from "#ingest/index.ts";
import { acquireLabLock, describeHolder, type Lab } from "#registry/index.ts";
import { labOf, workspaceOf, writeJson } from "../context.ts";
import type { Verb, VerbInput } from "../io.ts";
import { ago, formatBytes, formatCount, palette, renderTable } from "../render/index.ts";

export const verb: Verb = {
  arguments: [{ name: "[lab]", description: "The lab; default: the one of the current folder" }],
  options: [
    { flags: "--source <name...>", description: "Only these sources" },
    { flags: "--no-wait", description: "Do not wait while the lab is being run" },
  ],
  examples: [
    { command: "labs files lab1_sales_performance", does: "Every file that was ever seen, with rows and state" },
    { command: "labs files lab1_sales_performance -o json", does: "The same with full hashes and times" },
  ],
  async run(input) {
    const { io, options } = input;
    const workspace = workspaceOf(input);
    const lab = labOf(input, workspace, input.args[0]);
    const wanted = options["source"] as string[] | undefined;
    const known = await readKnown(input, lab);
    const files = known.files.filter((file) => wanted?.includes(file.source) ?? true);
    const polls = known.polls.filter(({ source }) => wanted?.includes(source) ?? true);
    if (input.global.output === "json") {
      const { fileJson } = await import("#server/index.ts");
      writeJson(input, {
        lab: lab.name,
        files: files.map((file) => ({ ...fileJson(file), ...localJson(file) })),
        polls: polls.map(pollJson),
      });
      return 0;
    }
    if (files.length + polls.length === 0) {
      io.out(
        `No file of ${lab.name} was loaded yet. Drop files into ${workspace.display(lab.paths.raw)} and run: labs ingest ${lab.name}\n`,
      );
      return 0;
    }
    const paint = palette(io.color);
    const style = { color: io.color, ...(io.isTTY && { width: io.width }) };
    if (polls.length > 0) {
      const rows = polls.map(({ source, polledAt, records, cursor, resume }) => [
        source,
        ago(new Date(polledAt)),
        formatCount(records),
        cursor?.text ?? "",
        resume ? paint.yellow("interrupted, goes on there") : "whole",
      ]);
      const titles = ["POLLED SOURCE", "LAST POLL", "RECORDS", "CURSOR", "STATE"].map((title) => ({ title }));
      io.out(renderTable(titles, rows, style));
    }
    if (files.length === 0) return 0;
    const rows = files.map((file) => [
      file.file,
      file.source,
      file.state === "failed" ? paint.red(file.state) : file.state,
      formatCount(file.rows),
      formatBytes(file.bytes),
      ago(timeOf(file.checkedAt)),
      file.sha256.slice(0, 12),
    ]);
    const columns = [
      { title: "FILE", shrinkTo: 20 },
      { title: "SOURCE" },
      { title: "STATE" },
      { title: "ROWS", align: "right" as const },
      { title: "SIZE", align: "right" as const },
      { title: "SEEN" },
      { title: "SHA-256" },
    ];
    io.out(renderTable(columns, rows, style));
    return 0;
  },
};

type ShownFile = KnownFile & { lastLoad?: LastLoad };

type ShownPoll = PollState & { source: string };

async function readKnown({ io, options }: VerbInput, lab: Lab): Promise<{ files: ShownFile[]; polls: ShownPoll[] }> {
  const lock = await acquireLabLock(lab, {
    command: `labs files ${lab.name}`,
    wait: options["wait"] !== false,
    signal: io.signal,
    onWait: (holder) => io.err(`${lab.name} is ${describeHolder(holder)}. Waiting; ctrl-C stops.\n`),
  });
  try {
    const database = await openForReading(lab);
    if (!database) return { files: [], polls: [] };
    try {
      const connection = await database.connect();
      const { files } = await readLedger(connection);
      const loads = await lastLoads(connection);
      const polls = await readPolls(connection, lab.config.sources);
      return {
        files: files.map((file) => {
          const lastLoad = loads.get(file.fileId);
          return { ...file, ...(lastLoad && { lastLoad }) };
        }),
        polls: [...polls].map(([source, state]) => ({ source, ...state })),
      };
    } finally {
      await database.close();
    }
  } finally {
    lock.release();
  }
}

const timeOf = (ns: string): Date => new Date(Number(BigInt(ns) / 1_000_000n));

const pollJson = ({ source, polledAt, records, cursor, resume }: ShownPoll) => ({
  source,
  polledAt,
  records,
  cursor: cursor?.text ?? null,
  interrupted: resume !== undefined,
});

/** What the API does not tell. */
const localJson = (file: ShownFile) => ({
  sha256: file.sha256,
  modifiedAt: timeOf(file.mtime || "0").toISOString(),
  load: file.lastLoad?.load ?? null,
  run: file.lastLoad?.runId ?? null,
  contractVersion: file.lastLoad?.contractVersion ?? null,
  loadedAt: file.lastLoad?.loadedAt ?? null,
});
