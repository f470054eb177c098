import type { Database } from "#duck/index.ts";
import { openForLoading } from "#ingest/index.ts";
import { exportLab } from "#pipeline/index.ts";
import { type KeptVersion, publish, publishedVersions, publishErrors, rollBack } from "#publish/index.ts";
import { acquireLabLock, describeHolder, type Lab, type Workspace } from "#registry/index.ts";
import { labOf, workspaceOf, writeJson } from "../context.ts";
import { cliErrors } from "../errors.ts";
import type { Verb, VerbInput } from "../io.ts";
import { withLedger } from "../look/ledger.ts";
import { ago, formatBytes, formatCount, formatScore, palette, plural, renderTable } from "../render/index.ts";

export const verb: Verb = {
  arguments: [{ name: "[lab]", description: "The lab; default: the one of the current folder" }],
  options: [
    { flags: "--list", description: "Show the versions that are kept" },
    { flags: "--rollback", description: "Give readers the version before the current one, or the one of --to" },
    { flags: "--to <version>", description: "Of --rollback: the version to go back to" },
    { flags: "--force", description: "Publish although the last run failed" },
    { flags: "--no-wait", description: "Do not wait when somebody else works on the lab" },
  ],
  examples: [
    {
      command: "labs publish lab1_sales_performance",
      does: "Give readers what the last run built; `labs run` does this by itself",
    },
    { command: "labs publish lab1_sales_performance --list", does: "The versions that are kept" },
    { command: "labs publish lab1_sales_performance --rollback", does: "Readers get the version before" },
  ],
  exitNotes: "1 when the last run failed and --force is not given, or nothing is there to publish.",
  async run(input) {
    const { options, args } = input;
    const workspace = workspaceOf(input);
    const lab = labOf(input, workspace, args[0]);
    if (options["to"] !== undefined && options["rollback"] !== true)
      throw cliErrors.usage({ message: "--to belongs to --rollback.", hint: "Add --rollback." });
    if (options["list"] === true) return list(input, workspace, lab);
    return locked(input, lab, () =>
      options["rollback"] === true ? goBack(input, lab) : publishNow(input, workspace, lab),
    );
  },
};

async function list(input: VerbInput, workspace: Workspace, lab: Lab): Promise<number> {
  const { io, global } = input;
  const versions = publishedVersions(lab.paths.database);
  // The list is there although the history may not be.
  const last = (
    await withLedger(
      workspace,
      (ledger) => ledger.runs({ lab: lab.name, limit: 1 }),
      () => {},
    )
  )[0];
  const held = last?.summary?.held ?? [];
  if (global.output === "json") {
    writeJson(input, { lab: lab.name, versions, held });
    return 0;
  }
  const paint = palette(io.color);
  const reasons = held.map(({ why, fix }) => `  ${paint.yellow("!")} ${why}\n    fix: ${fix}\n`).join("");
  const refused = held.length > 0 ? `\nThe last run was not published:\n${reasons}` : "";
  if (versions.length === 0) {
    io.out(`Nothing of ${lab.name} is published yet: \`labs run ${lab.name}\` does it when all is well.\n${refused}`);
    return 0;
  }
  const rows = versions.map((v) => [
    v.current ? paint.green("●") : " ",
    v.version,
    ago(v.publishedAt),
    formatCount(v.tables.length),
    formatCount(v.tables.reduce((sum, { rows: n }) => sum + n, 0)),
    formatBytes(v.bytes),
    v.score === null ? "" : formatScore(v.score),
  ]);
  const right = "right" as const;
  const columns = [
    { title: "" },
    { title: "VERSION" },
    { title: "WHEN" },
    { title: "TABLES", align: right },
    { title: "ROWS", align: right },
    { title: "SIZE", align: right },
    { title: "SCORE", align: right },
  ];
  io.out(`${renderTable(columns, rows, { color: io.color, ...(io.isTTY && { width: io.width }) })}${refused}`);
  return 0;
}

async function goBack(input: VerbInput, lab: Lab): Promise<number> {
  const { options, io, global } = input;
  const version = options["to"];
  const now = rollBack(lab.paths.database, version === undefined ? undefined : String(version));
  await exportLab(lab, io.signal);
  if (global.output === "json") writeJson(input, { lab: lab.name, current: now });
  else io.out(`Readers of ${lab.name} have ${now.version} again (${ago(now.publishedAt)}).\n`);
  return 0;
}

async function publishNow(input: VerbInput, workspace: Workspace, lab: Lab): Promise<number> {
  const { options, io, global } = input;
  const last = (await withLedger(workspace, (ledger) => ledger.lastRuns())).get(lab.name);
  if (last?.status !== "ok" && options["force"] !== true)
    throw publishErrors.gateClosed({
      message: last
        ? `The last run of ${lab.name} is ${last.status}${(last.summary?.held ?? []).map(({ why }) => `; ${why}`).join("")}.`
        : `${lab.name} has not run yet.`,
      hint: `Run \`labs run ${lab.name}\`, which publishes by itself; --force publishes what is there.`,
    });
  let database: Database | undefined;
  try {
    database = await openForLoading(lab);
    const { schemas, keep } = lab.config.publish;
    const done = await publish(database, {
      ...(schemas && { schemas }),
      runId: last?.id ?? null,
      score: last?.summary?.score ?? null,
      keep,
    });
    if (done.outcome !== "published")
      throw publishErrors.nothingPublished({
        message: `There is no table to publish in ${lab.name}.`,
        hint: "Name the schemas in lab.yml: `publish: {schemas: [marts]}`.",
      });
    const current: KeptVersion = { ...done.version, current: true };
    await exportLab(lab, io.signal);
    if (global.output === "json") writeJson(input, { lab: lab.name, current });
    else io.out(`Readers of ${lab.name} have ${current.version} now: ${plural(current.tables.length, "table")}.\n`);
    return 0;
  } finally {
    await database?.close();
  }
}

async function locked(input: VerbInput, lab: Lab, action: () => number | Promise<number>): Promise<number> {
  const { io, options } = input;
  const lock = await acquireLabLock(lab, {
    command: `labs publish ${lab.name}`,
    wait: options["wait"] !== false,
    signal: io.signal,
    onWait: (holder) => io.err(`${lab.name} is ${describeHolder(holder)}. Waiting; ctrl-C stops.\n`),
  });
  try {
    return await action();
  } finally {
    lock.release();
  }
}
