import { Alerter, examineHealth, type HealthFacts, type HealthItem, type LabFacts } from "#orchestrate/index.ts";
import { impliedLab, workspaceOf, writeJson } from "../context.ts";
import type { Verb } from "../io.ts";
import { withLedger } from "../look/ledger.ts";
import { ago, formatBytes, formatScore, palette, plural, renderTable, statusColor } from "../render/index.ts";

export const verb: Verb = {
  arguments: [{ name: "[lab]", description: "Only this lab; default: the lab of the current folder, or all" }],
  examples: [
    { command: "labs health", does: "What needs attention: labs, schedules, server, disk, memory, alerts" },
    { command: "labs health -o json", does: "The same for a monitor, which can also go by the exit code" },
  ],
  exitNotes: "0 all is well, 1 something needs attention, 2 wrong usage or configuration.",
  async run(input) {
    const { io, global, args } = input;
    const workspace = workspaceOf(input);
    const lab = args[0] === undefined ? impliedLab(input, workspace) : workspace.lab(args[0]);
    const facts = await withLedger(workspace, (ledger) => new Alerter(ledger, workspace, { env: io.env }).health());
    const items = examineHealth(facts).filter((item) => !lab || item.lab === null || item.lab === lab.name);
    const labs = facts.labs.filter((each) => !lab || each.name === lab.name);
    const attention = items.filter(({ level }) => level === "attention");
    const code = attention.length > 0 ? 1 : 0;
    if (global.output === "json") {
      const { everything, healthOf } = await import("#server/index.ts");
      const health = await withLedger(workspace, (ledger) => healthOf(workspace, ledger, everything));
      writeJson(input, { ...health, ...document(facts, labs, items, code === 0) });
      return code;
    }
    const paint = palette(io.color);
    const columns = [
      { title: "LAB", shrinkTo: 16 },
      { title: "STATE" },
      { title: "LAST RUN" },
      { title: "NEXT", spare: 1 },
      { title: "SCORE", align: "right" as const, spare: 2 },
      { title: "DISK FREE", align: "right" as const, spare: 3 },
    ];
    const rows = labs.map((each) => {
      const own = attention.some((item) => item.lab === each.name);
      const state = own ? "attention" : each.paused !== null || each.status !== "active" ? "paused" : "ok";
      const score = each.lastRun?.summary?.score ?? null;
      return [
        paint.bold(each.name),
        own ? paint.red(state) : paint[statusColor(state)](state),
        each.current
          ? `running since ${ago(each.current.startedAt)}`
          : each.lastRun
            ? `${each.lastRun.status} ${ago(each.lastRun.startedAt)}`
            : "never",
        each.nextAt === null ? "" : ago(each.nextAt),
        score === null ? "" : formatScore(score),
        each.disk ? formatBytes(each.disk.free) : "",
      ];
    });
    if (rows.length > 0)
      io.out(`${renderTable(columns, rows, { color: io.color, ...(io.isTTY && { width: io.width }) })}\n`);
    for (const item of items) {
      const what = item.lab === null ? item.check : item.lab;
      const mark = item.level === "attention" ? paint.red("!") : paint.dim("-");
      io.out(`${mark} ${paint.bold(what)}: ${item.text}\n${item.hint ? `  ${paint.dim(item.hint)}\n` : ""}`);
    }
    io.out(code === 0 ? `${paint.green("All is well.")}\n` : `${plural(attention.length, "thing")} to look at.\n`);
    return code;
  },
};

function document(facts: HealthFacts, labs: LabFacts[], items: HealthItem[], ok: boolean): object {
  const { now, server, queue, alerts } = facts;
  return {
    ok,
    at: now.toISOString(),
    items: items.map(({ check, level, lab, text, hint }) => ({ check, level, lab, text, hint: hint ?? null })),
    labs: labs.map((lab) => ({
      name: lab.name,
      status: lab.status,
      paused: lab.paused,
      lastRun: lab.lastRun && { id: lab.lastRun.id, status: lab.lastRun.status, startedAt: lab.lastRun.startedAt },
      running: lab.current && { id: lab.current.id, startedAt: lab.current.startedAt },
      dueAt: lab.dueAt,
      nextAt: lab.nextAt,
      freshAt: lab.freshAt,
      failingTests: lab.failingTests,
      score: lab.lastRun?.summary?.score ?? null,
      disk: lab.disk && { free: lab.disk.free, total: lab.disk.total, database: lab.disk.database },
    })),
    server: server && {
      host: server.host,
      pid: server.pid,
      startedAt: server.startedAt,
      seenAt: server.seenAt,
      alive: server.alive,
    },
    queue: { waiting: queue.waiting, running: queue.running, oldest: queue.oldest },
    alerts: {
      configured: alerts.configured,
      open: alerts.open,
      channels: alerts.channels.map(({ name, failingSince, problem, waiting, lost }) => ({
        name,
        failingSince: failingSince,
        problem,
        waiting,
        lost,
      })),
    },
  };
}
