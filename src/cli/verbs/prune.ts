import { openForLoading, openForReading, planPrune, prune, type PrunedLoad, sourcesOf } from "#ingest/index.ts";
import { acquireLabLock, describeHolder, type Lab, milliseconds, requireOwnDatabase } from "#registry/index.ts";
import { labOf, workspaceOf, writeJson } from "../context.ts";
import { cliErrors } from "../errors.ts";
import type { Verb, VerbInput } from "../io.ts";
import { ago, formatCount, plural, renderTable } from "../render/index.ts";

export const verb: Verb = {
  arguments: [{ name: "[lab]", description: "The lab; default: the one of the current folder" }],
  options: [
    { flags: "--older-than <time>", description: "Loads older than `90 days`; merged tables lose only replaced rows" },
    { flags: "--load <number...>", description: "These loads, with every row they brought" },
    { flags: "--table <name...>", description: "Only these raw tables" },
    { flags: "--yes", description: "Do it; without it only what would go is shown" },
    { flags: "--no-wait", description: "Do not wait when somebody else works on the lab" },
  ],
  examples: [
    { command: 'labs prune lab1_sales_performance --older-than "90 days"', does: "What would go, and change nothing" },
    { command: "labs prune lab1_sales_performance --load 17 --yes", does: "Take the rows of load 17 out" },
  ],
  async run(input) {
    const { options, global, io } = input;
    const workspace = workspaceOf(input);
    const lab = labOf(input, workspace, input.args[0]);
    const really = options["yes"] === true;
    if (really) {
      lab.requireRunnable();
      requireOwnDatabase(workspace, lab);
    }
    const chosen = choice(input);
    const plan = await carryOut(input, lab, chosen, really);
    const sum = (of: (load: PrunedLoad) => number) => plan.reduce((total, load) => total + of(load), 0);
    const [rows, quarantined] = [sum((load) => load.rows), sum((load) => load.quarantined)];
    if (global.output === "json") {
      writeJson(input, { lab: lab.name, pruned: really, rows, quarantined, loads: plan });
      return 0;
    }
    if (plan.length === 0) {
      io.out("Nothing to prune.\n");
      return 0;
    }
    const lines = plan.map((load) => [
      String(load.load),
      `raw.${load.table}`,
      load.file,
      ago(new Date(load.loadedAt)),
      formatCount(load.rows),
      formatCount(load.quarantined),
    ]);
    const columns = [
      { title: "LOAD", align: "right" as const },
      { title: "TABLE" },
      { title: "FILE", shrinkTo: 20 },
      { title: "LOADED" },
      { title: "ROWS", align: "right" as const },
      { title: "QUARANTINED", align: "right" as const },
    ];
    io.out(renderTable(columns, lines, { color: io.color, ...(io.isTTY && { width: io.width }) }));
    const total = `${plural(rows, "row")} and ${formatCount(quarantined)} quarantined`;
    io.out(really ? `${total} taken out; their files stay known.\n` : `${total} would go. Do it with --yes.\n`);
    return 0;
  },
};

function choice({ options }: VerbInput) {
  const age = options["olderThan"];
  const loads = options["load"] as string[] | undefined;
  const tables = options["table"] as string[] | undefined;
  if ((age === undefined) === (loads === undefined)) {
    throw cliErrors.usage({ message: "Say what to prune: either `--older-than` or `--load`." });
  }
  if (age !== undefined && !/^[1-9][0-9]* ?(s|seconds?|m|min|minutes?|h|hours?|d|days?|w|weeks?)$/.test(String(age))) {
    throw cliErrors.usage({ message: `--older-than takes a time such as \`90 days\`, not ${String(age)}.` });
  }
  const wrong = loads?.find((text) => !/^[1-9][0-9]*$/.test(text));
  if (wrong !== undefined) throw cliErrors.usage({ message: `--load takes numbers of loads, not ${wrong}.` });
  return {
    ...(age !== undefined && { before: Date.now() - milliseconds(String(age)) }),
    ...(loads && { loads: loads.map(Number) }),
    ...(tables && { tables: tables.map((name) => name.replace(/^raw\./, "")) }),
  };
}

async function carryOut(
  { io, options }: VerbInput,
  lab: Lab,
  chosen: ReturnType<typeof choice>,
  really: boolean,
): Promise<PrunedLoad[]> {
  const lock = await acquireLabLock(lab, {
    command: `labs prune ${lab.name}`,
    wait: options["wait"] !== false,
    signal: io.signal,
    onWait: (holder) => io.err(`${lab.name} is ${describeHolder(holder)}. Waiting; ctrl-C stops.\n`),
  });
  try {
    const there = await openForReading(lab);
    if (!there) return [];
    if (really) await there.close();
    const database = really ? await openForLoading(lab) : there;
    try {
      const connection = await database.connect();
      const sources = sourcesOf(lab);
      const plan = await planPrune(connection, { ...chosen, sources });
      if (really) await prune(connection, plan, sources);
      return plan;
    } finally {
      await database.close();
    }
  } finally {
    lock.release();
  }
}
