import { setTimeout as sleep } from "node:timers/promises";
import type { EventInfo, EventLevel, Ledger, RunDetail } from "#ledger/index.ts";
import { impliedLab, workspaceOf, writeJson } from "../context.ts";
import type { Io, Verb } from "../io.ts";
import { withLedger } from "../look/ledger.ts";
import {
  formatClock,
  formatCount,
  formatDuration,
  formatTime,
  type Palette,
  palette,
  renderTable,
  statusColor,
} from "../render/index.ts";

const levels: EventLevel[] = ["debug", "info", "warn", "error"];

export const verb: Verb = {
  arguments: [
    { name: "[run]", description: "A run's id, its beginning or end, `last` (default), or a lab for its last run" },
  ],
  options: [
    { flags: "-f, --follow", description: "Go on until the run ends" },
    { flags: "--level <level>", description: "This level and worse", default: "info", choices: levels },
  ],
  examples: [
    { command: "labs logs", does: "What the last run said" },
    { command: "labs logs lab1_sales_performance --level warn", does: "Warnings and errors of a lab's last run" },
    { command: "labs logs last --follow", does: "Watch the run that is going on" },
  ],
  async run(input) {
    const { io, global, args, options } = input;
    const workspace = workspaceOf(input);
    const named = workspace.labs.find((lab) => lab.name === args[0]);
    const lab = named ?? impliedLab(input, workspace);
    const wanted = named || args[0] === undefined ? "last" : args[0];
    const level = options["level"] as EventLevel;
    return withLedger(workspace, async (ledger) => {
      let run = await ledger.run(wanted, wanted === "last" ? lab?.name : undefined);
      if (global.output === "json") {
        if (options["follow"]) run = await ended(ledger, run, io);
        const { runDetail } = await import("#server/index.ts");
        const events = await ledger.events(run.id, { level });
        writeJson(input, {
          ...(await runDetail(ledger, workspace, run)),
          events,
          next: events.at(-1)?.seq ?? null,
          running: run.status === "running",
        });
        return 0;
      }
      const paint = palette(io.color);
      io.out(header(run, paint));
      let after = -1;
      const show = (events: EventInfo[]) => {
        for (const event of events) {
          io.out(line(event, paint));
          after = event.seq;
        }
      };
      show(await ledger.events(run.id, { level }));
      while (options["follow"] && run.status === "running") {
        await sleep(200, undefined, { signal: io.signal });
        run = await ledger.run(run.id);
        show(await ledger.events(run.id, { level, after }));
      }
      io.out(footer(run, paint, io));
      return 0;
    });
  },
};

async function ended(ledger: Ledger, run: RunDetail, io: Io): Promise<RunDetail> {
  while (run.status === "running") {
    await sleep(200, undefined, { signal: io.signal });
    run = await ledger.run(run.id);
  }
  return run;
}

function header(run: RunDetail, paint: Palette): string {
  const version = run.codeVersion ? `, code ${run.codeVersion}` : "";
  return `${paint.bold(`Run ${run.id}`)} of ${run.lab}: ${run.command}\n${paint.dim(
    `started ${formatTime(run.startedAt)} by ${run.user} on ${run.host} (pid ${run.pid}, ${run.trigger}${version})`,
  )}\n\n`;
}

function line(event: EventInfo, paint: Palette): string {
  const tags = { debug: paint.dim("debug"), info: "     ", warn: paint.yellow("warn "), error: paint.red("error") };
  const start = `${paint.dim(formatClock(event.time))} ${tags[event.level]} ${paint.cyan((event.step ?? "").padEnd(9))} `;
  // Lines after the first stand under it.
  return `${start}${event.text.trimEnd().replaceAll("\n", `\n${" ".repeat(25)}`)}\n`;
}

function footer(run: RunDetail, paint: Palette, io: Io): string {
  const took = run.seconds === null ? "" : ` after ${formatDuration(run.seconds)}`;
  const message = run.summary?.message ? `: ${run.summary.message}` : "";
  const rows = run.steps.map((step) => [
    step.attempt > 1 ? `${step.name} (attempt ${step.attempt})` : step.name,
    paint[statusColor(step.status)](step.status),
    step.seconds === null ? "" : formatDuration(step.seconds),
    step.rows === null ? "" : formatCount(step.rows),
    step.error ? `${step.error.code}: ${step.error.message.split("\n", 1)[0] ?? ""}` : "",
  ]);
  const columns = [
    { title: "STEP" },
    { title: "RESULT" },
    { title: "TIME", align: "right" as const },
    { title: "ROWS", align: "right" as const },
    { title: "ERROR", shrinkTo: 20 },
  ];
  const table =
    rows.length === 0
      ? ""
      : `${renderTable(columns, rows, { color: io.color, ...(io.isTTY && { width: io.width }) })}\n`;
  return `\n${table}${paint[statusColor(run.status)](run.status)}${took}${message}\n`;
}
